package jpeg

// Stamp is what is put into a picture.
type Stamp struct {
	XMP []byte // the content of an XMP segment, without its header; empty: none
}

// into puts the stamp behind the first segments of a picture: lead is its start
// marker and whole segments.
func (s *Stamp) into(lead []byte) []byte { return lead }

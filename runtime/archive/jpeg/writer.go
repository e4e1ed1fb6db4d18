package jpeg

import (
	"hash/maphash"
	"io"
)

// maxLead bounds what is held of a picture: the segments before its tables, in
// which a camera may put a preview.
const maxLead = 256 << 10

// Writer passes a picture on to another writer and checks it on the way. What
// comes behind the end of the picture is left out.
type Writer struct {
	w       io.Writer
	stamp   *Stamp
	scan    scanner
	lead    []byte       // held until the segments before the tables are all there
	passing bool         // lead has been passed on
	xmp     []byte       // the content of its XMP segment; nil: it has none
	data    maphash.Hash // of the tables and the picture, without the segments before them
	failed  error
}

// NewWriter checks a picture on its way to w. stamp is put into it; nil puts in
// nothing.
func NewWriter(w io.Writer, stamp *Stamp) *Writer { return &Writer{w: w, stamp: stamp} }

// Info is what has been seen so far.
func (w *Writer) Info() Info { return w.scan.info }

// DataHash tells pictures apart by their tables and their data, without the
// segments before them, in which times stand. Hashes of one seed can be compared;
// see SetSeed.
func (w *Writer) DataHash() uint64 { return w.data.Sum64() }

// SetSeed sets the seed of DataHash, before the first byte.
func (w *Writer) SetSeed(seed maphash.Seed) { w.data.SetSeed(seed) }

// Properties are what an archive has put into the picture, by their names. There
// are none before the picture's tables have come, and with a stamp.
func (w *Writer) Properties() map[string]string {
	if w.xmp == nil {
		return nil
	}
	return properties(w.xmp)
}

// Write implements io.Writer. The error is a *FormatError, or that of the writer
// behind.
func (w *Writer) Write(p []byte) (int, error) {
	if w.failed != nil {
		return 0, w.failed
	}
	n, err := w.scan.feed(p)
	if passed := w.pass(p[:n]); passed != nil {
		err = passed
	}
	if err != nil {
		w.failed = err
		return 0, err
	}
	return len(p), nil
}

func (w *Writer) pass(p []byte) error {
	if w.passing {
		w.data.Write(p)
		return write(w.w, p)
	}
	w.lead = append(w.lead, p...)
	end := int(w.scan.leadEnd)
	if end == 0 && len(w.lead) < maxLead {
		return nil
	}
	lead := w.lead
	w.lead, w.passing = nil, true
	if end == 0 { // so much that only what the picture begins with is told from the rest
		end = 2
	}
	w.data.Write(lead[end:])
	if w.stamp == nil {
		list, _ := segments(lead[:end])
		for _, s := range list {
			if s.marker == markAPP1 && isXMP(s.content) {
				w.xmp = s.content
				break
			}
		}
		return write(w.w, lead)
	}
	if err := write(w.w, w.stamp.into(lead[:end])); err != nil {
		return err
	}
	return write(w.w, lead[end:])
}

func write(w io.Writer, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	n, err := w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}

// Close says whether the picture was whole: nil or a *FormatError. It does not
// close the writer behind.
func (w *Writer) Close() error {
	if w.failed != nil {
		return w.failed
	}
	return w.scan.close()
}

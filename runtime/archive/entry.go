// Package archive keeps the snapshots of a site: each is whole or absent, tells
// in itself what it shows, stands in an index with the hash of its bytes, and
// goes when site.yaml says that it may.
package archive

import "time"

// Entry is one picture of the archive.
type Entry struct {
	Path    string // below the archive's folder, with slashes
	Device  string // as site.yaml names it
	Channel int    // its number, 1 and up
	Name    string // of the channel in site.yaml; "": it has none
	Label   string // of the schedule or the script; "": none
	Event   string // type of the event for which it was taken; "": none

	Taken      time.Time // when the device answered, by this host's clock; microseconds
	DeviceTime time.Time // by the device's clock; zero: it did not say
	Head       *Head     // where the head looked; nil: not known

	Size   int64 // bytes of the file
	Width  int   // pixels
	Height int   // pixels
	SHA256 [32]byte
}

// Head is the position of a PTZ head.
type Head struct {
	Pan, Tilt float64 // degrees: 0 to 360, -90 to 90
	Zoom      float64 // factor, 1 and up; 0: only the preset is known
	Preset    string  // the preset it was sent to, as it was named; "": none
}

// Query chooses entries. A zero field chooses all.
type Query struct {
	Device  string
	Channel int
	Name    string // of the channel
	Label   string
	From    time.Time // the first moment
	Till    time.Time // the moment after the last
}

// Match says whether an entry is chosen.
func (q Query) Match(e *Entry) bool {
	return (q.Device == "" || q.Device == e.Device) &&
		(q.Channel == 0 || q.Channel == e.Channel) &&
		(q.Name == "" || q.Name == e.Name) &&
		(q.Label == "" || q.Label == e.Label) &&
		(q.From.IsZero() || !e.Taken.Before(q.From)) &&
		(q.Till.IsZero() || e.Taken.Before(q.Till))
}

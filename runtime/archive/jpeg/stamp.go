package jpeg

import (
	"encoding/binary"
	"time"
)

// Stamp is what is put into a picture, as EXIF and as XMP.
type Stamp struct {
	Taken       time.Time // in the zone that it is to be told in; zero: not told
	Make, Model string    // of the camera; "": not known
	Description string    // in words; "": none
	Properties  []Property
}

// segment is a segment of the beginning of a picture.
type segment struct {
	marker  byte
	content []byte
}

// segments takes the beginning of a picture apart: its start marker and whole
// segments, and what comes from the first byte on that is none of these.
func segments(lead []byte) (list []segment, rest []byte) {
	for rest = lead[2:]; ; {
		for len(rest) > 1 && rest[0] == 0xFF && rest[1] == 0xFF {
			rest = rest[1:] // fill bytes
		}
		if len(rest) < 4 || rest[0] != 0xFF {
			return list, rest
		}
		size := int(binary.BigEndian.Uint16(rest[2:]))
		if size < 2 || len(rest) < 2+size {
			return list, rest
		}
		list = append(list, segment{rest[1], rest[4 : 2+size]})
		rest = rest[2+size:]
	}
}

func (s segment) append(to []byte) []byte {
	to = append(to, 0xFF, s.marker)
	to = binary.BigEndian.AppendUint16(to, uint16(len(s.content)+2))
	return append(to, s.content...)
}

// into puts the stamp into the beginning of a picture: its start marker and
// whole segments. Those of JFIF stay in front, where its readers look for them,
// then come EXIF and XMP, then what else there is.
func (s *Stamp) into(lead []byte) []byte {
	list, strange := segments(lead)
	var exif, xmp []byte
	var front, rest []segment
	for _, one := range list {
		switch {
		case one.marker == markAPP1 && exif == nil && isEXIF(one.content):
			exif = one.content
		case one.marker == markAPP1 && xmp == nil && isXMP(one.content):
			xmp = one.content
		case one.marker == markAPP0 && len(rest) == 0:
			front = append(front, one)
		default:
			rest = append(rest, one)
		}
	}
	content, cameraTime := s.exif(exif)
	out := append([]byte(nil), lead[:2]...)
	for _, one := range front {
		out = one.append(out)
	}
	out = segment{markAPP1, content}.append(out)
	out = segment{markAPP1, s.xmp(xmp, cameraTime)}.append(out)
	for _, one := range rest {
		out = one.append(out)
	}
	return append(out, strange...)
}

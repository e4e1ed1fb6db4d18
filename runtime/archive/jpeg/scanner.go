package jpeg

import (
	"bytes"
	"fmt"
)

// Markers of T.81, table B.1, and what EXIF and XMP lie in.
const (
	markSOF0  = 0xC0
	markSOF2  = 0xC2
	markDHT   = 0xC4
	markJPG   = 0xC8
	markDAC   = 0xCC
	markSOF15 = 0xCF
	markRST0  = 0xD0
	markRST7  = 0xD7
	markSOI   = 0xD8
	markEOI   = 0xD9
	markSOS   = 0xDA
	markDQT   = 0xDB
	markAPP0  = 0xE0
	markAPP1  = 0xE1
	markAPP15 = 0xEF
	markCOM   = 0xFE
	markTEM   = 0x01
)

// FormatError says why bytes are no picture that can be shown.
type FormatError struct {
	Problem string
	Cut     bool // the bytes ended too early
}

func (e *FormatError) Error() string { return "no whole JPEG picture: " + e.Problem }

func broken(format string, args ...any) error {
	return &FormatError{Problem: fmt.Sprintf(format, args...)}
}

// Info is what a picture says of itself.
type Info struct {
	Width, Height int // pixels
	Progressive   bool
}

// scanner follows a picture from its start to its end marker. Previews inside
// segments, with end markers of their own, are passed over.
type scanner struct {
	info    Info
	at      int64 // bytes seen
	leadEnd int64 // where the segments end that come before the tables; 0: not known yet
	ended   bool  // the end marker has been seen

	state   state
	marker  byte
	left    int    // bytes of the segment that are to come
	content []byte // of the segment, as far as it is looked at
	want    int    // how many bytes of it are
	has     struct{ quantization, huffman, frame, data bool }
}

type state byte

const (
	atStart   state = iota // FF D8 is due
	atMarker               // FF is due
	inMarker               // FF was seen, its code is due
	inLength               // the two bytes of a segment's length are due
	inSegment              // its content
	inScan                 // entropy-coded data
	inScanFF               // FF was seen there
)

// maxFrame is the length of a frame header that is looked at: four components.
const maxFrame = 6 + 4*3

// feed takes the next bytes and tells how many of them belong to the picture:
// all, but for what comes behind its end.
func (s *scanner) feed(p []byte) (int, error) {
	for i := 0; i < len(p); {
		if s.ended {
			return i, nil
		}
		n, err := s.step(p[i:])
		i += n
		s.at += int64(n)
		if err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// step takes at least one byte.
func (s *scanner) step(p []byte) (int, error) {
	switch s.state {
	case inSegment:
		return s.segment(p)
	case inScan:
		i := bytes.IndexByte(p, 0xFF)
		if i != 0 {
			s.has.data = true
		}
		if i < 0 {
			return len(p), nil
		}
		s.state = inScanFF
		return i + 1, nil
	}
	c := p[0]
	switch s.state {
	case atStart:
		if s.at == 0 && c == 0xFF {
			return 1, nil
		}
		if s.at != 1 || c != markSOI {
			return 1, broken("it does not begin with FF D8")
		}
		s.state = atMarker
	case atMarker:
		// Stray bytes before a marker are passed over, as decoders do.
		if c == 0xFF {
			s.state = inMarker
		}
	case inMarker:
		return 1, s.begin(c)
	case inLength:
		s.left = s.left<<8 | int(c)
		if s.want++; s.want < 2 {
			return 1, nil
		}
		if s.left < 2 {
			return 1, broken("a segment has the length %d", s.left)
		}
		s.left -= 2
		s.want = min(s.left, maxFrame)
		s.content = s.content[:0]
		s.state = inSegment
		if s.left == 0 {
			return 1, s.end()
		}
	case inScanFF:
		switch {
		case c == 0x00:
			s.has.data = true
			s.state = inScan
		case c >= markRST0 && c <= markRST7:
			s.state = inScan
		case c != 0xFF: // a fill byte
			return 1, s.begin(c)
		}
	}
	return 1, nil
}

// begin begins what a marker announces.
func (s *scanner) begin(code byte) error {
	if code == 0xFF {
		return nil // a fill byte
	}
	if s.leadEnd == 0 && code != markCOM && (code < markAPP0 || code > markAPP15) {
		s.leadEnd = s.at - 1
	}
	s.marker = code
	switch {
	case code == markEOI:
		if !s.has.data {
			return broken("there is no image in it")
		}
		s.ended = true
	case code == markSOI:
		return broken("another picture begins inside it")
	case code == 0x00 || code == markTEM || code >= markRST0 && code <= markRST7:
		s.state = atMarker
	default:
		s.left, s.want, s.state = 0, 0, inLength
	}
	return nil
}

func (s *scanner) segment(p []byte) (int, error) {
	n := min(s.left, len(p))
	if s.want > 0 {
		look := min(s.want, n)
		s.content = append(s.content, p[:look]...)
		s.want -= look
	}
	if s.left -= n; s.left > 0 {
		return n, nil
	}
	return n, s.end()
}

// end looks at a segment that is there in full.
func (s *scanner) end() error {
	s.state = atMarker
	switch c := s.marker; {
	case c == markDQT:
		s.has.quantization = true
	case c == markDHT:
		s.has.huffman = true
	case c >= markSOF0 && c <= markSOF15 && c != markJPG && c != markDAC:
		return s.frame()
	case c == markSOS:
		switch {
		case !s.has.frame:
			return broken("its image begins before its size is told")
		case !s.has.quantization || !s.has.huffman:
			return broken("its image begins before the tables to decode it with")
		}
		s.state = inScan
	}
	return nil
}

// frame reads the size of the picture.
func (s *scanner) frame() error {
	c := s.content
	if s.marker > markSOF2 {
		return broken("its kind (SOF%d) is none that programs can show", s.marker-markSOF0)
	}
	if len(c) < 6 || c[5] == 0 || c[5] > 4 || len(c) < 6+3*int(c[5]) || c[0] != 8 && c[0] != 12 {
		return broken("its frame header is damaged")
	}
	width, height := int(c[3])<<8|int(c[4]), int(c[1])<<8|int(c[2])
	if width == 0 || height == 0 {
		return broken("its size is %dx%d", width, height)
	}
	if s.has.frame {
		return broken("it tells its size twice")
	}
	s.has.frame = true
	s.info = Info{Width: width, Height: height, Progressive: s.marker == markSOF2}
	return nil
}

// close says what is missing at the end.
func (s *scanner) close() error {
	if s.ended {
		return nil
	}
	e := &FormatError{Problem: "it ends before its end marker", Cut: true}
	if s.at == 0 {
		e.Problem = "nothing came"
	}
	return e
}

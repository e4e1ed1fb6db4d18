package isapi

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
)

// What one element of the event stream may cost.
const (
	maxAlert   = 1 << 20
	maxAttach  = 16 << 20
	maxLine    = 8 << 10
	streamRead = 64 << 10

	maxBoundaries = 8
)

// alertRoot is the root element of an alert.
const alertRoot = "EventNotificationAlert"

// part is one element of the stream.
type part struct {
	body  []byte
	image bool
}

// splitter takes an event stream apart. mime/multipart would hold back the
// end of each part until the next one begins, which is ten seconds on a
// camera and for ever on some recorders. And devices bend the format: the
// boundary is not the announced one, stands twice or is missing, lengths are
// wrong, headers and body come seconds apart, a new HTTP response is glued
// behind a document. So this one goes by what the bytes are: a document ends
// with its closing tag, a picture with its length, everything else is a line.
type splitter struct {
	r          *bufio.Reader
	src        *source
	boundaries []string // lines that separate parts, without their end
	dropped    int      // elements that were no use
	length     int      // Content-Length of the part being read, -1: none
	ctype      string
	announced  bool   // headers of a part were read, its body comes next
	separator  string // the line before them, if it may be a boundary
}

func newSplitter(r io.Reader, boundary string) *splitter {
	src := &source{r: r}
	s := &splitter{r: bufio.NewReaderSize(src, streamRead), src: src, boundaries: []string{"--boundary", "--MIME_boundary"}, length: -1}
	s.learn("--" + boundary)
	return s
}

// source is a stream of which a piece that was read too far can be given back.
type source struct {
	back []byte
	r    io.Reader
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.back) == 0 {
		return s.r.Read(p)
	}
	n := copy(p, s.back)
	s.back = s.back[n:]
	return n, nil
}

// unread gives back what belongs to the parts that follow.
func (s *splitter) unread(rest []byte) {
	ahead, _ := s.r.Peek(s.r.Buffered())
	s.src.back = slices.Concat(rest, ahead, s.src.back)
	s.r.Reset(s.src)
}

// learn takes a line that separates parts for a boundary, announced or not.
func (s *splitter) learn(line string) {
	line = strings.TrimSuffix(line, "--")
	if len(line) > 2 && len(line) < 200 && len(s.boundaries) < maxBoundaries && !slices.Contains(s.boundaries, line) {
		s.boundaries = append(s.boundaries, line)
	}
}

// next gives the next element. An error is the stream's, and final; what is
// wrong with a single element costs that element.
func (s *splitter) next() (*part, error) {
	for {
		first, err := s.start()
		if err != nil {
			return nil, err
		}
		switch {
		case s.announced && s.length == 0:
			s.endPart()
		case s.isWide(first):
			body, err := s.opaque()
			if err != nil {
				return nil, err
			}
			return &part{body: body}, nil
		case first == '{' || first == '<' && s.isTag():
			ends := xmlEnds
			if first == '{' {
				ends = jsonEnds
			}
			body, err := s.document(ends())
			if err != nil || body != nil {
				return &part{body: body}, err
			}
			s.dropped++
		case s.announced && s.attachment(first):
			body, err := s.opaque()
			if err != nil {
				return nil, err
			}
			if p := s.picture(body); p != nil {
				return p, nil
			}
		default:
			if err := s.header(); err != nil {
				return nil, err
			}
		}
	}
}

// start skips blank space and byte order marks, and gives the first byte of
// what follows.
func (s *splitter) start() (byte, error) {
	for {
		b, err := s.r.Peek(1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n', 0:
			_, _ = s.r.Discard(1)
			continue
		case 0xEF:
			if mark, _ := s.r.Peek(3); string(mark) == "\xef\xbb\xbf" {
				_, _ = s.r.Discard(3)
				continue
			}
		}
		return b[0], nil
	}
}

func (s *splitter) endPart() { s.length, s.ctype, s.announced = -1, "", false }

// attachment reports whether what follows the headers is neither document
// nor another line of them.
func (s *splitter) attachment(first byte) bool {
	if s.ctype == "" && first != 0xFF {
		return false
	}
	return first == 0xFF || s.length > 0 && !strings.Contains(s.ctype, "xml") && !strings.Contains(s.ctype, "json") && !isHeaderByte(first)
}

// isTag reports whether markup begins here, and not a "<" in junk.
func (s *splitter) isTag() bool {
	ahead, _ := s.r.Peek(3)
	return beginsTag(string(ahead))
}

// isWide reports whether a document in UTF-16 begins here.
func (s *splitter) isWide(first byte) bool {
	if first != 0xFF && first != 0xFE && first != '<' && first != '{' {
		return false
	}
	ahead, _ := s.r.Peek(2)
	return wideCharset(ahead) != nil
}

func isHeaderByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-'
}

// header reads one line: a boundary, a header, an HTTP status line, or junk.
func (s *splitter) header() error {
	line, err := s.readLine()
	if err != nil {
		return err
	}
	text := strings.TrimSpace(string(line))
	if strings.HasPrefix(text, "--") || strings.HasPrefix(text, "HTTP/") {
		s.endPart()
		s.separator = text
		return nil
	}
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		return nil
	}
	value = strings.ToLower(strings.TrimSpace(value))
	key = strings.ToLower(strings.TrimSpace(key))
	if strings.HasPrefix(key, "content-") && strings.HasPrefix(s.separator, "--") {
		s.learn(s.separator)
	}
	s.separator = ""
	switch key {
	case "content-type":
		s.ctype, s.announced = value, true
	case "content-length":
		if n, ok := parseInt(value); ok && n >= 0 {
			s.length, s.announced = n, true
		}
	}
	return nil
}

// readLine reads to the end of a line; of one that does not end, the first 8 kB.
func (s *splitter) readLine() ([]byte, error) {
	var line []byte
	for {
		chunk, err := s.r.ReadSlice('\n')
		if room := maxLine - len(line); room > 0 {
			line = append(line, chunk[:min(room, len(chunk))]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

package isapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// What one element of the event stream may cost.
const (
	maxAlert   = 1 << 20
	maxAttach  = 16 << 20
	maxLine    = 8 << 10
	streamRead = 64 << 10
)

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
	boundaries []string // lines that separate parts, without their end
	dropped    int      // elements that were no use
	line       []byte   // a line that was read ahead
	length     int      // Content-Length of the part being read, -1: none
	ctype      string
	announced  bool // headers of a part were read, its body comes next
}

func newSplitter(r io.Reader, boundary string) *splitter {
	s := &splitter{r: bufio.NewReaderSize(r, streamRead), boundaries: []string{"--boundary", "--MIME_boundary"}, length: -1}
	if boundary != "" && len(boundary) < 200 {
		s.boundaries = append([]string{"--" + boundary}, s.boundaries...)
	}
	return s
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
		case first == '<':
			body, err := s.document()
			if err != nil || body != nil {
				return &part{body: body}, err
			}
			s.dropped++
		case first == '{' && s.line == nil:
			body, err := s.json()
			if err != nil || body != nil {
				return &part{body: body}, err
			}
			s.dropped++
		case s.announced && s.attachment(first):
			p, err := s.opaque()
			if err != nil || p != nil {
				return p, err
			}
		default:
			if err := s.header(); err != nil {
				return nil, err
			}
		}
	}
}

// start skips blank space (but not the one that ends a part's headers) and
// gives the first byte of what follows.
func (s *splitter) start() (byte, error) {
	for {
		if s.line != nil {
			return s.line[0], nil
		}
		b, err := s.r.Peek(1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n', 0:
			_, _ = s.r.Discard(1)
		default:
			return b[0], nil
		}
	}
}

func (s *splitter) endPart() { s.length, s.ctype, s.announced = -1, "", false }

// attachment reports whether what follows the headers is neither document
// nor another line of them.
func (s *splitter) attachment(first byte) bool {
	if s.line != nil || s.ctype == "" && first != 0xFF {
		return false
	}
	return first == 0xFF || s.length > 0 && !strings.Contains(s.ctype, "xml") && !strings.Contains(s.ctype, "json") && !isHeaderByte(first)
}

func isHeaderByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-'
}

// header reads one line: a boundary, a header, an HTTP status line, or junk.
func (s *splitter) header() error {
	line := s.line
	s.line = nil
	if line == nil {
		var err error
		if line, err = s.readLine(); err != nil {
			return err
		}
	}
	text := strings.TrimSpace(string(line))
	if strings.HasPrefix(text, "--") || strings.HasPrefix(text, "HTTP/") {
		s.endPart()
		return nil
	}
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		return nil
	}
	value = strings.ToLower(strings.TrimSpace(value))
	switch strings.ToLower(strings.TrimSpace(key)) {
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

// document reads from a "<" to the closing tag of the root. nil without an
// error: it was cut off by a boundary or by the next document, or too long.
func (s *splitter) document() ([]byte, error) {
	defer s.endPart()
	var buf []byte
	root := ""
	lineStart, open := 0, -1 // where the line and the last tag begin
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			return nil, err
		}
		buf = append(buf, b)
		if len(buf) > maxAlert {
			return nil, nil
		}
		switch b {
		case '<':
			open = len(buf) - 1
		case '\n':
			if line := bytes.TrimSpace(buf[lineStart:]); s.isBoundary(line) {
				s.line = bytes.Clone(line)
				return nil, nil
			}
			lineStart = len(buf)
		case '>':
			if open < 0 {
				continue
			}
			at := open
			open = -1
			name, kind := tagName(buf[at+1 : len(buf)-1])
			switch {
			case kind == tagOpen && root == "":
				root = name
			case kind == tagOpen && name == root && strings.EqualFold(root, "EventNotificationAlert"):
				// The one before never ended.
				s.dropped++
				buf = append(buf[:0], buf[at:]...)
				lineStart = 0
			case kind == tagEmpty && root == "", kind == tagClose && name == root:
				return bytes.TrimSpace(buf), nil
			}
		}
	}
}

func (s *splitter) isBoundary(line []byte) bool {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return false
	}
	text := strings.TrimSuffix(string(line), "--")
	for _, b := range s.boundaries {
		if text == strings.TrimSuffix(b, "--") {
			return true
		}
	}
	return false
}

const (
	tagOther = iota
	tagOpen
	tagClose
	tagEmpty
)

// tagName reads what stands between < and >.
func tagName(tag []byte) (name string, kind int) {
	if len(tag) == 0 || tag[0] == '?' || tag[0] == '!' {
		return "", tagOther
	}
	kind = tagOpen
	switch {
	case tag[0] == '/':
		tag, kind = tag[1:], tagClose
	case tag[len(tag)-1] == '/':
		tag, kind = tag[:len(tag)-1], tagEmpty
	}
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.LastIndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	if len(tag) == 0 {
		return "", tagOther
	}
	return string(tag), kind
}

// json reads a JSON document: by its length, else to its closing brace.
func (s *splitter) json() ([]byte, error) {
	length := s.length
	s.endPart()
	if length > maxAlert {
		_, err := io.CopyN(io.Discard, s.r, int64(length))
		return nil, err
	}
	var buf []byte
	depth, quoted, escaped := 0, false, false
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			return nil, err
		}
		buf = append(buf, b)
		if len(buf) > maxAlert {
			return nil, nil
		}
		switch {
		case escaped:
			escaped = false
		case quoted && b == '\\':
			escaped = true
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{':
			depth++
		case b == '}':
			if depth--; depth == 0 {
				return buf, nil
			}
		}
	}
}

// opaque reads a picture, or skips what nobody asked for. A picture without
// a length ends where a boundary begins.
func (s *splitter) opaque() (*part, error) {
	length := s.length
	s.endPart()
	if length > maxAttach {
		s.dropped++
		_, err := io.CopyN(io.Discard, s.r, int64(length))
		return nil, err
	}
	if length > 0 {
		var buf bytes.Buffer // grows with what comes, not with what was promised
		if n, err := io.CopyN(&buf, s.r, int64(length)); err != nil {
			if n > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		return s.picture(buf.Bytes()), nil
	}
	var buf []byte
	for {
		line, err := s.r.ReadSlice('\n')
		if err == nil && s.isBoundary(bytes.TrimSpace(line)) {
			s.line = bytes.Clone(bytes.TrimSpace(line))
			return s.picture(bytes.TrimRight(buf, "\r\n")), nil
		}
		buf = append(buf, line...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(buf) > maxAttach {
			s.dropped++
			return nil, nil
		}
	}
}

func (s *splitter) picture(body []byte) *part {
	if len(body) < 4 || body[0] != 0xFF || body[1] != 0xD8 {
		s.dropped++
		return nil
	}
	return &part{body: body, image: true}
}

// imageWaiting reports whether a picture's headers have already arrived
// right behind the element just read.
func (s *splitter) imageWaiting() bool {
	ahead, _ := s.r.Peek(min(s.r.Buffered(), 512))
	ahead = bytes.ToLower(ahead)
	image := bytes.Index(ahead, []byte("content-type: image/"))
	other := bytes.IndexByte(ahead, '<')
	return image >= 0 && (other < 0 || image < other)
}

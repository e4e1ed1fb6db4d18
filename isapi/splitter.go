package isapi

import (
	"bufio"
	"bytes"
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
	return beginsTag(ahead)
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

// ends looks at a document byte by byte. It says when the document is whole,
// or where in it another one begins because the first was cut off; 0: neither.
type ends func(doc []byte) (whole bool, next int)

// document reads to the end of a document. nil without an error: it was cut off
// by a boundary, or is too long.
func (s *splitter) document(end ends) ([]byte, error) {
	defer s.endPart()
	var doc []byte
	lineStart := 0
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			return nil, err
		}
		if doc = append(doc, b); len(doc) > maxAlert {
			return nil, nil
		}
		if b == '\n' {
			if at := s.boundaryAt(doc[lineStart:]); at >= 0 {
				s.unread(doc[lineStart+at:])
				return nil, nil
			}
			lineStart = len(doc)
		}
		whole, next := end(doc)
		switch {
		case whole:
			return bytes.TrimSpace(doc), nil
		case next > 0:
			s.unread(doc[next:])
			return nil, nil
		}
	}
}

// boundaryAt finds the boundary in a line: at its beginning, or behind the end
// of what was cut off. -1: the line has none.
func (s *splitter) boundaryAt(line []byte) int {
	text := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(string(line), xmlBlanks), "--"), xmlBlanks)
	for _, b := range s.boundaries {
		if at := len(text) - len(b); at >= 0 && text[at:] == b && (strings.Trim(text[:at], xmlBlanks) == "" || len(b) > 6) {
			return at
		}
	}
	return -1
}

// xmlEnds is whole with the closing tag of the root.
func xmlEnds() ends {
	root := ""
	open := -1 // where the last tag begins
	return func(doc []byte) (bool, int) {
		last := len(doc) - 1
		switch {
		case doc[last] == '<':
			open = last
		case doc[last] == '>' && open >= 0:
			at := open
			open = -1
			name, kind := tagName(doc[at+1 : last])
			switch {
			case kind == tagOpen && root == "":
				root = name
			case kind == tagOpen && strings.EqualFold(name, alertRoot) && root != "":
				return false, at // the one before never ended, or was no document
			case kind == tagEmpty && root == "", kind == tagClose && strings.EqualFold(name, root):
				return true, 0
			}
		}
		return false, 0
	}
}

// jsonEnds is whole with the closing brace.
func jsonEnds() ends {
	depth, quoted, escaped, lineStart := 0, false, false, 0
	return func(doc []byte) (bool, int) {
		last := len(doc) - 1
		b := doc[last]
		switch {
		case b == '\n':
			lineStart, escaped = len(doc), false
		case b == '>' && bytes.HasPrefix(doc[lineStart:], []byte("<"+alertRoot)), b == '>' && bytes.HasPrefix(doc[lineStart:], []byte("<?xml")):
			return false, lineStart // no line of JSON begins so
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
			depth--
			return depth == 0, 0
		}
		return false, 0
	}
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

// opaque reads what is no text to be looked into: as many bytes as announced,
// or to the boundary where that comes first, where there is no length, and
// where what was read is a picture without its end. nil: too long.
func (s *splitter) opaque() ([]byte, error) {
	length, total := s.length, 0
	s.endPart()
	var body []byte // grows with what comes, not with what was promised
	line := 0       // where the last line of body begins
	for {
		chunk, err := s.upToNewline(length - total)
		if err != nil {
			if total > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		total += len(chunk)
		if body = append(body, chunk...); len(body) > maxAttach {
			body, line = nil, 0
		}
		if n := len(body); n > 0 && body[n-1] == '\n' {
			over := length > 0 && total > length
			if at := s.boundaryAt(body[line:]); at >= 0 || over && beginsPart(body[line:]) {
				at = line + max(at, 0)
				s.unread(body[at:])
				return kept(bytes.TrimRight(body[:at], "\r\n"), total), nil
			}
			line = n
		}
		if length > 0 && total >= length && !isCutJPEG(body) {
			if total > length {
				body = bytes.TrimRight(body, "\r\n")
			}
			return kept(body, total), nil
		}
	}
}

func kept(body []byte, total int) []byte {
	if total > maxAttach {
		return nil
	}
	return body
}

// upToNewline reads what has come, to the end of the line and at most limit
// bytes, if that is above 0.
func (s *splitter) upToNewline(limit int) ([]byte, error) {
	if _, err := s.r.Peek(1); err != nil {
		return nil, err
	}
	n := s.r.Buffered()
	if limit > 0 {
		n = min(n, limit)
	}
	chunk, _ := s.r.Peek(n)
	if end := bytes.IndexByte(chunk, '\n'); end >= 0 {
		chunk = chunk[:end+1]
	}
	chunk = bytes.Clone(chunk)
	_, _ = s.r.Discard(len(chunk))
	return chunk, nil
}

// beginsPart reports whether a line behind the announced end of a picture is
// the beginning of what comes next rather than the rest of the picture.
func beginsPart(line []byte) bool {
	for _, b := range bytes.TrimRight(line, "\r\n") {
		if b < ' ' || b > '~' {
			return false
		}
	}
	for _, beginning := range []string{"--", "HTTP/", "Content-", "<?xml", "<" + alertRoot} {
		if len(line) > len(beginning)+2 && bytes.HasPrefix(line, []byte(beginning)) {
			return true
		}
	}
	return false
}

// isCutJPEG reports whether a picture has its beginning and not its end.
func isCutJPEG(body []byte) bool {
	return bytes.HasPrefix(body, []byte{0xFF, 0xD8}) && !bytes.Contains(body[max(0, len(body)-1024):], []byte{0xFF, 0xD9})
}

func (s *splitter) picture(body []byte) *part {
	if len(body) < 4 || body[0] != 0xFF || body[1] != 0xD8 || isCutJPEG(body) {
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

package isapi

import (
	"bytes"
	"io"
)

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

package isapi

import (
	"bytes"
	"strings"
)

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

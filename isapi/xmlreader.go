package isapi

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"
)

const xmlBlanks = " \t\r\n\x00"

// The kinds of what an xmlReader finds.
const (
	tokenText = iota
	tokenStart
	tokenEmpty // <name/>
	tokenEnd
)

type xmlToken struct {
	kind  int
	name  string // of a tag, without its namespace
	attrs []Attr
	text  string // of tokenText
}

// xmlReader takes a document apart. encoding/xml refuses a whole document for
// a bare "<", for &#x0; or for an attribute without quotes, and loses elements
// over an end tag in another case: firmware writes all of these.
type xmlReader struct {
	ctx  context.Context
	text string
	at   int

	look int   // where ctx is looked at next
	err  error // of ctx
}

// ended looks now and then whether ctx has.
func (r *xmlReader) ended() bool {
	if r.at >= r.look {
		r.look = r.at + 4096
		r.err = r.ctx.Err()
	}
	return r.err != nil
}

// next gives the next tag or piece of text; false at the end of the document,
// where it ends within a tag, and when ctx has ended: see err. Comments, processing instructions and the
// document type are skipped.
func (r *xmlReader) next() (xmlToken, bool) {
	for r.at < len(r.text) && !r.ended() {
		rest := r.text[r.at:]
		switch {
		case rest[0] != '<' || !beginsTag(rest):
			end := 1 // a "<" that begins nothing is text
			for end < len(rest) && (rest[end] != '<' || !beginsTag(rest[end:])) {
				if next := strings.IndexByte(rest[end+1:], '<'); next >= 0 {
					end += 1 + next
				} else {
					end = len(rest)
				}
			}
			r.at += end
			return xmlToken{kind: tokenText, text: unescape(rest[:end])}, true
		case strings.HasPrefix(rest, "<![CDATA["):
			text, ended := r.skip(len("<![CDATA["), "]]>")
			return xmlToken{kind: tokenText, text: text}, ended
		case strings.HasPrefix(rest, "<!--"):
			r.skip(len("<!--"), "-->")
		case rest[1] == '?':
			r.skip(len("<?"), "?>")
		case rest[1] == '!':
			if inner, _ := r.skip(len("<!"), ">"); strings.IndexByte(inner, '[') >= 0 {
				r.skip(0, ">") // the end of a document type with declarations inside
			}
		case rest[1] == '/':
			name, ended := r.skip(len("</"), ">")
			return xmlToken{kind: tokenEnd, name: localName(strings.Trim(name, xmlBlanks))}, ended
		default:
			return r.startTag()
		}
	}
	return xmlToken{}, false
}

// beginsTag reports whether what begins with "<" can be markup.
func beginsTag(rest string) bool {
	if len(rest) < 2 {
		return false
	}
	switch c := rest[1]; {
	case c == '?' || c == '!':
		return true
	case c == '/':
		return len(rest) > 2 && isNameStart(rest[2])
	default:
		return isNameStart(c)
	}
}

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

// skip goes behind the next end, and gives what stands before it, after a
// beginning of that length. false: there is none, and the document is at its end.
func (r *xmlReader) skip(beginning int, end string) (string, bool) {
	inner, _, ended := strings.Cut(r.text[r.at+beginning:], end)
	r.at = min(r.at+beginning+len(inner)+len(end), len(r.text))
	return inner, ended
}

// startTag reads a start tag with its attributes, of which the first maxXMLAttrs count.
func (r *xmlReader) startTag() (xmlToken, bool) {
	r.at++
	t := xmlToken{kind: tokenStart, name: localName(r.word(endsTagName))}
	for {
		r.blanks()
		if r.at >= len(r.text) || r.ended() {
			return t, false
		}
		switch r.text[r.at] {
		case '>':
			r.at++
			return t, true
		case '/':
			r.at++
			if r.at < len(r.text) && r.text[r.at] == '>' {
				r.at++
				t.kind = tokenEmpty
				return t, true
			}
		default:
			if a := r.attr(); a.Name != "" && len(t.attrs) < maxXMLAttrs {
				if t.attrs == nil {
					t.attrs = make([]Attr, 0, 2) // a root has its version and its namespace
				}
				t.attrs = append(t.attrs, a)
			}
		}
	}
}

func (r *xmlReader) attr() Attr {
	name := r.word(endsTagName | 1<<'=')
	r.blanks()
	if r.at >= len(r.text) || r.text[r.at] != '=' {
		return Attr{Name: localName(name)}
	}
	r.at++
	r.blanks()
	if r.at < len(r.text) && (r.text[r.at] == '"' || r.text[r.at] == '\'') {
		quote := r.text[r.at : r.at+1]
		value, _ := r.skip(1, quote)
		return Attr{localName(name), unescape(value)}
	}
	value := r.word(blankBytes | 1<<'>')
	if strings.HasSuffix(value, "/") && r.at < len(r.text) && r.text[r.at] == '>' {
		value = value[:len(value)-1]
		r.at--
	}
	return Attr{localName(name), unescape(value)}
}

// Sets of bytes below 64, a bit for each.
const (
	blankBytes  uint64 = 1<<' ' | 1<<'\t' | 1<<'\r' | 1<<'\n' | 1<<0
	endsTagName        = blankBytes | 1<<'/' | 1<<'>'
)

// word reads up to one of the bytes of ends.
func (r *xmlReader) word(ends uint64) string {
	from := r.at
	for r.at < len(r.text) && (r.text[r.at] >= 64 || ends>>r.text[r.at]&1 == 0) {
		r.at++
	}
	return r.text[from:r.at]
}

func (r *xmlReader) blanks() {
	for r.at < len(r.text) && r.text[r.at] < 64 && blankBytes>>r.text[r.at]&1 == 1 {
		r.at++
	}
}

func localName(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }

// unescape replaces the five named entities and numbers; whatever else begins
// with "&" stays as it is: devices write URLs without escaping them.
func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "&")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, _, ended := strings.Cut(after[:min(len(after), 12)], ";")
		r, known := entity(name)
		if !ended || !known {
			b.WriteByte('&')
			s = after
			continue
		}
		b.WriteRune(r)
		s = after[len(name)+1:]
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, numeric := strings.CutPrefix(name, "#")
	if !numeric {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	switch r := rune(n); {
	case err != nil:
		return 0, false
	case n > utf8.MaxRune || !utf8.ValidRune(r):
		return utf8.RuneError, true
	case noText(r):
		return ' ', true
	default:
		return r, true
	}
}

package luaapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

func jsonDecode(c *call) int {
	c.atMost(1)
	s, ok := c.arg(0).(lua.LString)
	if !ok {
		c.wrong("the text", "a string", c.arg(0))
	}
	if len(s) > maxJSONSize {
		c.misuse("the text is longer than %d MB", maxJSONSize>>20)
	}
	r := jsonReader{interruptible: interruptible{L: c.L}, s: withoutMark(string(s))}
	v, err := r.document()
	if err != nil {
		c.misuse("%v", err)
	}
	return c.push(v)
}

// withoutMark takes a byte order mark off a text, which tools of Windows write,
// and makes UTF-8 of one in UTF-16.
func withoutMark(s string) string {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if strings.HasPrefix(s, mark) {
			return string(isapi.DecodeText([]byte(s), ""))
		}
	}
	return s
}

// jsonReader reads one text strictly.
type jsonReader struct {
	interruptible
	s     string
	at    int
	depth int
}

func (r *jsonReader) document() (lua.LValue, error) {
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.blanks(); r.at < len(r.s) {
		return nil, r.fail("%s after the end of the value", r.seen())
	}
	return v, nil
}

// fail says where: line and column, counted from 1.
func (r *jsonReader) fail(format string, args ...any) error {
	before := r.s[:r.at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

func (r *jsonReader) seen() string {
	if r.at >= len(r.s) {
		return "the end of the text"
	}
	c, _ := utf8.DecodeRuneInString(r.s[r.at:])
	return strconv.QuoteRune(c)
}

func (r *jsonReader) blanks() {
	for r.at < len(r.s) && strings.IndexByte(" \t\r\n", r.s[r.at]) >= 0 {
		r.at++
	}
}

// take moves over c if it is next.
func (r *jsonReader) take(c byte) bool {
	r.blanks()
	if r.at < len(r.s) && r.s[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *jsonReader) value() (lua.LValue, error) {
	r.tick()
	r.blanks()
	rest := r.s[r.at:]
	switch {
	case strings.HasPrefix(rest, "true"):
		r.at += len("true")
		return lua.LTrue, nil
	case strings.HasPrefix(rest, "false"):
		r.at += len("false")
		return lua.LFalse, nil
	case strings.HasPrefix(rest, "null"):
		r.at += len("null")
		return jsonNull(r.L), nil
	case rest == "":
		return nil, r.fail("the text ends where a value should be")
	case rest[0] == '"':
		s, err := r.text()
		return lua.LString(s), err
	case rest[0] == '{' || rest[0] == '[':
		if r.depth++; r.depth > maxJSONDepth {
			return nil, r.fail("nested deeper than %d", maxJSONDepth)
		}
		defer func() { r.depth-- }()
		r.at++
		if rest[0] == '{' {
			return r.object()
		}
		return r.list()
	case rest[0] == '-' || rest[0] >= '0' && rest[0] <= '9':
		return r.number()
	}
	return nil, r.fail("%s where a value should be", r.seen())
}

func (r *jsonReader) object() (lua.LValue, error) {
	t := r.L.CreateTable(0, 0)
	if r.take('}') {
		return t, nil
	}
	for {
		if r.blanks(); r.at >= len(r.s) || r.s[r.at] != '"' {
			return nil, r.fail("%s where a name in quotes should be", r.seen())
		}
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		if !r.take(':') {
			return nil, r.fail("%s where a colon should be", r.seen())
		}
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		t.RawSetString(name, v)
		if r.take('}') {
			return t, nil
		}
		if !r.take(',') {
			return nil, r.fail("%s where a comma or } should be", r.seen())
		}
	}
}

func (r *jsonReader) list() (lua.LValue, error) {
	t := r.L.CreateTable(0, 0)
	t.Metatable = jsonArrayMeta(r.L)
	if r.take(']') {
		return t, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		t.Append(v)
		if r.take(']') {
			return t, nil
		}
		if !r.take(',') {
			return nil, r.fail("%s where a comma or ] should be", r.seen())
		}
	}
}

func (r *jsonReader) number() (lua.LValue, error) {
	rest := r.s[r.at:]
	text := rest[:len(rest)-len(strings.TrimLeft(rest, "+-.0123456789eE"))]
	if digits := strings.TrimPrefix(text, "-"); len(digits) > 1 && digits[0] == '0' && '0' <= digits[1] && digits[1] <= '9' {
		text = text[:len(text)-len(digits)+1] // no other digit goes on from a zero
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !json.Valid([]byte(text)) {
		return nil, r.fail("%q is not a number", shorten(text, 40))
	}
	r.at += len(text)
	return lua.LNumber(f), nil
}

// text reads a string; r.at is on its first quote.
func (r *jsonReader) text() (string, error) {
	r.at++
	var b strings.Builder
	for {
		i := strings.IndexAny(r.s[r.at:], "\"\\")
		if i < 0 {
			r.at = len(r.s)
			return "", r.fail("a string has no end")
		}
		part := r.s[r.at : r.at+i]
		for k := range len(part) {
			if part[k] < ' ' {
				r.at += k
				return "", r.fail("a line end or control character inside a string")
			}
		}
		b.WriteString(part)
		r.at += i + 1
		if r.s[r.at-1] == '"' {
			return b.String(), nil
		}
		if err := r.escape(&b); err != nil {
			return "", err
		}
	}
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (r *jsonReader) escape(b *strings.Builder) error {
	r.tick()
	if r.at >= len(r.s) {
		return r.fail("a string has no end")
	}
	c := r.s[r.at]
	if plain, ok := jsonEscapes[c]; ok {
		r.at++
		b.WriteByte(plain)
		return nil
	}
	if c != 'u' {
		return r.fail("\\%c means nothing in a string", c)
	}
	first, ok := r.hex()
	if !ok {
		return r.fail("\\u wants four hexadecimal digits")
	}
	if utf16.IsSurrogate(first) && strings.HasPrefix(r.s[r.at:], `\u`) {
		back := r.at
		r.at++
		if second, ok := r.hex(); ok {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				b.WriteRune(pair)
				return nil
			}
		}
		r.at = back
	}
	b.WriteRune(first) // half a pair becomes U+FFFD
	return nil
}

// hex reads the four digits after a u, which r.at is on.
func (r *jsonReader) hex() (rune, bool) {
	if r.at+5 > len(r.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(r.s[r.at+1:r.at+5], 16, 32)
	if err != nil {
		return 0, false
	}
	r.at += 5
	return rune(n), true
}

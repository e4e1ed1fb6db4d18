package sandbox

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexeme is a token of a source that did not load.
type lexeme struct {
	kind       byte // one of the constants below
	text       string
	start, end int // offsets in the source
	line, col  int // of its first character, from 1; columns are characters
}

const (
	nameLexeme    = 'n'
	keywordLexeme = 'k'
	stringLexeme  = 's'
	numberLexeme  = '0'
	symbolLexeme  = 'o'
	endLexeme     = 'e'
)

// is tells keywords and symbols.
func (l lexeme) is(text string) bool {
	return l.text == text && (l.kind == keywordLexeme || l.kind == symbolLexeme)
}

// near is how a message shows where it is.
func (l lexeme) near() string {
	text := l.text
	if l.kind == endLexeme {
		return "near end of file"
	}
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "..."
	}
	return "near '" + strings.ToValidUTF8(text, "?") + "'"
}

var keywords = make(map[string]bool)

func init() {
	for _, word := range strings.Fields(`and break do else elseif end false for function goto if in local nil not or repeat return then true
		until while`) {
		keywords[word] = true
	}
}

// lexer cuts a source into lexemes. What is none is reported by a panic with a *SyntaxError.
type lexer struct {
	file   string
	source []byte
	at     int
	line   int
	bol    int // offset of the first character of the line

	counted, characters int // where column counted to, and how many
}

// reported, deferred, keeps the error that a lexer panicked with.
func reported(found **SyntaxError) {
	if r := recover(); r != nil {
		e, ok := r.(*SyntaxError)
		if !ok {
			panic(r)
		}
		*found = e
	}
}

// nesting is what blocks and brackets add to those that are open; while and for have their do.
var nesting = map[string]int{
	"do": 1, "function": 1, "if": 1, "repeat": 1, "(": 1, "{": 1, "[": 1,
	"end": -1, "until": -1, ")": -1, "}": -1, "]": -1,
}

// scan finds what gopher-lua reads as something else without a word: `3x` as 3 and x, `1e+` as no number, '\300' as
// '\44', and `{1,,2}` as {1, 2}; and more than limit blocks and brackets inside each other, over which its parser takes seconds.
// doubt says that a ( begins a line and may be that of a call, which gopher-lua takes for one.
func scan(source []byte, file string, limit int) (doubt bool, found *SyntaxError) {
	defer reported(&found)
	x := lexer{file: file, source: source, line: 1}
	depth := 0
	for before, l := (lexeme{}), x.next(); l.kind != endLexeme; before, l = l, x.next() {
		if l.is(",") && (before.is(",") || before.is(";")) || l.is(";") && before.is(",") {
			x.fail(l.line, l.col, "unexpected '%s'", l.text)
		}
		doubt = doubt || l.is("(") && x.beginsLine(before, l)
		if l.kind == keywordLexeme || l.kind == symbolLexeme {
			depth = max(depth+nesting[l.text], 0)
		}
		if depth > limit {
			x.fail(l.line, 0, "%s", tooDeep)
		}
	}
	return doubt, nil
}

// beginsLine says whether l stands on another line than what is before it, which may be called.
func (x *lexer) beginsLine(before, l lexeme) bool {
	callable := before.kind == nameLexeme || before.kind == stringLexeme || before.is(")") || before.is("]") || before.is("}")
	return callable && bytes.ContainsAny(x.source[before.end:l.start], "\r\n")
}

func (x *lexer) fail(line, col int, format string, args ...any) {
	panic(&SyntaxError{File: x.file, Line: line, Col: col, Message: fmt.Sprintf(format, args...)})
}

func (x *lexer) failUnfinished(line, col int, format string, args ...any) {
	panic(&SyntaxError{File: x.file, Line: line, Col: col, Message: fmt.Sprintf(format, args...), Unfinished: true})
}

func (x *lexer) rest() []byte { return x.source[x.at:] }

// column counts from the last offset on the line that was asked for: a megabyte may stand on one line.
func (x *lexer) column(offset int) int {
	if x.counted < x.bol || x.counted > offset {
		x.counted, x.characters = x.bol, 0
	}
	x.characters += utf8.RuneCount(x.source[x.counted:offset])
	x.counted = offset
	return x.characters + 1
}

// skip goes on by n bytes, counting lines as gopher-lua does.
func (x *lexer) skip(n int) {
	for end := x.at + n; x.at < end; x.at++ {
		switch c := x.source[x.at]; c {
		case '\n', '\r':
			if x.at+1 < len(x.source) && x.source[x.at+1] == '\r'+'\n'-c {
				x.at++
			}
			x.line++
			x.bol = x.at + 1
		}
	}
}

func (x *lexer) next() lexeme {
	for x.at < len(x.source) {
		c := x.source[x.at]
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' {
			x.skip(1)
			continue
		}
		if !bytes.HasPrefix(x.rest(), []byte("--")) {
			break
		}
		if n := longBracket(x.source[x.at+2:]); n > 0 {
			x.closed(x.at+2, n, "long comment", "--")
			x.skip(2 + n)
			continue
		}
		for x.at < len(x.source) && x.source[x.at] != '\n' && x.source[x.at] != '\r' {
			x.at++
		}
	}
	l := lexeme{kind: endLexeme, start: x.at, end: x.at, line: x.line, col: x.column(x.at)}
	if x.at == len(x.source) {
		return l
	}
	n := x.length(&l)
	l.end = l.start + n
	l.text = string(x.source[l.start:l.end])
	if l.kind == nameLexeme && keywords[l.text] {
		l.kind = keywordLexeme
	}
	x.skip(n)
	return l
}

// length finds the kind and the length of what stands here.
func (x *lexer) length(l *lexeme) int {
	s := x.rest()
	n := 1
	switch c := s[0]; {
	case '0' <= c && c <= '9' || c == '.' && len(s) > 1 && '0' <= s[1] && s[1] <= '9':
		l.kind = numberLexeme
		for n < len(s) && (isWordByte(s[n]) || s[n] == '.' && !bytes.HasPrefix(s[n:], []byte("..")) ||
			(s[n] == '+' || s[n] == '-') && (s[n-1] == 'e' || s[n-1] == 'E') && !isHex(s)) {
			n++
		}
		if bytes.HasPrefix(s[n:], []byte("..")) {
			x.fail(l.line, l.col, "malformed number '%s..': write a blank before the dots", s[:n])
		}
		x.checkNumber(l, string(s[:n]))
	case isWordByte(c):
		l.kind = nameLexeme
		for n < len(s) && isWordByte(s[n]) {
			n++
		}
		if r, _ := utf8.DecodeRune(s[n:]); n < len(s) && r >= utf8.RuneSelf && unicode.IsLetter(r) {
			x.at += n
			x.strange()
		}
	case c == '"' || c == '\'':
		l.kind = stringLexeme
		n = quoted(s)
		if n < 2 || s[n-1] != c || escaped(s[:n]) {
			if word := x.wordBehind(c); word != "" {
				x.fail(l.line, l.col-len(word), "the text ends before '%s': write \\%c for a quote inside it", word, c)
			}
			x.fail(l.line, l.col, "unfinished string: the %c that begins here has no second one on its line", c)
		}
		x.checkEscapes(s[:n])
	case c == '[':
		if n = longBracket(s); n > 0 {
			l.kind = stringLexeme
			x.closed(x.at, n, "long string", "")
			return n
		}
		n, l.kind = 1, symbolLexeme
	default:
		l.kind = symbolLexeme
		for _, symbol := range []string{"...", "..", "==", "~=", "<=", ">=", "::"} {
			if bytes.HasPrefix(s, []byte(symbol)) {
				return len(symbol)
			}
		}
		if strings.IndexByte("+-*/%^#<>=(){}];:,.!&|~?@$\\`", c) < 0 {
			x.strange()
		}
	}
	return n
}

// longBracket is the length of [[ ]] or [==[ ]==] at the start of s; 0 if there is none.
func longBracket(s []byte) int {
	n := 1
	for n < len(s) && s[n] == '=' {
		n++
	}
	if n >= len(s) || s[0] != '[' || s[n] != '[' {
		return 0
	}
	end := "]" + string(s[1:n]) + "]"
	if i := bytes.Index(s[n:], []byte(end)); i >= 0 {
		return n + i + len(end)
	}
	return len(s)
}

// quoted is the length of the string in quotes that s begins with.
func quoted(s []byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if bytes.HasPrefix(s[i:], []byte("\r\n")) || bytes.HasPrefix(s[i:], []byte("\n\r")) {
				i++
			}
		case s[0]:
			return i + 1
		case '\n', '\r':
			return i
		}
	}
	return len(s)
}

// wordBehind is the word between a quote and here: s in 'it's'.
func (x *lexer) wordBehind(quote byte) string {
	start := x.at
	for start > 0 && isWordByte(x.source[start-1]) {
		start--
	}
	if start == 0 || x.source[start-1] != quote {
		return ""
	}
	return string(x.source[start:x.at])
}

func isWordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// escaped says whether the last quote of s is no end, because \ stands before it.
func escaped(s []byte) bool {
	n := 0
	for i := len(s) - 2; i > 0 && s[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

func isHex(s []byte) bool { return len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' }

// closed reports a long string or comment that begins at offset, takes n bytes, and has no end.
func (x *lexer) closed(offset, n int, what, before string) {
	s := x.source[offset : offset+n]
	level := bytes.IndexByte(s[1:], '[')
	end := "]" + strings.Repeat("=", level) + "]"
	if len(s) < 2*len(end) || !bytes.HasSuffix(s, []byte(end)) {
		x.failUnfinished(x.line, x.column(x.at), "unfinished %s: the %s%s that begins here has no %s", what, before, s[:level+2], end)
	}
}

// checkEscapes refuses '\300' in a text: a byte is at most 255.
func (x *lexer) checkEscapes(text []byte) {
	for i := 0; i < len(text)-1; i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		n := 0
		for n < 3 && '0' <= text[i+n] && text[i+n] <= '9' {
			n++
		}
		if n == 3 && string(text[i:i+3]) > "255" {
			x.skip(i - 1)
			x.fail(x.line, x.column(x.at), `escape '\%s' is too large: the bytes of a text go to \255`, text[i:i+3])
		}
	}
}

// checkNumber refuses what begins with a digit and is no number of Lua 5.1.
func (x *lexer) checkNumber(l *lexeme, text string) {
	lower := strings.ToLower(text)
	f, ok := parseNumber(text)
	fraction := strings.HasPrefix(lower, "0x") && strings.ContainsAny(lower, ".p")
	if ok && !fraction {
		return
	}
	why := ""
	switch {
	case strings.Contains(text, "_"):
		why = ": write it without _"
	case fraction && ok:
		why = ": hexadecimal fractions and exponents are of Lua 5.2 and later; write " + NumberText(f)
	case strings.HasPrefix(lower, "0b"), strings.HasPrefix(lower, "0o"):
		why = `: write tonumber("` + text[2:] + `", ` + map[bool]string{true: "2", false: "8"}[lower[1] == 'b'] + `)`
	case strings.HasSuffix(lower, "ll"), strings.HasSuffix(lower, "i"):
		why = ": numbers have no such ending"
	case strings.Count(text, ".") > 1:
		why = ": put an address or a date into quotes"
	}
	x.fail(l.line, l.col, "malformed number '%s'%s", text, why)
}

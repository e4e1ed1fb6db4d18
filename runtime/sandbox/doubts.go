package sandbox

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Doubts tells what in the text of a source that loads means something else than was probably meant, each with its place:
// bytes that are not UTF-8, of which only the first is told, and escapes in strings that Lua 5.1 does not have.
func Doubts(source []byte, file string) []*SyntaxError {
	source = Plain(source)
	var found []*SyntaxError
	if i := notUTF8(source); i >= 0 {
		line := bytes.Count(source[:i], []byte("\n"))
		bol := bytes.LastIndexByte(source[:i], '\n') + 1
		found = append(found, &SyntaxError{File: file, Line: line + 1, Col: utf8.RuneCount(source[bol:i]) + 1,
			Message: fmt.Sprintf("byte 0x%02X is not UTF-8: save the file as UTF-8", source[i])})
	}
	defer func() { _ = recover() }() // what is no Lua, Load refuses
	x := lexer{file: file, source: source, line: 1}
	for l := x.next(); l.kind != endLexeme; l = x.next() {
		if l.kind == stringLexeme && l.text[0] != '[' {
			found = append(found, x.escapes(l)...)
		}
	}
	return found
}

func notUTF8(source []byte) int {
	for i := 0; i < len(source); {
		r, n := utf8.DecodeRune(source[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// escapes looks through a string in quotes. Lua 5.1 drops the \ before a letter that it does not know.
func (x *lexer) escapes(l lexeme) (found []*SyntaxError) {
	for i := 1; i+1 < len(l.text); i++ {
		if l.text[i] != '\\' {
			continue
		}
		i++
		c, why := l.text[i], ""
		switch {
		case c == 'x':
			why = "is of Lua 5.2 and later: write the byte in decimal, \\65 for \\x41"
		case c == 'u':
			why = "is of Lua 5.3 and later: write the character itself"
		case c == 'z':
			why = "is of Lua 5.2 and later: use .. or [[ ]] for a long text"
		case 'a' <= c|0x20 && c|0x20 <= 'z' && bytes.IndexByte([]byte("abfnrtv"), c) < 0:
			why = fmt.Sprintf("is no escape: it stands for %c; in a pattern write %%%c, for a backslash \\\\", c, c)
		}
		if why != "" && l.line == x.line { // not in a string of several lines, where the column is not known
			found = append(found, &SyntaxError{File: x.file, Line: l.line, Col: l.col + utf8.RuneCountInString(l.text[:i-1]), Message: fmt.Sprintf("\\%c %s", c, why)})
		}
	}
	return found
}

package sandbox

import "bytes"

// opening and closing are the words around blocks; while and for have their do.
var (
	opening = map[string]bool{"do": true, "function": true, "if": true, "repeat": true}
	closing = map[string]bool{"end": true, "until": true}
)

// deepest gives the line where more than limit brackets and blocks are open inside each other; 0: nowhere. It only
// counts: what is no Lua is left to the parser, which takes seconds for what repair would refuse then.
func deepest(source []byte, limit int) int {
	depth, line := 0, 1
	for i := 0; i < len(source); {
		c, n, step := source[i], 1, 0
		switch {
		case c == '(' || c == '{':
			step = 1
		case c == ')' || c == '}' || c == ']':
			step = -1
		case c == '[':
			if n = longBracket(source[i:]); n == 0 {
				n, step = 1, 1
			}
		case c == '"' || c == '\'':
			n = quoted(source[i:])
		case c == '-' && bytes.HasPrefix(source[i:], []byte("--")):
			if n = 2 + longBracket(source[i+2:]); n == 2 {
				n = lineLength(source[i:])
			}
		case isWordByte(c):
			for n < len(source)-i && isWordByte(source[i+n]) {
				n++
			}
			switch word := source[i : i+n]; {
			case opening[string(word)]:
				step = 1
			case closing[string(word)]:
				step = -1
			}
		}
		if depth = max(depth+step, 0); depth > limit {
			return line
		}
		line += bytes.Count(source[i:i+n], []byte("\n"))
		i += n
	}
	return 0
}

func isWordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
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

func lineLength(s []byte) int {
	if i := bytes.IndexAny(s, "\r\n"); i >= 0 {
		return i
	}
	return len(s)
}

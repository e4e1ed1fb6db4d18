package lineedit

import (
	"strings"
	"time"
	"unicode/utf8"
)

// key is what was typed: a letter, a paste, or a key with a name.
type key struct {
	name string // "" for text; Ctrl-A is "C-a", Alt-b "M-b"
	text string
}

// answer is the name of what is no key, but what a terminal says of itself.
const answer = "answer"

const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
	// escapeTimeout is how long after Esc a letter still makes a sequence of
	// it. A line that cuts a sequence in two delays the rest less than that.
	escapeTimeout = 500 * time.Millisecond
)

// named are the sequences of the usual terminals, without Esc.
var named = map[string]string{
	"[A": "up", "[B": "down", "[C": "right", "[D": "left", "[H": "home", "[F": "end", "[Z": "backtab",
	"OA": "up", "OB": "down", "OC": "right", "OD": "left", "OH": "home", "OF": "end",
	"[1~": "home", "[3~": "delete", "[4~": "end", "[5~": "pageup", "[6~": "pagedown", "[7~": "home", "[8~": "end",
	"[1;5C": "M-f", "[1;5D": "M-b", "[1;3C": "M-f", "[1;3D": "M-b", "[3;5~": "M-d", "\r": "M-enter", "\n": "M-enter", "\x7f": "M-backspace", "\b": "M-backspace",
}

// decoder makes keys of the bytes of a terminal, however these are cut.
type decoder struct {
	rest []byte    // the beginning of a letter, a sequence or a paste
	at   time.Time // when it came
}

// feed takes what was read at a time.
func (d *decoder) feed(p []byte, at time.Time) []key {
	if len(d.rest) == 1 && d.rest[0] == 0x1b && at.Sub(d.at) > escapeTimeout {
		d.rest = nil // Esc by itself, which has had its effect
	}
	rest := append(d.rest, p...)
	var keys []key
	for len(rest) > 0 {
		k, n := decode(rest)
		if n == 0 {
			break
		}
		if k != (key{}) {
			keys = append(keys, k)
		}
		rest = rest[n:]
	}
	if len(rest) == 1 && rest[0] == 0x1b {
		keys = append(keys, key{name: "esc"}) // closes what is open; it may still become a sequence
	}
	d.rest, d.at = rest, at
	return keys
}

// decode is the first key of p and its length; 0 if more bytes have to come.
func decode(p []byte) (key, int) {
	switch b := p[0]; {
	case b == 0x1b:
		return sequence(p)
	case b == '\r', b == '\n':
		return key{name: "enter"}, 1
	case b == '\t':
		return key{name: "tab"}, 1
	case b == 0x7f, b == '\b':
		return key{name: "backspace"}, 1
	case b < 0x20:
		return key{name: "C-" + strings.ToLower(string(rune(b+0x40)))}, 1
	case !utf8.FullRune(p):
		return key{}, 0
	}
	r, n := utf8.DecodeRune(p)
	if r == utf8.RuneError && n == 1 || r >= 0x80 && r < 0xa0 {
		return key{}, n // no letter of any language
	}
	return key{text: string(p[:n])}, n
}

// sequence decodes what begins with Esc. One that is not known is passed over
// whole: its letters were not typed.
func sequence(p []byte) (key, int) {
	if len(p) == 1 {
		return key{}, 0
	}
	switch {
	case p[1] == 0x1b:
		return key{}, 1
	case p[1] != '[' && p[1] != 'O':
		if name := named[string(p[1:2])]; name != "" {
			return key{name: name}, 2
		}
		if !utf8.FullRune(p[1:]) {
			return key{}, 0
		}
		_, n := utf8.DecodeRune(p[1:])
		return key{name: "M-" + string(p[1:1+n])}, 1 + n
	}
	end := 2
	for p[1] == '[' && end < len(p) && p[end] >= 0x20 && p[end] < 0x40 {
		end++
	}
	if end >= len(p) {
		return key{}, 0
	}
	end++
	if p[end-1] == 'c' && p[2] == '?' {
		return key{name: answer, text: string(p[3 : end-1])}, end
	}
	if string(p[:end]) != pasteBegin {
		return key{name: named[string(p[1:end])]}, end
	}
	text, _, whole := strings.Cut(string(p[end:]), pasteEnd)
	if !whole {
		return key{}, 0
	}
	return key{name: "paste", text: text}, end + len(text) + len(pasteEnd)
}

// pasted is a paste as text: terminals send \r for the end of a line.
func pasted(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, ""))
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

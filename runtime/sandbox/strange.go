package sandbox

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// encoding says in which other encoding than UTF-8 a source is saved, if that shows at once; else it is empty.
func encoding(source []byte) string {
	switch {
	case bytes.HasPrefix(source, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(source, []byte("\x00\x00\xfe\xff")):
		return "UTF-32"
	case bytes.HasPrefix(source, []byte("\xff\xfe")), bytes.HasPrefix(source, []byte("\xfe\xff")):
		return "UTF-16"
	}
	// Without a mark: Lua is mostly ASCII, so that every other byte is zero.
	even, odd := 0, 0
	start := source[:min(len(source), 400)&^1]
	for i, c := range start {
		if c == 0 {
			even += (i + 1) % 2
			odd += i % 2
		}
	}
	if half := len(start) / 2; half > 0 && max(even, odd) > half*3/4 && min(even, odd) < half/4+1 {
		return "UTF-16"
	}
	return ""
}

// characters are those that come from web pages, word processors and other keyboards, with what to write in their place.
var characters = map[rune]struct{ name, write string }{
	'\u00a0': {"no-break space", "a space"}, '\u202f': {"narrow no-break space", "a space"}, '\u3000': {"wide space", "a space"},
	'\u2007': {"figure space", "a space"}, '\u2009': {"thin space", "a space"}, '\u2003': {"em space", "a space"}, '\u2002': {"en space", "a space"},
	'\u200b': {"zero-width space", "nothing"}, '\u200c': {"zero-width non-joiner", "nothing"}, '\u200d': {"zero-width joiner", "nothing"},
	'\u2060': {"word joiner", "nothing"}, '\u00ad': {"soft hyphen", "nothing"}, '\u200e': {"left-to-right mark", "nothing"},
	'\u200f': {"right-to-left mark", "nothing"}, '\ufeff': {"byte order mark", "nothing"}, '\u2028': {"line separator", "a new line"},
	'\u2029': {"paragraph separator", "a new line"}, '\u0085': {"next line", "a new line"},
	'“': {"curly quote", `"`}, '”': {"curly quote", `"`}, '„': {"low quote", `"`}, '«': {"angle quote", `"`}, '»': {"angle quote", `"`}, '″': {"double prime", `"`},
	'‘': {"curly quote", "'"}, '’': {"curly quote", "'"}, '‚': {"low quote", "'"}, '′': {"prime", "'"}, '´': {"acute accent", "'"},
	'–': {"en dash", "-"}, '—': {"em dash", "--"}, '−': {"minus sign", "-"}, '‐': {"hyphen", "-"}, '‑': {"no-break hyphen", "-"},
	'…': {"ellipsis", "..."}, '≠': {"not-equal sign", "~="}, '≤': {"less-or-equal sign", "<="}, '≥': {"greater-or-equal sign", ">="},
	'×': {"multiplication sign", "*"}, '÷': {"division sign", "/"}, '·': {"middle dot", "*"}, '²': {"superscript two", "^2"},
	'°': {"degree sign", "the number alone"}, '€': {"euro sign", "nothing"}, '§': {"paragraph sign", "nothing"}, '¬': {"not sign", "not"},
	'、': {"ideographic comma", ","}, '。': {"ideographic full stop", "."}, '「': {"corner bracket", `"`}, '」': {"corner bracket", `"`},
	'→': {"arrow", "nothing"}, '⇒': {"arrow", "nothing"},
}

// strange reports the character here, which Lua knows only in strings and comments.
func (x *lexer) strange() {
	r, n := utf8.DecodeRune(x.rest())
	col := x.column(x.at)
	name := ""
	switch c, known := characters[r]; {
	case r == utf8.RuneError && n <= 1:
		x.fail(x.line, col, "byte 0x%02X is not UTF-8: save the file as UTF-8", x.source[x.at])
	case r == 0:
		x.fail(x.line, col, "NUL byte (U+0000): the file is damaged, or no text")
	case known && unicode.IsPrint(r) && c.write == "nothing":
		x.fail(x.line, col, "%s %c (U+%04X): delete it", c.name, r, r)
	case known && unicode.IsPrint(r):
		x.fail(x.line, col, "%s %c (U+%04X): write %s", c.name, r, r, c.write)
	case known && c.write == "nothing":
		x.fail(x.line, col, "%s (U+%04X), which is not seen: delete it", c.name, r)
	case known:
		x.fail(x.line, col, "%s (U+%04X): write %s", c.name, r, c.write)
	case 0xff01 <= r && r <= 0xff5e: // the wide forms of ASCII
		x.fail(x.line, col, "wide character %c (U+%04X): write %c", r, r, r-0xfee0)
	case unicode.IsLetter(r) || unicode.IsMark(r):
		x.fail(x.line, col, "letter %c (U+%04X): names are made of the letters a to z, digits and _; other text stands in quotes", r, r)
	case unicode.IsPrint(r) && r >= utf8.RuneSelf:
		name = fmt.Sprintf("character %c (U+%04X)", r, r)
	case r < utf8.RuneSelf && unicode.IsPrint(r):
		name = fmt.Sprintf("character '%c'", r)
	default:
		name = fmt.Sprintf("control character U+%04X", r)
	}
	x.fail(x.line, col, "unexpected %s: outside of strings and comments it means nothing", name)
}

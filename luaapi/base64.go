package luaapi

import (
	"bytes"
	"encoding/base64"

	lua "github.com/yuin/gopher-lua"
)

// maxBase64 keeps what one call makes below 64 MB.
const maxBase64 = 48 << 20

// bounded is a text argument that is not too long for its making.
func (c *call) bounded(i int, what string, limit int) string {
	text := c.text(i, what)
	if len(text) > limit {
		c.misuse("%s is longer than %d MB", what, limit>>20)
	}
	return text
}

var base64Entries = []entry{
	{
		name: "encode", args: "bytes", result: "string", doc: "a string of bytes, at most 48 MB, as base64",
		fn: func(c *call) int {
			c.atMost(1)
			return c.push(lua.LString(base64.StdEncoding.EncodeToString([]byte(c.bounded(0, "the string", maxBase64)))))
		},
	},
	{
		name: "decode", args: "text", result: "string", doc: "the bytes of a base64 text; blanks, line ends and a missing = at the end don't matter, both alphabets are read",
		fn: func(c *call) int {
			c.atMost(1)
			text := plainBase64(c.bounded(0, "the text", 64<<20))
			task := interruptible{L: c.L}
			task.check()
			n, err := base64.RawStdEncoding.Decode(text, text)
			if err != nil {
				c.misuse("the text is not base64")
			}
			return c.push(lua.LString(text[:n]))
		},
	},
}

// plainBase64 drops blanks and the signs for the end, and writes both alphabets
// as one.
func plainBase64(text string) []byte {
	plain := make([]byte, 0, len(text))
	for i := range len(text) {
		switch b := text[i]; b {
		case ' ', '\t', '\r', '\n':
		case '-':
			plain = append(plain, '+')
		case '_':
			plain = append(plain, '/')
		default:
			plain = append(plain, b)
		}
	}
	return bytes.TrimRight(plain, "=")
}

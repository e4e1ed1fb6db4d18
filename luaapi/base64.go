package luaapi

import (
	"encoding/base64"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var base64Entries = []entry{
	{
		name: "encode", args: "bytes", result: "string", doc: "a string of bytes as base64",
		fn: func(c *call) int {
			c.atMost(1)
			c.L.Push(lua.LString(base64.StdEncoding.EncodeToString([]byte(c.text(0, "the bytes")))))
			return 1
		},
	},
	{
		name: "decode", args: "text", result: "string", doc: "the bytes of a base64 text; blanks, line ends and a missing = at the end don't matter, both alphabets are read",
		fn: func(c *call) int {
			c.atMost(1)
			text := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "-", "+", "_", "/").Replace(c.text(0, "the text"))
			data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
			if err != nil {
				c.misuse("the text is not base64")
			}
			c.L.Push(lua.LString(data))
			return 1
		},
	},
}

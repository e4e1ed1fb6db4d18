package luaapi

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// streamURLName is a command, and on a channel a field as well.
const streamURLName = "stream_url"

var streamCommands = []command{{
	name: streamURLName, channel: true, quiet: true, args: "{stream=}",
	options: []Option{{Name: "stream", Type: "string", Words: []string{"main", "sub"},
		Doc: "main or sub; default: the stream_url of site.yaml, else the channel's stream"}},
	result: "string", doc: "the address for live preview, without password",
	fn: streamURL,
}}

func streamURL(c *call) int {
	o := c.options(0, c.cmd.options)
	c.channel()
	return c.push(lua.LString(c.target.url(o.text("stream"))))
}

// url is the address of a channel's stream. Without a word for the stream the
// one that site.yaml gives comes first.
func (r *channelRef) url(word string) string {
	known, _ := r.site()
	stream := known.Stream
	switch word {
	case "main":
		stream = isapi.Main
	case "sub":
		stream = isapi.Sub
	default:
		if known.StreamURL != "" {
			return known.StreamURL
		}
	}
	_, host, _ := r.dev.Address()
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + strings.ReplaceAll(host, "%", "%25") + "]" // RFC 6874 writes a zone so
	}
	return fmt.Sprintf("rtsp://%s/Streaming/Channels/%d", host, isapi.StreamID(r.id, stream))
}

// openStringCall makes ch:stream_url{...} work beside ch.stream_url, which is
// a string. For other strings that are called it says what was meant.
func openStringCall(L *lua.LState) {
	// The metatable of strings may be protected, then only its fields can be had:
	// methods, and the arithmetic on text of the host's Lua.
	mt := L.CreateTable(0, 0)
	for _, field := range []string{"__index", "__metatable", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm"} {
		if v := L.GetMetaField(lua.LString(""), field); v != lua.LNil {
			mt.RawSetString(field, v)
		}
	}
	L.SetMetatable(lua.LString(""), mt)
	m := moduleOf(L)
	cmd := &streamCommands[0]
	mt.RawSetString("__call", m.bind(streamURLName, func(c *call) int {
		text, self := c.arg(0), c.arg(1)
		ref, ok := m.selfOf(m.kind("channel"), self).(*channelRef)
		if ok && text == lua.LString(ref.url("")) {
			c.self, c.args = ref, c.args[2:]
			return cmd.run(c, onChannel)
		}
		if _, ok := self.(*lua.LUserData); ok {
			raiseMisuse(c.L, "attempt to call the string %s: a field is written without brackets", describe(text))
		}
		raiseMisuse(c.L, "attempt to call the string %s", describe(text))
		return 0
	}))
}

package luaapi

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

var channelsCommands = []command{{
	name: "channels", aliases: []string{"get_channels"},
	result: "list of {id, name, enabled, online, stream, ptz}",
	doc:    "asks the device for its channels; each can be used as a channel: for _, ch in ipairs(dev:channels()) do ch:snapshot() end",
	fn:     listChannels,
}}

func listChannels(c *call) int {
	list, _, err := c.deviceChannels(c.dev, 0)
	if err != nil {
		c.raise(err)
	}
	t := c.L.CreateTable(len(list), 0)
	for _, ch := range list {
		t.Append(c.listed(ch))
	}
	return c.push(t)
}

// listedKey holds the channel of a listed one, in its metatable.
const listedKey = "hik channel"

// listed is a table with what the device said, which serves as a channel too.
func (c *call) listed(ch isapi.Channel) *lua.LTable {
	ref := &channelRef{dev: c.dev, id: ch.ID}
	name := ch.Name
	if known, ok := ref.site(); ok && known.Name != "" {
		name = known.Name
	}
	t := c.L.CreateTable(0, 0)
	t.RawSetString("id", lua.LNumber(ch.ID))
	t.RawSetString("name", lua.LString(name))
	t.RawSetString("enabled", lua.LBool(ch.Enabled))
	if ch.Online != nil {
		t.RawSetString("online", lua.LBool(*ch.Online))
	}
	t.RawSetString("stream", lua.LNumber(ch.Stream))
	t.RawSetString("ptz", lua.LBool(ch.PTZ))

	mt := c.L.CreateTable(0, 0)
	mt.RawSetString(listedKey, c.m.object("channel", ref))
	mt.RawSetString("__metatable", lua.LString("hik channel"))
	k := c.m.kind("channel")
	mt.RawSetString("__index", c.m.bind("channel", func(c *call) int {
		if key := keyText(c.arg(1)); key == "online" {
			c.L.Push(lua.LNil) // the device does not say
			return 1
		}
		return c.push(c.m.member(c.L, k, ref, c.arg(1)))
	}))
	mt.RawSetString("__tostring", c.L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(ref.String()))
		return 1
	}))
	mt.RawSetString("__concat", c.L.NewFunction(concat))
	t.Metatable = mt
	return t
}

// isListed reports whether listed made a table.
func isListed(t *lua.LTable) bool {
	mt, ok := t.Metatable.(*lua.LTable)
	return ok && mt.RawGetString(listedKey) != lua.LNil
}

// listedChannel is the channel behind a table that listed made, or nil.
func (m *module) listedChannel(t *lua.LTable) any {
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		return nil
	}
	if ud, ok := mt.RawGetString(listedKey).(*lua.LUserData); ok {
		return ud.Value
	}
	return nil
}

package luaapi

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// channelRef is a channel of a device as a script named it. It is shared by
// all copies of the Lua object.
type channelRef struct {
	dev  Device
	id   int    // 0: not looked up yet
	name string // as the script wrote it; "" for a number, or the only one
}

var channelFields = []entry{
	{name: "id", result: "number", doc: "its number, from 1",
		get: func(m *module, L *lua.LState, self any) lua.LValue {
			return lua.LNumber(m.resolved(L, self).id)
		}},
	{name: "name", result: "string", doc: "its name in site.yaml, else the name the script used, else its number",
		get: func(m *module, L *lua.LState, self any) lua.LValue {
			ref := self.(*channelRef)
			if known, ok := ref.site(); ok && known.Name != "" {
				return lua.LString(known.Name)
			}
			if ref.name == "" {
				return lua.LString(itoa(m.resolved(L, self).id))
			}
			return lua.LString(ref.name)
		}},
	{name: "device", result: "device", doc: "the device it belongs to",
		get: func(m *module, _ *lua.LState, self any) lua.LValue {
			return m.deviceObject(self.(*channelRef).dev)
		}},
	{name: streamURLName, result: "string", doc: "the address for live preview, without password; ch:stream_url{stream = ...} gives that of a stream",
		get: func(m *module, L *lua.LState, self any) lua.LValue {
			return lua.LString(m.resolved(L, self).url(""))
		}},
}

// String is "gate/yard", or "gate/1" for a channel without a name.
func (r *channelRef) String() string {
	if known, ok := r.site(); ok && known.Name != "" {
		return r.dev.Name() + "/" + known.Name
	}
	switch {
	case r.name != "":
		return r.dev.Name() + "/" + r.name
	case r.id == 0:
		return r.dev.Name() + "/?"
	}
	return fmt.Sprintf("%s/%d", r.dev.Name(), r.id)
}

func (r *channelRef) same(other *channelRef) bool {
	return r.dev == other.dev && r.id == other.id && (r.id != 0 || r.name == other.name)
}

// site is what site.yaml says of the channel.
func (r *channelRef) site() (Channel, bool) {
	for _, known := range r.dev.Channels() {
		if r.id != 0 && known.ID == r.id {
			return known, true
		}
	}
	return Channel{}, false
}

// stream is the stream that site.yaml chose for the channel.
func (r *channelRef) stream() isapi.Stream {
	known, _ := r.site()
	return known.Stream
}

// resolved is the channel of a field's owner, looked up.
func (m *module) resolved(L *lua.LState, self any) *channelRef {
	ref := self.(*channelRef)
	if ref.id == 0 {
		c := &call{L: L, m: m, name: "channel", dev: ref.dev}
		c.resolve(ref)
	}
	return ref
}

// channel is the number of the channel that the command is for.
func (c *call) channel() int {
	if c.target.id == 0 {
		c.resolve(c.target)
	}
	return c.target.id
}

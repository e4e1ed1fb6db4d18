package luaapi

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// Outline is what is known of a value without running Lua, for completion at the REPL.
type Outline struct {
	// Owner is whose names it has in API: "hik.log", "channel"; "": of none.
	Owner string `json:"owner,omitempty"`
	// Device and Channel are what a device or a channel is called, as a command takes it. Channel is 0 for the only
	// one of a device, if it was not looked up yet.
	Device  string `json:"device,omitempty"`
	Channel any    `json:"channel,omitempty"`
	// Keys are the names in a table, sorted.
	Keys []string `json:"keys,omitempty"`
	// Items is what the first item of a list is; nil: it is none.
	Items *Outline `json:"items,omitempty"`
}

// maxOutlined is how many lists inside each other are looked into. A list may be inside itself.
const maxOutlined = 10

// OutlineOf looks at a value. Called by the holder of the lock of L.
func OutlineOf(L *lua.LState, v lua.LValue) Outline { return outlineOf(L, v, 0) }

func outlineOf(L *lua.LState, v lua.LValue, depth int) Outline {
	var d Outline
	switch v := v.(type) {
	case *lua.LTable:
		d.Keys = textKeys(content(v))
		switch m := moduleOf(L); {
		case m == nil:
		case m.listedChannel(v) != nil:
			d.ofObject(m.listedChannel(v))
		default:
			d.Owner = m.libraryNamed(v)
		}
		if first := v.RawGetInt(1); first != lua.LNil && depth < maxOutlined {
			item := outlineOf(L, first, depth+1)
			d.Items = &item
		}
	case *lua.LUserData:
		d.ofObject(v.Value)
	}
	return d
}

func (d *Outline) ofObject(v any) {
	switch o := v.(type) {
	case Device:
		d.Owner, d.Device = "device", o.Name()
	case *channelRef:
		d.Owner, d.Device, d.Channel = "channel", o.dev.Name(), o.id
		if known, ok := o.site(); ok && known.Name != "" {
			d.Channel = known.Name
		} else if o.id == 0 && o.name != "" {
			d.Channel = o.name
		}
	case *snapshot:
		d.Owner = "snapshot"
	case *jobObject:
		d.Owner = "job"
	case *taskObject:
		d.Owner = "task"
	}
}

// libraryNamed is the name of the library that a table is; "": it is none.
func (m *module) libraryNamed(t *lua.LTable) string {
	for name, library := range m.libraries {
		if library == t {
			return name
		}
	}
	return ""
}

func textKeys(t *lua.LTable) []string {
	var keys []string
	t.ForEach(func(key, _ lua.LValue) {
		if name, ok := key.(lua.LString); ok && sandbox.IsName(string(name)) {
			keys = append(keys, string(name))
		}
	})
	slices.Sort(keys)
	return keys
}

// Picture gives the picture of a snapshot; nil for any other value. It raises if the picture can't be read.
func Picture(L *lua.LState, v lua.LValue) []byte {
	ud, _ := v.(*lua.LUserData)
	if ud == nil {
		return nil
	}
	if s, ok := ud.Value.(*snapshot); ok {
		return moduleOf(L).picture(L, s)
	}
	return nil
}

// DeviceObject is a device of the site as scripts see it; nil if there is none of that name.
func DeviceObject(L *lua.LState, name string) lua.LValue {
	m := moduleOf(L)
	d, err := m.script.Device(name)
	if err != nil {
		return lua.LNil
	}
	return m.deviceObject(d)
}

// Content is the table that holds t's values: t itself, or what is behind it if t is read-only, as hik.vars is.
func Content(t *lua.LTable) *lua.LTable { return content(t) }

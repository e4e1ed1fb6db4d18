package luaapi

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

var deviceFunctions = []entry{
	{
		name: "device", args: "name", result: "device",
		doc: "the device of that name in site.yaml; with a table {ip=, username=, password=, ...} one that is not in it, keys as in site.yaml",
		fn:  findDevice,
	},
	{
		name: "devices", result: "list of devices",
		doc: "the devices of site.yaml, in its order",
		fn:  listDevices,
	},
}

var deviceFields = []entry{
	{name: "name", result: "string", doc: "its name in site.yaml",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(Device).Name()) }},
	{name: "state", result: "string", doc: "unknown, online, offline, unauthorized, locked, or elsewhere (another host of the cluster drives it)",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(Device).State()) }},
	{name: "events", result: "string", doc: "its event stream: flowing, stale (silent or lost, nothing is known) or off (nobody listens)",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(Device).Events()) }},
}

var deviceMethods = []entry{
	{
		name: "channel", args: "[channel]", result: "channel",
		doc: "a channel by number or name; left out, the only one",
		fn:  deviceChannel,
	},
}

func findDevice(c *call) int {
	c.atMost(1)
	t, ok := c.arg(0).(*lua.LTable)
	if !ok {
		return c.push(c.m.deviceObject(c.device(c.arg(0))))
	}
	spec, err := newCopier(c.L, "device", "a device is described by").copy(t)
	if err != nil {
		c.misuse("%v", err)
	}
	keys, ok := yamlValue(spec).(map[string]any)
	if !ok {
		c.misuse("a device is given by name, or by a table {ip=, username=, password=}")
	}
	dev, err := c.m.script.OpenDevice(keys)
	if err != nil {
		c.refuse(err)
	}
	return c.push(c.m.deviceObject(dev))
}

// yamlValue turns a copied table into a list or a map, as a YAML file would hold it.
func yamlValue(v any) any {
	m, ok := v.(map[any]any)
	if !ok {
		return v
	}
	list := make([]any, 0, len(m))
	for i := 1.0; m[i] != nil; i++ {
		list = append(list, yamlValue(m[i]))
	}
	if len(m) > 0 && len(list) == len(m) {
		return list
	}
	all := make(map[string]any, len(m))
	for key, value := range m {
		all[fmt.Sprint(key)] = yamlValue(value)
	}
	return all
}

func listDevices(c *call) int {
	c.atMost(0)
	t := c.L.CreateTable(0, 0)
	for _, dev := range c.m.script.Devices() {
		t.Append(c.m.deviceObject(dev))
	}
	return c.push(t)
}

func deviceChannel(c *call) int {
	c.atMost(1)
	c.dev = c.self.(Device)
	ref := &channelRef{dev: c.dev}
	if v := c.arg(0); v != lua.LNil {
		ref = c.channelRef(v)
	}
	// While the script loads, the device can't be asked for its own names: the
	// channel is then looked up when it is first used.
	if ref.id == 0 && (!TaskOf(c.L).Loading() || c.siteDecides(ref)) {
		c.resolve(ref)
	}
	return c.push(c.m.object("channel", ref))
}

// device is the device that v is or names.
func (c *call) device(v lua.LValue) Device {
	switch v := v.(type) {
	case *lua.LUserData:
		if dev, ok := v.Value.(Device); ok {
			return dev
		}
	case lua.LString:
		dev, err := c.m.script.Device(string(v))
		if err != nil {
			c.refuse(err)
		}
		return dev
	}
	c.wrong("the device", "a device or its name", v)
	return nil
}

// deviceObject is the one object that a script has for dev.
func (m *module) deviceObject(dev Device) *lua.LUserData {
	ud := m.devices[dev]
	if ud == nil {
		ud = m.object("device", dev)
		m.devices[dev] = ud
	}
	return ud
}

package luaapi

import (
	"encoding/json"
	"log/slog"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// testPlace is a device, or one of its channels: "gate", "gate/yard", "gate/2".
func (c *call) testPlace(i int) (device string, channel int) {
	if ref, ok := c.m.selfOf(c.m.kind("channel"), c.arg(i)).(*channelRef); ok {
		if ref.id == 0 {
			c.misuse("%s has no channel %q in site.yaml", ref.dev.Name(), ref.name)
		}
		return ref.dev.Name(), ref.id
	}
	if dev, ok := c.m.selfOf(c.m.kind("device"), c.arg(i)).(Device); ok {
		return dev.Name(), 0
	}
	device, name, of := strings.Cut(c.text(i, "the device"), "/")
	dev, err := c.m.script.Device(device)
	if err != nil {
		c.refuse(err)
	}
	if of {
		c.dev = dev
		if channel = c.channelRef(lua.LString(name)).id; channel == 0 {
			c.misuse("%s has no channel %q in site.yaml", device, name)
		}
	}
	return device, channel
}

// testCommands are the commands to the place that is the first argument; to
// all devices without one.
func (c *call) testCommands() []TestCommand {
	all := c.tester().Commands()
	if c.arg(0) == lua.LNil {
		return all
	}
	device, channel := c.testPlace(0)
	var list []TestCommand
	for _, cmd := range all {
		if cmd.Device == device && (channel == 0 || cmd.Channel == channel) {
			list = append(list, cmd)
		}
	}
	return list
}

// text is the command as the journal shows it.
func (cmd TestCommand) text() string {
	text := strings.TrimSpace(cmd.What + " " + cmd.Detail)
	if cmd.Name != "" {
		text += " (" + cmd.Name + ")"
	}
	return text
}

// fieldValue is a field of a log line as the script gave it; a table is JSON.
func fieldValue(v slog.Value) lua.LValue {
	switch v.Kind() {
	case slog.KindBool:
		return lua.LBool(v.Bool())
	case slog.KindInt64:
		return lua.LNumber(v.Int64())
	}
	if n, ok := v.Any().(json.Number); ok {
		if f, err := n.Float64(); err == nil {
			return lua.LNumber(f)
		}
	}
	return lua.LString(v.String())
}

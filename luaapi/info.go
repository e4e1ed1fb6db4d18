package luaapi

import "github.com/hiklua/hiklua/isapi"

var infoCommands = []command{{
	name: "info", aliases: []string{"get_device_info"},
	result: "{model, name, serial, firmware, mac, type, raw}",
	doc:    "what the device says of itself; raw is its whole answer",
	fn:     deviceInfo,
}}

func deviceInfo(c *call) int {
	info := ask(c, (*isapi.Client).DeviceInfo)
	t := c.L.CreateTable(0, 0)
	setText(t, "model", info.Model)
	setText(t, "name", info.Name)
	setText(t, "serial", info.Serial)
	setText(t, "firmware", info.Firmware)
	setText(t, "mac", info.MAC)
	setText(t, "type", info.Type)
	setText(t, "raw", info.Raw)
	return c.push(t)
}

package luaapi

import (
	"context"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

var positionCommands = []command{
	{
		name: "ptz_relative", channel: true, head: true, args: "{pan=, tilt=, zoom=}",
		options: []Option{
			{Name: "pan", Type: "number", Min: -360, Max: 360, Doc: "degrees to the right"},
			{Name: "tilt", Type: "number", Min: -180, Max: 180, Doc: "degrees up"},
			{Name: "zoom", Type: "number", Min: -1000, Max: 1000, Doc: "steps of one zoom factor"},
		},
		doc: "moves the head by so much; kind unsupported on a head that does not tell its position",
		fn: func(c *call) int {
			o := c.axes()
			by := isapi.Offset{Pan: o.number("pan"), Tilt: o.number("tilt"), Zoom: o.number("zoom")}
			channel := c.channel()
			c.doHead(fmt.Sprintf("%+g %+g %+g", by.Pan, by.Tilt, by.Zoom), func(ctx context.Context, client *isapi.Client) error {
				return client.RelativeMove(ctx, channel, by)
			})
			return 0
		},
	},
	{
		name: "ptz_absolute", channel: true, head: true, args: "{pan=, tilt=, zoom=}",
		options: []Option{
			{Name: "pan", Type: "number", Min: 0, Max: 360, Doc: "degrees to the right of the device's zero"},
			{Name: "tilt", Type: "number", Min: -90, Max: 90, Doc: "degrees, up is positive"},
			{Name: "zoom", Type: "number", Min: 1, Max: 1000, Doc: "factor"},
		},
		doc: "moves the head there; an axis that is left out stays",
		fn: func(c *call) int {
			o := c.axes()
			var to isapi.Target
			for name, axis := range map[string]**float64{"pan": &to.Pan, "tilt": &to.Tilt, "zoom": &to.Zoom} {
				if o.given(name) {
					v := o.number(name)
					*axis = &v
				}
			}
			channel := c.channel()
			c.doHead(axisText(to.Pan)+" "+axisText(to.Tilt)+" "+axisText(to.Zoom), func(ctx context.Context, client *isapi.Client) error {
				return client.AbsoluteMove(ctx, channel, to)
			})
			return 0
		},
	},
	{
		name: "ptz_status", channel: true, head: true, result: "{pan, tilt, zoom}",
		doc: "where the head looks: degrees 0-360, degrees with up positive, zoom factor",
		fn: func(c *call) int {
			t := c.L.CreateTable(0, 0)
			setPose(t, *askChannel(c, (*isapi.Client).PTZStatus))
			return c.push(t)
		},
	},
	{
		name: "ptz_home", channel: true, head: true, doc: "turns the head to its home position",
		fn: func(c *call) int {
			channel := c.channel()
			c.doHead("", func(ctx context.Context, client *isapi.Client) error { return client.GotoHome(ctx, channel) })
			return 0
		},
	},
	{
		name: "set_home", channel: true, head: true, doc: "makes home of where the head looks",
		fn: func(c *call) int {
			channel := c.channel()
			c.do("", func(ctx context.Context, client *isapi.Client) error { return client.SetHome(ctx, channel) })
			return 0
		},
	},
	{
		name: "ptz_capabilities", channel: true, head: true,
		result: "{position, pan, tilt, zoom, max_presets, max_patrols, max_patterns, preset_names, special, wiper, park, position3d}",
		doc:    "what this head can do; pan, tilt and zoom are {min, max}, special lists the presets that are functions of the device",
		fn:     ptzCapabilities,
	},
}

// axes are the options of a command that wants at least one axis.
func (c *call) axes() options {
	o := c.options(0, c.cmd.options)
	if !o.given("pan") && !o.given("tilt") && !o.given("zoom") {
		c.misuse("give at least one of pan=, tilt=, zoom=")
	}
	return o
}

func axisText(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%g", *v)
}

func setPose(t *lua.LTable, p isapi.Pose) {
	t.RawSetString("pan", lua.LNumber(p.Pan))
	t.RawSetString("tilt", lua.LNumber(p.Tilt))
	t.RawSetString("zoom", lua.LNumber(p.Zoom))
}

func ptzCapabilities(c *call) int {
	caps := askChannel(c, (*isapi.Client).PTZCapabilities)
	special := []any{}
	for _, id := range caps.Special {
		special = append(special, id)
	}
	all := map[string]any{
		"position": caps.Position, "preset_names": caps.PresetNames, "special": special,
		"wiper": caps.Wiper, "park": caps.Park, "position3d": caps.Position3D,
	}
	for name, r := range map[string]isapi.Range{"pan": caps.Pan, "tilt": caps.Tilt, "zoom": caps.Zoom} {
		if r != (isapi.Range{}) {
			all[name] = map[string]any{"min": r.Min, "max": r.Max}
		}
	}
	for name, n := range map[string]int{"max_presets": caps.MaxPresets, "max_patrols": caps.MaxPatrols, "max_patterns": caps.MaxPatterns} {
		if n > 0 {
			all[name] = n
		}
	}
	return c.push(toLua(c.L, all))
}

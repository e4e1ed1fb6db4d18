package luaapi

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

var timeCommands = []command{
	{
		name: "time", result: "{time, ahead, mode, zone}",
		doc: "the device's clock: time as hik.now() has it, ahead in seconds (negative: behind), mode NTP or manual",
		fn:  deviceTime,
	},
	{
		name: "set_time", args: "[time]", values: 1,
		doc: "sets the device's clock, to now if no time is given; a device that follows NTP stops doing so",
		fn: func(c *call) int {
			clk := c.m.script.Clock()
			var to time.Time
			if v := c.arg(0); v != lua.LNil {
				to = fromSeconds(c.number(v, "the time", 946684800, 4102444800)) // years 2000 to 2100
			}
			c.do("", func(ctx context.Context, client *isapi.Client) error {
				if to.IsZero() {
					return client.SetTime(ctx, clk.Now()) // now that it is our turn
				}
				return client.SetTime(ctx, to)
			})
			return 0
		},
	},
	{
		name: "reboot", doc: "restarts the device",
		fn: func(c *call) int {
			c.do("", func(ctx context.Context, client *isapi.Client) error { return client.Reboot(ctx) })
			return 0
		},
	},
}

func deviceTime(c *call) int {
	clk := c.m.script.Clock()
	var dt *isapi.DeviceTime
	var ahead time.Duration
	c.do("", func(ctx context.Context, client *isapi.Client) (err error) {
		if dt, err = client.Time(ctx); err == nil {
			ahead = dt.Ahead(clk.Now())
		}
		return err
	})
	t := c.L.CreateTable(0, 0)
	t.RawSetString("time", seconds(dt.Time))
	t.RawSetString("ahead", lua.LNumber(ahead.Seconds()))
	setText(t, "mode", dt.Mode)
	setText(t, "zone", dt.Zone)
	return c.push(t)
}

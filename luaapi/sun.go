package luaapi

import (
	"time"

	lua "github.com/yuin/gopher-lua"
)

var sunFunctions = []entry{{
	name: "sun", args: "[date]", result: "{sunrise, sunset, up}",
	doc: `when the sun rises and sets at the site's location on a date: today, that of a time as hik.now() has it, or one like "2026-06-21"; where it does neither, up is true (it stays up) or false (it stays down)`,
	fn:  sun,
}}

func sun(c *call) int {
	c.atMost(1)
	times, err := c.m.script.Sun(c.date(0))
	if err != nil {
		c.refuse(err)
	}
	t := c.L.CreateTable(0, 3)
	for key, at := range map[string]time.Time{"sunrise": times.Rise, "sunset": times.Set} {
		if !at.IsZero() {
			t.RawSetString(key, seconds(at))
		}
	}
	if times.AlwaysUp || times.AlwaysDown {
		t.RawSetString("up", lua.LBool(times.AlwaysUp))
	}
	return c.push(t)
}

// date is a day in the site's zone; without an argument, today.
func (c *call) date(i int) time.Time {
	zone := c.m.script.Location()
	v := c.arg(i)
	if v == lua.LNil {
		return c.m.script.Clock().Now().In(zone)
	}
	switch v := v.(type) {
	case lua.LString:
		// At noon: midnight is skipped in some zones on some days.
		day, err := time.ParseInLocation(time.DateOnly+" 15", string(v)+" 12", zone)
		if err == nil {
			return day
		}
	case lua.LNumber:
		if v >= minTime && v <= maxTime {
			return fromSeconds(float64(v)).In(zone)
		}
	}
	c.wrong("the date", `seconds since 1970, or text like "2026-06-21"`, v)
	return time.Time{}
}

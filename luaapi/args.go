package luaapi

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// arg is the argument at i, from 0; nil where there is none.
func (c *call) arg(i int) lua.LValue {
	if i < len(c.args) {
		return c.args[i]
	}
	return lua.LNil
}

// atMost refuses arguments after the first n; nil is none.
func (c *call) atMost(n int) {
	for _, v := range c.args[min(n, len(c.args)):] {
		if v != lua.LNil {
			c.misuse("too many arguments: %s is one more than it takes", describe(v))
		}
	}
}

// text is a string argument; a number counts as its digits.
func (c *call) text(i int, what string) string {
	v := c.arg(i)
	if !lua.LVCanConvToString(v) {
		c.wrong(what, "a string", v)
	}
	return sandbox.Text(v)
}

// bool is true or false, nothing else: "off" would be true.
func (c *call) bool(i int, what string) bool {
	v, ok := c.arg(i).(lua.LBool)
	if !ok {
		c.wrong(what, "true or false", c.arg(i))
	}
	return bool(v)
}

// integer is a whole number of a range.
func (c *call) integer(i int, what string, lo, hi int) int {
	return c.wholeNumber(c.arg(i), what, lo, hi)
}

func (c *call) wholeNumber(v lua.LValue, what string, lo, hi int) int {
	want := fmt.Sprintf("a whole number, %d to %d", lo, hi)
	f, ok := toNumber(v)
	if !ok || f != math.Trunc(f) || f < float64(lo) || f > float64(hi) {
		c.wrong(what, want, v)
	}
	return int(f)
}

// number is a finite number of a range.
func (c *call) number(v lua.LValue, what string, lo, hi float64) float64 {
	f, ok := toNumber(v)
	if !ok || math.IsNaN(f) || f < lo || f > hi {
		c.wrong(what, "a number, "+sandbox.NumberText(lua.LNumber(lo))+" to "+sandbox.NumberText(lua.LNumber(hi)), v)
	}
	return f
}

// toNumber takes numbers and strings that read as one, as Lua's arithmetic does.
func toNumber(v lua.LValue) (float64, bool) {
	n, ok := sandbox.ToNumber(v)
	return float64(n), ok
}

// duration is a number of seconds or a string such as "1m30s".
func (c *call) duration(v lua.LValue, what string) time.Duration {
	var d time.Duration
	var err error
	switch v := v.(type) {
	case lua.LNumber:
		d, err = durationOf(float64(v))
	case lua.LString:
		d, err = clock.ParseDuration(string(v))
	default:
		c.wrong(what, `a duration: seconds, or a string such as "1m30s"`, v)
	}
	if err != nil {
		c.misuse("%s: %v", what, err)
	}
	return d
}

// moment is a time: seconds since 1970, a date with or without a time of day in
// the site's zone, or how long ago it was.
func (c *call) moment(v lua.LValue, what string) time.Time {
	switch v := v.(type) {
	case lua.LNumber:
		return fromSeconds(c.number(v, what, minTime, maxTime))
	case lua.LString:
		if t, err := clock.ParseTime(string(v), c.m.script.Location()); err == nil {
			return t
		}
		if d, err := clock.ParseAge(string(v)); err == nil {
			return c.m.script.Clock().Now().Add(-d)
		}
	}
	c.wrong(what, `a time: as hik.now() has it, "2026-03-28 06:00", or how long ago, such as "2h"`, v)
	return time.Time{}
}

// durationOf refuses seconds that are no length of time.
func durationOf(seconds float64) (time.Duration, error) {
	switch {
	case math.IsNaN(seconds) || math.IsInf(seconds, 0):
		return 0, fmt.Errorf("%v is not a duration", seconds)
	case seconds < 0:
		return 0, fmt.Errorf("a duration can't be negative (%v)", seconds)
	case seconds > clock.MaxDuration.Seconds():
		return 0, fmt.Errorf("%v seconds are longer than 100 years", seconds)
	}
	return time.Duration(math.Round(seconds * float64(time.Second))), nil
}

func (c *call) function(i int, what string) *lua.LFunction {
	f, ok := c.arg(i).(*lua.LFunction)
	if !ok {
		c.wrong(what, "a function", c.arg(i))
	}
	return f
}

// wrong raises: what must be want.
func (c *call) wrong(what, want string, got lua.LValue) {
	if got == lua.LNil {
		c.misuse("%s is missing; it must be %s", what, want)
	}
	c.misuse("%s must be %s, not %s", what, want, describe(got))
}

// describe names a value in an error.
func describe(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LNilType:
		return "nil"
	case lua.LString:
		return strconv.Quote(shorten(string(v), 60))
	case lua.LNumber, lua.LBool:
		return sandbox.Text(v)
	case *lua.LUserData:
		if mt, ok := v.Metatable.(*lua.LTable); ok {
			if name, ok := mt.RawGetString("__metatable").(lua.LString); ok {
				return "a " + strings.TrimPrefix(string(name), "hik ")
			}
		}
	}
	return "a " + v.Type().String()
}

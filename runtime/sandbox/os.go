package sandbox

import (
	"math"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// openOS gives what of os does not reach the machine.
func (s *state) openOS(L *lua.LState) {
	mod := L.CreateTable(0, 16)
	setFuncs(L, mod, map[string]lua.LGFunction{
		"time": s.osTime, "date": s.osDate,
		"clock": func(L *lua.LState) int {
			return one(L, lua.LNumber(s.Compute().Seconds()))
		},
		"difftime": func(L *lua.LState) int {
			other := lua.LNumber(0)
			if L.Get(2) != lua.LNil {
				other = number(L, 2)
			}
			return one(L, number(L, 1)-other)
		},
		"getenv": func(L *lua.LState) int {
			if v, ok := s.Getenv(checkText(L, 1)); ok {
				L.Push(lua.LString(v))
			} else {
				L.Push(lua.LNil)
			}
			return 1
		},
	})
	L.SetGlobal("os", mod)
}

func (s *state) osTime(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return one(L, lua.LNumber(s.Now().Unix()))
	}
	t := checkTable(L, 1)
	field := func(name string, def int) int {
		v, ok := t.RawGetString(name).(lua.LNumber)
		if str, isString := t.RawGetString(name).(lua.LString); isString {
			v, ok = parseNumber(string(str))
		}
		switch {
		case ok && math.Abs(float64(v)) > 1e9:
			raisef(L, "field '%s' is out of range", name)
		case ok:
			return int(v)
		case def < 0:
			raisef(L, "field '%s' missing in date table", name)
		}
		return def
	}
	sec, min, hour := field("sec", 0), field("min", 0), field("hour", 12) // the first that is wrong is named, in this order
	day, month, year := field("day", -1), field("month", -1), field("year", -1)
	wall := time.Date(year, time.Month(month), day, hour, min, sec, 0, time.UTC).Unix()
	var dst *bool
	if v, ok := t.RawGetString("isdst").(lua.LBool); ok {
		b := bool(v)
		dst = &b
	}
	return one(L, lua.LNumber(instant(wall, s.Location, dst)))
}

// instant gives the Unix time at which clocks in zone show wall (seconds as if it were UTC), as mktime does: an hour that
// clocks skip is counted on from before the gap; of an hour that comes twice the first is meant, unless dst tells;
// a dst that contradicts the zone moves the result by an hour.
func instant(wall int64, zone *time.Location, dst *bool) int64 {
	before, after := offsetAt(wall-86400, zone), offsetAt(wall+86400, zone)
	first, second := wall-before, wall-after
	fits1, fits2 := offsetAt(first, zone) == before, offsetAt(second, zone) == after
	u := first
	if !fits1 && fits2 {
		u = second
	}
	if dst == nil || time.Unix(u, 0).In(zone).IsDST() == *dst {
		return u
	}
	if fits1 && fits2 && time.Unix(second, 0).In(zone).IsDST() == *dst {
		return second
	}
	const halfYear = 182 * 86400
	if time.Unix(u-halfYear, 0).In(zone).IsDST() != *dst && time.Unix(u+halfYear, 0).In(zone).IsDST() != *dst {
		return u // a zone without summer time
	}
	if *dst {
		return u - 3600
	}
	return u + 3600
}

func offsetAt(unix int64, zone *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return int64(offset)
}

func (s *state) osDate(L *lua.LState) int {
	format := "%c"
	if L.Get(1) != lua.LNil {
		format = checkText(L, 1)
	}
	t := s.Now()
	if L.Get(2) != lua.LNil {
		seconds := math.Floor(float64(number(L, 2)))
		if !(math.Abs(seconds) < 1e13) { // the year 318,857: beyond, no calendar means anything
			raisef(L, "time result cannot be represented")
		}
		t = time.Unix(int64(seconds), 0)
	}
	if rest, ok := strings.CutPrefix(format, "!"); ok {
		format, t = rest, t.UTC()
	} else {
		t = t.In(s.Location)
	}
	if format == "*t" {
		return one(L, DateTable(L, t))
	}
	var b strings.Builder
	strftime(&b, format, t)
	if b.Len() > maxString {
		tooLarge(L)
	}
	return one(L, lua.LString(b.String()))
}

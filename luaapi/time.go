package luaapi

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

const (
	minTime, maxTime = -62135596800, 253402300799 // years 1 to 9999
	maxDateFormat    = 1000
)

var timeFunctions = []entry{
	{
		name: "now", result: "number", doc: "the time in seconds since 1970, with fractions",
		fn: func(c *call) int {
			c.atMost(0)
			return c.push(seconds(c.m.script.Clock().Now()))
		},
	},
	{
		name: "date", args: "[format, [time]]", result: "string or table",
		doc: `a time (default: now) in the site's zone; format as os.date has it, with %L for milliseconds; default "%Y-%m-%d %H:%M:%S"; "*t" gives a table; "!" first: UTC`,
		fn:  date,
	},
}

func date(c *call) int {
	c.atMost(2)
	format := "%Y-%m-%d %H:%M:%S"
	if c.arg(0) != lua.LNil {
		format = c.text(0, "the format")
	}
	if len(format) > maxDateFormat {
		c.misuse("the format is longer than %d characters", maxDateFormat)
	}
	t := c.m.script.Clock().Now()
	if v := c.arg(1); v != lua.LNil {
		t = fromSeconds(c.number(v, "the time", minTime, maxTime))
	}
	zone := c.m.script.Location()
	if rest, found := strings.CutPrefix(format, "!"); found {
		format, zone = rest, time.UTC
	}
	t = t.In(zone)
	if strings.HasPrefix(format, "*t") {
		return c.push(sandbox.DateTable(c.L, t))
	}
	text, err := formatDate(format, t)
	if err != nil {
		c.misuse("%v", err)
	}
	return c.push(lua.LString(text))
}

func formatDate(format string, t time.Time) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(format, "%")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if after == "" {
			return "", fmt.Errorf("the format ends with %%; write %%%% for the sign itself")
		}
		letter := after[0]
		format = after[1:]
		if letter == 'L' {
			fmt.Fprintf(&b, "%03d", t.Nanosecond()/1e6)
			continue
		}
		field, ok := sandbox.DateField(letter, t)
		if !ok {
			return "", fmt.Errorf("the format has no %%%c", letter)
		}
		b.WriteString(field)
	}
}

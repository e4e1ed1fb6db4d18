package luaapi

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
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
			c.L.Push(seconds(c.m.script.Clock().Now()))
			return 1
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
		c.L.Push(dateTable(c.L, t))
		return 1
	}
	text, err := formatDate(format, t)
	if err != nil {
		c.misuse("%v", err)
	}
	c.L.Push(lua.LString(text))
	return 1
}

func dateTable(L *lua.LState, t time.Time) *lua.LTable {
	r := L.CreateTable(0, 0)
	for _, f := range []struct {
		name  string
		value int
	}{
		{"year", t.Year()}, {"month", int(t.Month())}, {"day", t.Day()},
		{"hour", t.Hour()}, {"min", t.Minute()}, {"sec", t.Second()},
		{"wday", int(t.Weekday()) + 1}, {"yday", t.YearDay()},
	} {
		r.RawSetString(f.name, lua.LNumber(f.value))
	}
	r.RawSetString("isdst", lua.LBool(t.IsDST()))
	return r
}

// dateLayouts are the letters of C's strftime as layouts of Go.
var dateLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January",
	'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06", 'e': "_2", 'F': "2006-01-02",
	'H': "15", 'I': "03", 'j': "002", 'L': "000", 'm': "01", 'M': "04", 'p': "PM",
	'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05",
	'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST",
}

func formatDate(format string, t time.Time) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		i++
		if i == len(format) {
			return "", fmt.Errorf("the format ends with %%; write %%%% for the sign itself")
		}
		switch letter := format[i]; letter {
		case '%':
			b.WriteByte('%')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 's':
			fmt.Fprint(&b, t.Unix())
		case 'w':
			fmt.Fprint(&b, int(t.Weekday()))
		case 'u':
			fmt.Fprint(&b, (int(t.Weekday())+6)%7+1)
		case 'C':
			fmt.Fprintf(&b, "%02d", t.Year()/100)
		case 'G', 'V':
			year, week := t.ISOWeek()
			if letter == 'G' {
				fmt.Fprintf(&b, "%04d", year)
			} else {
				fmt.Fprintf(&b, "%02d", week)
			}
		case 'L':
			fmt.Fprintf(&b, "%03d", t.Nanosecond()/1e6)
		default:
			layout, ok := dateLayouts[letter]
			if !ok {
				return "", fmt.Errorf("the format has no %%%c", letter)
			}
			b.WriteString(t.Format(layout))
		}
	}
	return b.String(), nil
}

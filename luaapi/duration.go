package luaapi

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// longest keeps the sum of a time and a duration within time.Time.
const longest = 100 * 365 * day

var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day,
}

// ParseDuration reads what site.yaml and scripts write: "90s", "1m30s", "2d",
// "500ms", "1.5h"; a bare number is seconds. There are no signs, and nothing
// is longer than 100 years. testdata/durations.txt has the cases.
func ParseDuration(text string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration (such as 90s, 1m30s, 2d)", text)
	var sum float64
	rest := text
	for first := true; first || rest != ""; first = false {
		number, after, err := leadingNumber(rest)
		if err != nil {
			return 0, bad
		}
		end := 0
		for end < len(after) && after[end] != '.' && (after[end] < '0' || after[end] > '9') {
			end++
		}
		unit, known := durationUnits[after[:end]]
		if end == 0 && first && after == "" {
			unit, known = time.Second, true
		}
		if !known {
			return 0, bad
		}
		sum += number * float64(unit)
		rest = after[end:]
	}
	if sum > float64(longest) {
		return 0, fmt.Errorf("%q is longer than 100 years", text)
	}
	return time.Duration(math.Round(sum)), nil
}

func leadingNumber(s string) (number float64, rest string, err error) {
	end := 0
	for end < len(s) && (s[end] == '.' || s[end] >= '0' && s[end] <= '9') {
		end++
	}
	number, err = strconv.ParseFloat(s[:end], 64)
	return number, s[end:], err
}

// FormatDuration is the way back: "1m30s", "2d", "500ms".
func FormatDuration(d time.Duration) string {
	if d < time.Millisecond {
		return d.String()
	}
	var b strings.Builder
	for _, name := range []string{"d", "h", "m", "s", "ms"} {
		unit := durationUnits[name]
		if n := d / unit; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, name)
			d -= n * unit
		}
	}
	return b.String()
}

// secondsToDuration refuses what is no length of time.
func secondsToDuration(seconds float64) (time.Duration, error) {
	switch {
	case math.IsNaN(seconds) || math.IsInf(seconds, 0):
		return 0, fmt.Errorf("%v is not a duration", seconds)
	case seconds < 0:
		return 0, fmt.Errorf("a duration can't be negative (%v)", seconds)
	case seconds > longest.Seconds():
		return 0, fmt.Errorf("%v seconds are longer than 100 years", seconds)
	}
	return time.Duration(math.Round(seconds * float64(time.Second))), nil
}

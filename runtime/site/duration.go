package site

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// maxDuration keeps every sum of a time and a duration inside time.Time's range.
const maxDuration = 100 * 365 * day

type unit struct {
	name string
	size time.Duration
}

var durationUnits = []unit{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", day}}

var ageUnits = append([]unit{{"w", 7 * day}, {"y", 365 * day}}, durationUnits...)

// ParseDuration reads "90s", "1m30s", "2d", "250ms"; a bare number is seconds.
// Units are ms, s, m, h and d. Decimals are allowed ("1.5h"), signs are not.
// The longest duration is 100 years.
func ParseDuration(text string) (time.Duration, error) {
	return parseDuration(text, time.Second, durationUnits)
}

func parseDuration(text string, bare time.Duration, units []unit) (time.Duration, error) {
	bad := fmt.Errorf("%s is not a duration (such as %s)", quoted(text), exampleDurations(units))
	rest := text
	var sum float64
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if digits < 0 {
			digits = len(rest)
		}
		number, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil {
			return 0, bad
		}
		rest = rest[digits:]
		size := bare
		if rest == "" {
			if digits != len(text) {
				return 0, bad // "1m30": is it seconds or a slip?
			}
		} else {
			letters := strings.IndexFunc(rest, func(r rune) bool { return r == '.' || (r >= '0' && r <= '9') })
			if letters < 0 {
				letters = len(rest)
			}
			if size = unitSize(rest[:letters], units); size == 0 {
				return 0, bad
			}
			rest = rest[letters:]
		}
		sum += number * float64(size)
	}
	if text == "" {
		return 0, bad
	}
	if sum > float64(maxDuration) {
		return 0, fmt.Errorf("%s is longer than 100 years", quoted(text))
	}
	return time.Duration(math.Round(sum)), nil
}

func unitSize(name string, units []unit) time.Duration {
	for _, u := range units {
		if u.name == name {
			return u.size
		}
	}
	return 0
}

func exampleDurations(units []unit) string {
	if len(units) > len(durationUnits) {
		return "12h, 30d, 8w, 1y"
	}
	return "90s, 1m30s, 2d"
}

// FormatDuration writes a duration the way site.yaml has it: "1m30s", "2d", "250ms".
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []unit{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.size
		}
	}
	if b.Len() == 0 {
		return d.String()
	}
	return b.String()
}

package clock

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// MaxDuration is the longest duration that a site or a script may name, 100 years: the sum of a time and a duration stays
// within time.Time.
const MaxDuration = 100 * 365 * day

type durationUnit struct {
	name string
	size time.Duration
}

// durationUnits are the units from the largest to the smallest, as FormatDuration writes them.
var durationUnits = []durationUnit{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

var ageUnits = append([]durationUnit{{"y", 365 * day}, {"w", 7 * day}}, durationUnits...)

// DurationError is a text that is no duration.
type DurationError struct {
	Text   string // as it was written
	Reason string // what is wrong, to stand behind the text: "is not a duration (such as 90s)"
}

func (e *DurationError) Error() string {
	text := []rune(e.Text)
	if len(text) > 60 {
		text = append(text[:57], '.', '.', '.')
	}
	return fmt.Sprintf("%q %s", string(text), e.Reason)
}

// ParseDuration reads a duration as site.yaml, scripts and flags have it: "90s", "1m30s", "2d", "250ms", "1.5h". A bare
// number is seconds, signs are refused. Every error is a *DurationError.
func ParseDuration(text string) (time.Duration, error) {
	return parseDuration(text, durationUnits, "90s, 1m30s, 2d")
}

// ParseAge reads how long something is kept: as ParseDuration, and in weeks and years of 365 days: "8w", "1y".
func ParseAge(text string) (time.Duration, error) {
	return parseDuration(text, ageUnits, "12h, 30d, 8w, 1y")
}

func parseDuration(text string, units []durationUnit, examples string) (time.Duration, error) {
	bad := &DurationError{text, "is not a duration (such as " + examples + ")"}
	number, unit, rest := cutDuration(text)
	if unit == "" && rest == "" {
		unit = "s"
	}
	var sum float64
	for {
		f, err := strconv.ParseFloat(number, 64)
		size := unitSize(unit, units)
		if err != nil || size == 0 { // "1m30": are these seconds, or was a letter forgotten?
			return 0, bad
		}
		sum += f * float64(size)
		if rest == "" {
			break
		}
		number, unit, rest = cutDuration(rest)
	}
	if sum > float64(MaxDuration) {
		return 0, &DurationError{text, "is longer than 100 years"}
	}
	return time.Duration(math.Round(sum)), nil
}

// cutDuration cuts "1m30s" into "1", "m" and "30s".
func cutDuration(text string) (number, unit, rest string) {
	inNumber := func(r rune) bool { return r == '.' || '0' <= r && r <= '9' }
	end := strings.IndexFunc(text, func(r rune) bool { return !inNumber(r) })
	if end < 0 {
		return text, "", ""
	}
	number, text = text[:end], text[end:]
	if end = strings.IndexFunc(text, inNumber); end < 0 {
		end = len(text)
	}
	return number, text[:end], text[end:]
}

func unitSize(name string, units []durationUnit) time.Duration {
	for _, u := range units {
		if u.name == name {
			return u.size
		}
	}
	return 0
}

// FormatDuration writes d as ParseDuration reads it: "1m30s", "2d", "250ms". What is below a millisecond is left out,
// unless that is all.
func FormatDuration(d time.Duration) string {
	if d < time.Millisecond {
		return d.String()
	}
	var b strings.Builder
	for _, u := range durationUnits {
		if n := d / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.size
		}
	}
	return b.String()
}

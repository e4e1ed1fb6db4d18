package schedule

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// moment is a time of day as people write it: a clock time, or the sun's with
// an offset.
type moment struct {
	kind   momentKind
	clock  time.Duration // since midnight, up to 24h
	offset time.Duration // from the sun's time
}

type momentKind int

const (
	clockTime momentKind = iota
	sunriseTime
	sunsetTime
)

const (
	momentForms = `such as "22:30", "sunset", "sunrise+1h", "sunset-15m"`
	maxOffset   = 12 * time.Hour
)

var (
	clockForm = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)
	sunForm   = regexp.MustCompile(`^(sunrise|sunset)(?:\s*([+-])\s*(.+))?$`)
)

// parseMoment reads one moment; problem says in a few words what is wrong.
func parseMoment(text string) (m moment, problem string) {
	text = strings.TrimSpace(text)
	if parts := clockForm.FindStringSubmatch(text); parts != nil {
		hour, _ := strconv.Atoi(parts[1])
		minute, _ := strconv.Atoi(parts[2])
		second, _ := strconv.Atoi("0" + parts[3])
		m.clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
		if minute > 59 || second > 59 || m.clock > 24*time.Hour {
			return m, "there is no such time of day (00:00 to 24:00)"
		}
		return m, ""
	}
	lower := strings.ToLower(text)
	if parts := sunForm.FindStringSubmatch(lower); parts != nil {
		m.kind = sunsetTime
		if parts[1] == "sunrise" {
			m.kind = sunriseTime
		}
		if parts[2] == "" {
			return m, ""
		}
		offset, err := time.ParseDuration(parts[3])
		switch {
		case err != nil || strings.ContainsAny(parts[3], "+-"):
			return m, "after + or - comes a time (such as sunset-15m, sunrise+1h30m)"
		case offset > maxOffset:
			return m, "an offset is at most 12h"
		}
		if parts[2] == "-" {
			offset = -offset
		}
		m.offset = offset
		return m, ""
	}
	switch word := strings.TrimRight(lower, "+-0123456789hms ."); {
	case nearSun(word) != "":
		return m, "did you mean \"" + nearSun(word) + "\"?"
	case strings.Trim(text, "0123456789") == "" && text != "":
		return m, "a time of day has a colon, " + momentForms
	}
	return m, "is not a time, " + momentForms
}

// nearSun finds the sun word that was meant.
func nearSun(word string) string {
	switch {
	case len(word) < 4 || len(word) > 9:
		return ""
	case strings.HasPrefix(word, "sunr"), strings.Contains(word, "rise"), word == "dawn":
		return "sunrise"
	case strings.HasPrefix(word, "suns"), strings.Contains(word, "set"), word == "dusk":
		return "sunset"
	}
	return ""
}

func (m moment) isSun() bool { return m.kind != clockTime }

func (m moment) word() string {
	if m.kind == sunriseTime {
		return "sunrise"
	}
	return "sunset"
}

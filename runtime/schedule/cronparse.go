package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cronField is one place of a cron line.
type cronField struct {
	name     string
	min, max int
	words    []string // of the first value on
	first    int
}

var cronFields = []cronField{
	{name: "second", max: 59},
	{name: "minute", max: 59},
	{name: "hour", max: 23},
	{name: "day of month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, first: 1, words: monthWords},
	{name: "day of week", max: 7, words: dayWords},
}

var (
	monthWords = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	dayWords   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

var cronNames = []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}

// cronLines are what cronNames stand for, in their order.
var cronLines = []string{"0 0 1 1 *", "0 0 1 1 *", "0 0 1 * *", "0 0 * * 0", "0 0 * * *", "0 0 * * *", "0 * * * *"}

// ParseCron reads a cron line: 5 fields, 6 with seconds first, or @hourly and
// the like, with CRON_TZ=ZONE or TZ=ZONE in front where zone does not count.
// Days of the week are 0-7 or sun-sat, and may wrap (fri-mon). Lines that never
// run ("0 0 30 2 *") are refused. The error is a *SpecError.
func ParseCron(spec string, zone *time.Location) (*Cron, error) {
	fail := func(field, format string, args ...any) (*Cron, error) {
		return nil, &SpecError{Spec: spec, Field: field, Message: fmt.Sprintf(format, args...)}
	}
	line := strings.TrimSpace(spec)
	if name, rest, found := cutZone(line); found {
		own, err := time.LoadLocation(name)
		if err != nil || name == "" || name == "Local" {
			return fail("TZ", "unknown zone %q (such as CRON_TZ=Europe/Berlin)", name)
		}
		line, zone = rest, own
	}
	switch {
	case line == "":
		return fail("", `is empty (5 fields: minute, hour, day of month, month, day of week)`)
	case strings.HasPrefix(line, "@every"):
		return fail("", `hik.every runs a job at an interval, such as hik.every("5m", fn)`)
	case strings.HasPrefix(line, "@"):
		i := slices.Index(cronNames, line)
		if i < 0 {
			return fail("", "unknown name (known: %s)", strings.Join(cronNames, ", "))
		}
		line = cronLines[i]
	}
	fields := strings.Fields(line)
	if len(fields) == 5 {
		fields = append([]string{"0"}, fields...)
	}
	if len(fields) != 6 {
		return fail("", "%d fields, due are 5 (minute, hour, day of month, month, day of week) or 6 (second first)", len(fields))
	}
	c := &Cron{spec: spec, zone: zone}
	for i, set := range []*uint64{&c.second, &c.minute, &c.hour, &c.day, &c.month, &c.weekday} {
		values, every, problem := cronFields[i].parse(fields[i])
		if problem != "" {
			return fail(cronFields[i].name, "%s", problem)
		}
		*set = values
		c.anyHour = c.anyHour || every && set == &c.hour
	}
	// A field that begins with a star leaves the days to the other field, as on Unix.
	c.both = isStar(fields[3]) || isStar(fields[5])
	if c.both && !c.everFires() {
		return fail("day of month", "that day never comes in that month")
	}
	return c, nil
}

func isStar(field string) bool { return strings.HasPrefix(field, "*") || strings.HasPrefix(field, "?") }

// cutZone takes the zone off the front.
func cutZone(line string) (zone, rest string, found bool) {
	after, found := strings.CutPrefix(line, "CRON_TZ=")
	if !found {
		if after, found = strings.CutPrefix(line, "TZ="); !found {
			return "", line, false
		}
	}
	end := strings.IndexAny(after, " \t")
	if end < 0 {
		return after, "", true
	}
	return after[:end], strings.TrimSpace(after[end:]), true
}

// parse reads a field as Unix does: 7 is Sunday, and days of the week may wrap. every reports whether a part of it is a
// star with no step.
func (f cronField) parse(text string) (values uint64, every bool, problem string) {
	week := f.max == 7
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		by := 1
		if stepped {
			var err error
			if by, err = strconv.Atoi(step); err != nil || by < 1 || step[0] == '+' {
				return 0, false, fmt.Sprintf("%q is not a step (such as */5)", part)
			} else if by > f.max {
				return 0, false, fmt.Sprintf("the step %d is longer than the field (%d to %d)", by, f.min, f.max)
			}
		}
		from, to := f.min, f.max
		if week {
			to = 6
		}
		if span == "*" || span == "?" {
			every = every || by == 1
		} else {
			low, high, ranged := strings.Cut(span, "-")
			if from, problem = f.value(low); problem == "" && ranged {
				to, problem = f.value(high)
			} else if !stepped {
				to = from
			}
			if problem != "" {
				return 0, false, problem
			}
		}
		switch {
		case from > to && week:
			to += 7
		case from > to:
			return 0, false, fmt.Sprintf("%q runs backwards: write %d-%d,%d-%d", part, from, f.max, f.min, to)
		}
		for n := from; n <= to; n += by {
			if week {
				values |= 1 << (n % 7)
			} else {
				values |= 1 << n
			}
		}
	}
	return values, every, ""
}

// value reads a number or a word of the field.
func (f cronField) value(text string) (int, string) {
	if i := slices.Index(f.words, strings.ToLower(text)); i >= 0 {
		return i + f.first, ""
	}
	if text == "" || strings.Trim(text, "0123456789") != "" {
		hint := fmt.Sprintf("%d to %d", f.min, f.max)
		if f.words != nil {
			hint += fmt.Sprintf(", or %s to %s", f.words[0], f.words[len(f.words)-1])
			if near := nearWord(text, f.words); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
		}
		return 0, fmt.Sprintf("%q is not a value (%s)", text, hint)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max {
		return 0, fmt.Sprintf("%s is outside %d to %d", text, f.min, f.max)
	}
	return n, ""
}

// nearWord finds the word of three letters that a longer one begins with, or
// that has two letters in their place, or all three in another order.
func nearWord(text string, words []string) string {
	text = strings.ToLower(text)
	if len(text) < 3 {
		return ""
	}
	best, bestScore := "", 1
	for _, w := range words {
		score := 0
		for i := range 3 {
			if text[i] == w[i] {
				score += 2
			} else if strings.IndexByte(text[:3], w[i]) >= 0 {
				score++
			}
		}
		if score > bestScore && score >= 4 {
			best, bestScore = w, score
		}
	}
	return best
}

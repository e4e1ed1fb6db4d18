package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
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

var cronParser = cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

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
		if !slices.Contains(cronNames, line) {
			return fail("", "unknown name (known: %s)", strings.Join(cronNames, ", "))
		}
		parsed, err := cronParser.Parse(line)
		if err != nil {
			return fail("", "%s", err)
		}
		c := newCron(spec, parsed.(*cron.SpecSchedule), zone)
		c.both = true
		return c, nil
	}
	fields := strings.Fields(line)
	if len(fields) == 5 {
		fields = append([]string{"0"}, fields...)
	}
	if len(fields) != 6 {
		return fail("", "%d fields, due are 5 (minute, hour, day of month, month, day of week) or 6 (second first)", len(fields))
	}
	for i, f := range cronFields {
		text, message := f.normal(fields[i])
		if message != "" {
			return fail(f.name, "%s", message)
		}
		fields[i] = text
	}
	parsed, err := cronParser.Parse(strings.Join(fields, " "))
	if err != nil {
		return fail("", "%s", err)
	}
	c := newCron(spec, parsed.(*cron.SpecSchedule), zone)
	// A field that begins with a star leaves the days to the other field, as on
	// Unix; robfig's star bit is not set for "*/2".
	c.both = isStar(fields[3]) || isStar(fields[5])
	if c.both && !c.everFires() {
		return fail("day of month", "that day never comes in that month")
	}
	return c, nil
}

func isStar(field string) bool { return strings.HasPrefix(field, "*") || strings.HasPrefix(field, "?") }

// cutZone takes the zone off the front. robfig's parser panics on "TZ=" alone.
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

// normal checks a field and writes it so that robfig's parser reads it as Unix
// does: 7 is Sunday, and days of the week may wrap.
func (f cronField) normal(text string) (normal, problem string) {
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		if stepped {
			if n, err := strconv.Atoi(step); err != nil || n < 1 || step[0] == '+' {
				return "", fmt.Sprintf("%q is not a step (such as */5)", part)
			} else if n > f.max {
				return "", fmt.Sprintf("the step %d is longer than the field (%d to %d)", n, f.min, f.max)
			}
		}
		if span == "*" || span == "?" {
			parts = append(parts, part)
			continue
		}
		low, high, ranged := strings.Cut(span, "-")
		from, problem := f.value(low)
		if problem != "" {
			return "", problem
		}
		to := from
		if ranged {
			if to, problem = f.value(high); problem != "" {
				return "", problem
			}
		} else if stepped {
			to = f.max
			if f.max == 7 {
				to = 6
			}
		}
		switch {
		case f.max == 7:
			parts = append(parts, weekdays(from, to, step)...)
			continue
		case from > to:
			return "", fmt.Sprintf("%q runs backwards: write %d-%d,%d-%d", part, from, f.max, f.min, to)
		case ranged || stepped:
			span = fmt.Sprintf("%d-%d", from, to)
		default:
			span = strconv.Itoa(from)
		}
		if stepped {
			span += "/" + step
		}
		parts = append(parts, span)
	}
	return strings.Join(parts, ","), ""
}

// weekdays lists the days from one to the other, over the end of the week if
// need be.
func weekdays(from, to int, step string) []string {
	by := 1
	if n, err := strconv.Atoi(step); err == nil {
		by = n
	}
	if to < from {
		to += 7
	}
	var days []string
	for d := from; d <= to; d += by {
		days = append(days, strconv.Itoa(d%7))
	}
	return days
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

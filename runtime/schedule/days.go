package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Days is a set of days of the week; the zero value is every day.
type Days struct {
	set  uint8
	text string // as it was written, in small letters without spaces
}

// ParseDays reads "mon-fri", "sat,sun", "fri-mon", "weekdays", "weekend" and
// names in full. The error is a *SpecError.
func ParseDays(text string) (Days, error) {
	d := Days{text: strings.Join(strings.Fields(strings.ToLower(text)), "")}
	for part := range strings.SplitSeq(strings.ToLower(text), ",") {
		part = strings.TrimSpace(part)
		switch part {
		case "weekdays", "weekday":
			part = "mon-fri"
		case "weekend", "weekends":
			part = "sat-sun"
		}
		low, high, ranged := strings.Cut(part, "-")
		from, problem := weekday(low)
		to := from
		if problem == "" && ranged {
			to, problem = weekday(high)
		}
		if problem != "" {
			return Days{}, &SpecError{Spec: text, Field: "days", Message: problem}
		}
		for n := from; ; n = (n + 1) % 7 {
			d.set |= 1 << n
			if n == to {
				break
			}
		}
	}
	return d, nil
}

func weekday(text string) (int, string) {
	text = strings.TrimSpace(text)
	for n := range 7 {
		if text == dayWords[n] || text == strings.ToLower(time.Weekday(n).String()) {
			return n, ""
		}
	}
	if near := nearWord(text, dayWords); near != "" {
		return 0, fmt.Sprintf("%q is not a day (did you mean %q?)", text, near)
	}
	return 0, fmt.Sprintf(`%q is not a day (such as "mon-fri", "sat,sun", "weekdays")`, text)
}

// Has reports whether a day belongs to the set.
func (d Days) Has(day time.Weekday) bool { return d.set == 0 || d.set&(1<<day) != 0 }

// All reports whether every day belongs to the set.
func (d Days) All() bool { return d.set == 0 || d.set == 1<<7-1 }

// String is the set as it was written: "mon-sat", "weekend".
func (d Days) String() string { return d.text }

package schedule

import (
	"strings"
	"testing"
	"time"
)

// FuzzParse: no text makes the parsers panic, every error is one line, and what
// parses gives runs that go forward and end.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"*/5 * * * *", "TZ=", "CRON_TZ=UTC 0 8 1-7 * mon", "@daily", "0 0 29 2 */7", "22:30", "sunset-15m",
		"2026-12-24 18:00", "22:00-06:00", "sunset+1h-sunrise-30m", "mon-fri", "fri-mon,wed", "? ? ? ? ? ?"} {
		f.Add(text)
	}
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from := time.Date(2026, 3, 28, 12, 0, 0, 0, z)
		check := func(s Schedule, err error) {
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("%q: not one line: %q", text, err)
				}
				return
			}
			last := from
			for _, run := range Preview(s, from, 5) {
				if !run.Time.After(last) {
					t.Errorf("%q: %v after %v", text, run.Time, last)
				}
				last = run.Time
			}
		}
		if c, err := ParseCron(text, z); err != nil {
			check(nil, err)
		} else {
			check(c, nil)
		}
		check(ParseAt(text, z, &berlinPlace))
		hourly, _ := ParseCron("0 * * * *", z)
		for _, option := range [][2]string{{text, ""}, {"", text}} {
			if filter, err := ParseFilter(option[0], option[1], z, &berlinPlace); err != nil {
				check(nil, err)
			} else {
				check(Restrict(hourly, filter), nil)
			}
		}
	})
}

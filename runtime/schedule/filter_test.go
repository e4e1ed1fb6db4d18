package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	for text, want := range map[string]string{
		"mon-fri": "mon tue wed thu fri", "weekdays": "mon tue wed thu fri", "sat,sun": "sun sat", "weekend": "sun sat", "fri-mon": "sun mon fri sat",
		" Mon , WED ": "mon wed", "monday-wednesday": "mon tue wed", "sun": "sun", "mon-sun": "sun mon tue wed thu fri sat", "mon-sat": "mon tue wed thu fri sat",
	} {
		d, err := ParseDays(text)
		var got []string
		for n, word := range dayWords {
			if d.Has(time.Weekday(n)) {
				got = append(got, word)
			}
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
		if written := strings.ReplaceAll(strings.ToLower(text), " ", ""); d.String() != written {
			t.Errorf("%q is told as %q", text, d)
		}
	}
	for text, want := range map[string]string{
		"":        `"": days: "" is not a day (such as "mon-fri", "sat,sun", "weekdays")`,
		"mon-fry": `"mon-fry": days: "fry" is not a day (did you mean "fri"?)`,
		"tues":    `"tues": days: "tues" is not a day (did you mean "tue"?)`,
		"1-5":     `"1-5": days: "1" is not a day (such as "mon-fri", "sat,sun", "weekdays")`,
		"mon;tue": `"mon;tue": days: "mon;tue" is not a day (did you mean "mon"?)`,
	} {
		if _, err := ParseDays(text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestBetween(t *testing.T) {
	berlin, oslo := zone(t, "Europe/Berlin"), zone(t, "Europe/Oslo")
	tromso := Place{69.65, 18.96}
	for _, c := range []struct {
		window string
		zone   *time.Location
		place  Place
		inside []string
		not    []string
	}{
		{"06:00-20:00", berlin, berlinPlace, []string{"2026-05-05 06:00:00", "2026-05-05 19:59:59"}, []string{"2026-05-05 05:59:59", "2026-05-05 20:00:00"}},
		{"22:00-06:00", berlin, berlinPlace, []string{"2026-05-05 22:00:00", "2026-05-05 00:00:00", "2026-05-05 05:59:59"}, []string{"2026-05-05 06:00:00", "2026-05-05 21:59:59"}},
		{"00:00-24:00", berlin, berlinPlace, []string{"2026-05-05 00:00:00", "2026-05-05 23:59:59"}, nil},
		{"12:00 - 24:00", berlin, berlinPlace, []string{"2026-05-05 12:00:00", "2026-05-05 23:59:59"}, []string{"2026-05-05 00:00:00", "2026-05-05 11:00:00"}},
		// The window begins in the hour that is skipped, and ends in the doubled one.
		{"02:30-04:00", berlin, berlinPlace, []string{"2026-03-29 03:00:00"}, []string{"2026-03-29 01:59:59", "2026-03-29 04:00:00"}},
		{"sunset-sunrise", berlin, berlinPlace, []string{"2026-05-05 20:40:00", "2026-05-05 05:27:00", "2026-05-05 01:00:00"}, []string{"2026-05-05 05:28:00", "2026-05-05 20:39:00"}},
		{"sunrise-sunset", berlin, berlinPlace, []string{"2026-05-05 05:28:00", "2026-05-05 20:39:00"}, []string{"2026-05-05 20:40:00", "2026-05-05 05:27:00"}},
		{"sunset+30m-sunrise-30m", berlin, berlinPlace, []string{"2026-05-05 21:10:00", "2026-05-05 04:57:00"}, []string{"2026-05-05 21:09:00", "2026-05-05 04:58:00"}},
		{"sunset-sunset+1h", berlin, berlinPlace, []string{"2026-05-05 21:00:00"}, []string{"2026-05-05 20:30:00", "2026-05-05 21:40:00", "2026-05-06 03:00:00"}},
		{"sunset-23:00", berlin, berlinPlace, []string{"2026-05-05 22:00:00"}, []string{"2026-05-05 23:00:00", "2026-05-05 12:00:00"}},
		{"sunset-21:00", berlin, berlinPlace, []string{"2026-03-05 20:00:00"}, []string{"2026-06-21 21:10:00", "2026-06-21 12:00:00", "2026-06-21 21:40:00"}},
		{"sunset-02:00", berlin, berlinPlace, []string{"2026-05-05 01:59:00"}, []string{"2026-05-05 02:00:00"}},
		{"22:00-sunrise", berlin, berlinPlace, []string{"2026-05-05 05:27:00", "2026-05-05 22:00:00"}, []string{"2026-05-05 05:28:00"}},
		{"05:00-sunrise", berlin, berlinPlace, []string{"2026-05-05 05:20:00"}, []string{"2026-06-21 05:20:00", "2026-06-21 04:59:00"}},
		{"16:00-sunset", berlin, berlinPlace, []string{"2026-05-05 20:00:00"}, []string{"2026-12-21 16:30:00", "2026-05-05 21:00:00"}},
		{"sunrise-09:00", berlin, berlinPlace, []string{"2026-05-05 08:00:00"}, []string{"2026-05-05 09:00:00", "2026-05-05 05:00:00"}},
		{"sunset-sunrise", oslo, tromso, []string{"2026-12-21 00:00:00", "2026-12-21 11:44:00", "2026-12-21 18:00:00"}, []string{"2026-06-21 00:00:00", "2026-06-21 12:00:00", "2026-06-21 00:44:00"}},
		{"sunrise-sunset", oslo, tromso, []string{"2026-06-21 00:00:00", "2026-06-21 00:47:00", "2026-06-21 12:00:00"}, []string{"2026-12-21 00:00:00", "2026-12-21 12:00:00"}},
		{"22:00-sunrise", oslo, tromso, []string{"2026-12-21 23:00:00", "2026-12-21 09:00:00"}, []string{"2026-12-21 14:00:00"}},
	} {
		b, err := ParseBetween(c.window, c.zone, &c.place)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, text := range c.inside {
			if !b.Contains(at(t, text, c.zone)) {
				t.Errorf("%q does not have %s", c.window, text)
			}
		}
		for _, text := range c.not {
			if b.Contains(at(t, text, c.zone)) {
				t.Errorf("%q has %s", c.window, text)
			}
		}
	}
	for text, want := range map[string]string{
		"":              `"": between: is not a window (such as "22:00-06:00", "sunset-sunrise")`,
		"22:00":         `"22:00": between: is not a window (such as "22:00-06:00", "sunset-sunrise")`,
		"22-06":         `"22-06": between: a time of day has a colon, such as "22:30", "sunset", "sunrise+1h", "sunset-15m"`,
		"22:00-25:00":   `"22:00-25:00": between: there is no such time of day (00:00 to 24:00)`,
		"06:00-06:00":   `"06:00-06:00": between: begin and end are the same: the window is empty`,
		"24:00-06:00":   `"24:00-06:00": between: a window begins at 00:00, not at 24:00`,
		"sunst-sunrise": `"sunst-sunrise": between: did you mean "sunset"?`,
	} {
		_, err := ParseBetween(text, berlin, &berlinPlace)
		if _, ok := errors.AsType[*SpecError](err); !ok || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := ParseBetween("sunset-sunrise", berlin, nil); err == nil {
		t.Error("sun without a place is allowed")
	}
}

func mustFilter(t testing.TB, s Schedule, days, between string, z *time.Location) Schedule {
	t.Helper()
	f, err := ParseFilter(days, between, z, &berlinPlace)
	if err != nil {
		t.Fatal(err)
	}
	return Restrict(s, f)
}

// A window that ends before it begins, as one from sunset does in summer, is
// passed over until there is one that does not.
func TestWindowsThatAreEmptyForMonths(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	b, err := ParseBetween("sunset-21:00", berlin, &berlinPlace)
	if err != nil {
		t.Fatal(err)
	}
	next := b.next(time.Date(2026, 6, 1, 12, 0, 0, 0, berlin))
	if local := next.In(berlin); local.Month() != time.August || local.Hour() != 20 {
		t.Error(next)
	}
}

// The day is that of the filter's zone, whatever zone a time is told in.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	f, err := ParseFilter("tue", "", zone(t, "Europe/Berlin"), nil)
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC) // Tuesday 00:30 in Berlin
	if !f.Match(monday) || f.Match(monday.Add(-time.Hour)) || f.Match(monday.Add(24*time.Hour)) {
		t.Error(f.Match(monday), f.Match(monday.Add(-time.Hour)), f.Match(monday.Add(24*time.Hour)))
	}
}

func TestFiltered(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	for _, c := range []struct{ spec, days, between, from, want string }{
		{"0 * * * *", "", "22:00-06:00", "2026-05-05 06:00:00", "2026-05-05 22:00:00"},
		{"0 * * * *", "", "22:00-06:00", "2026-05-05 22:00:00", "2026-05-05 23:00:00"},
		{"0 * * * *", "", "22:30-06:00", "2026-05-05 12:00:00", "2026-05-05 23:00:00"},
		{"* * * * * *", "sat", "", "2026-05-04 12:00:00", "2026-05-09 00:00:00"},
		{"* * * * * *", "sat", "12:00-13:00", "2026-05-09 13:00:00", "2026-05-16 12:00:00"},
		{"0 9 * * *", "mon-fri", "", "2026-05-08 09:00:00", "2026-05-11 09:00:00"},
		{"0 3 * * *", "mon-fri", "22:00-06:00", "2026-05-08 12:00:00", "2026-05-11 03:00:00"},
		{"*/30 * * * *", "", "sunset-sunrise", "2026-05-05 12:00:00", "2026-05-05 21:00:00"},
	} {
		s := mustFilter(t, mustCron(t, c.spec, z), c.days, c.between, z)
		if got := s.Next(at(t, c.from, z)).In(z).Format(stamp); got != c.want {
			t.Errorf("%s after %s: %s, want %s", s, c.from, got, c.want)
		}
	}
	plain := mustCron(t, "0 9 * * *", z)
	if got := mustFilter(t, plain, "mon-sun", "", z); got != Schedule(plain) {
		t.Errorf("a filter that lets all through is %v", got)
	}
}

// TestFilteredAgainstPlain: the jumps of a filter must not lose a run.
func TestFilteredAgainstPlain(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	z := zone(t, "Europe/Berlin")
	from, to := time.Date(2026, 3, 25, 0, 0, 0, 0, z), time.Date(2026, 4, 2, 0, 0, 0, 0, z)
	for _, spec := range []string{"*/7 * * * *", "30 2 * * *", "0 */3 * * *"} {
		for _, window := range []string{"", "02:30-04:00", "22:00-06:00", "sunset-sunrise", "sunrise+1h-sunset-1h"} {
			for _, days := range []string{"", "sun", "mon-fri"} {
				inner := mustCron(t, spec, z)
				filter, err := ParseFilter(days, window, z, &berlinPlace)
				if err != nil {
					t.Fatal(err)
				}
				var want []time.Time
				for _, run := range runsUntil(inner, from, to) {
					if filter.Match(run) {
						want = append(want, run)
					}
				}
				got := runsUntil(Restrict(inner, filter), from, to)
				if len(got) != len(want) {
					t.Errorf("%q %q %q: %d runs, want %d", spec, window, days, len(got), len(want))
				}
			}
		}
	}
}

func TestImpossibleFilters(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	from := time.Date(2026, 5, 5, 12, 0, 0, 0, z)
	for _, c := range []struct {
		inner               string
		days, between, want string
	}{
		{"0 12 * * *", "", "22:00-06:00", "0 12 * * * never falls into 22:00-06:00"},
		{"0 12 * * mon", "sat,sun", "", "0 12 * * mon never falls into sat,sun"},
		{"0 12 * * *", "sat", "sunset-23:00", "0 12 * * * never falls into sat sunset-23:00"},
		{"0 12 * * *", "", "16:00-15:00", ""},
		{"0 12 * * *", "", "21:40-sunset", "0 12 * * * never falls into 21:40-sunset"},
	} {
		s := mustFilter(t, mustCron(t, c.inner, z), c.days, c.between, z)
		if c.inner == "0 12 * * *" && c.want == "" {
			if s.Next(from).IsZero() {
				t.Errorf("%s has no run", s)
			}
			continue
		}
		if got := Never(s, from); got != c.want || !s.Next(from).IsZero() || len(Preview(s, from, 3)) != 0 {
			t.Errorf("%s: next %v, %q", s, s.Next(from), got)
		}
	}
	once, _ := ParseAt("2026-05-05 11:00", z, nil)
	if got := Never(mustFilter(t, once, "sat", "", z), from); got != "2026-05-05 11:00 is past" {
		t.Errorf("got %q", got)
	}
}

// TestFilterKeepsNotes: `hiklua next` shows clock changes of filtered jobs too.
func TestFilterKeepsNotes(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	s := mustFilter(t, mustCron(t, "30 2 * * *", z), "sun", "", z)
	runs := Preview(s, time.Date(2026, 3, 25, 0, 0, 0, 0, z), 1)
	if len(runs) != 1 || runs[0].Note != "skipped hour: 02:30 runs at 03:00" {
		t.Errorf("got %v", runs)
	}
}

func BenchmarkFilteredNever(b *testing.B) {
	z := zone(b, "Europe/Berlin")
	s := mustFilter(b, mustCron(b, "0 12 * * *", z), "", "sunset-sunrise", z)
	from := time.Date(2026, 5, 5, 12, 0, 0, 0, z)
	for b.Loop() {
		s.Next(from)
	}
}

// The week in which Samoa had no Friday has not the last Friday of all.
func TestAFridayThatNeverWas(t *testing.T) {
	apia := zone(t, "Pacific/Apia")
	noon, err := ParseAt("12:00", apia, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := ParseFilter("fri", "", apia, nil)
	if err != nil {
		t.Fatal(err)
	}
	from, to := at(t, "2011-12-28 00:00:00", apia), at(t, "2012-01-02 00:00:00", apia)
	fridays := Restrict(noon, f)
	if got, want := fridays.Next(from), at(t, "2012-01-06 12:00:00", apia); !got.Equal(want) {
		t.Errorf("the next is at %v, want %v", got, want)
	}
	left := LeftOut(fridays, apia, from, to)
	if len(left) != 1 || left[0].Note != "2011-12-30" || !left[0].Time.Equal(at(t, "2011-12-31 00:00:00", apia)) {
		t.Errorf("left out: %v", left)
	}
	if before := LeftOut(fridays, apia, from, left[0].Time); len(before) > 0 {
		t.Errorf("left out before it is: %v", before)
	}
}

package schedule

import (
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// changes lists the clock changes of a zone in a span.
func changes(z *time.Location, from, to time.Time) []time.Time {
	var out []time.Time
	at := from.In(z)
	for {
		_, end := zoneBounds(at)
		if end.IsZero() || !end.Before(to) {
			return out
		}
		_, before := end.Add(-time.Second).Zone()
		if _, after := end.Zone(); before != after {
			out = append(out, end)
		}
		at = end
	}
}

// changingZones is every zone of the database that changes its clock from 2020
// to 2030, one of each set of zones that do so alike.
func changingZones(t testing.TB) map[string][]time.Time {
	t.Helper()
	names, err := os.ReadFile("../site/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	from, to := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	zones, seen := map[string][]time.Time{}, map[string]bool{}
	for _, name := range strings.Fields(string(names)) {
		z := zone(t, name)
		list := changes(z, from, to)
		key := ""
		for _, c := range list {
			_, before := c.Add(-time.Second).In(z).Zone()
			_, after := c.In(z).Zone()
			key += fmt.Sprint(c.Unix(), before, after, ";")
		}
		if len(list) > 0 && !seen[key] {
			seen[key] = true
			zones[name] = list
		}
	}
	if len(zones) < 30 {
		t.Fatalf("only %d zones change their clock", len(zones))
	}
	return zones
}

// shownClock is what a wall clock shows minute by minute: the oracle, made
// without any of the package's own reckoning.
type shownClock struct {
	begin   time.Time
	shown   []time.Time // wall time of each minute
	highest []time.Time // the latest that was shown so far
	dates   []time.Time // that exist, without the first and the last
}

func watch(z *time.Location, begin time.Time, days int) *shownClock {
	c := &shownClock{begin: begin}
	for i := range days * 24 * 60 {
		t := begin.Add(time.Duration(i) * time.Minute).In(z)
		wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
		high := wall
		if i > 0 && c.highest[i-1].After(wall) {
			high = c.highest[i-1]
		}
		c.shown, c.highest = append(c.shown, wall), append(c.highest, high)
		if date := wall.Truncate(24 * time.Hour); len(c.dates) == 0 || date.After(c.dates[len(c.dates)-1]) {
			c.dates = append(c.dates, date)
		}
	}
	c.dates = c.dates[1 : len(c.dates)-1]
	return c
}

// first is the first instant at which wall or a later time was shown.
func (c *shownClock) first(wall time.Time) time.Time {
	i := sort.Search(len(c.highest), func(i int) bool { return !c.highest[i].Before(wall) })
	return c.begin.Add(time.Duration(i) * time.Minute)
}

func runsUntil(s Schedule, from, to time.Time) []time.Time {
	var out []time.Time
	for t := s.Next(from); !t.IsZero() && t.Before(to); t = s.Next(t) {
		out = append(out, t)
	}
	return out
}

// checkDaily compares a daily job, as cron line and as clock time, with the
// oracle: one run for each date that the zone has.
func checkDaily(t *testing.T, z *time.Location, c *shownClock, hour, minute int) {
	t.Helper()
	line, err := ParseCron(fmt.Sprintf("%d %d * * *", minute, hour), z)
	if err != nil {
		t.Fatal(err)
	}
	daily, err := ParseAt(fmt.Sprintf("%02d:%02d", hour, minute), z, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []time.Time
	for _, date := range c.dates {
		want = append(want, c.first(date.Add(time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute)))
	}
	from, to := want[0].Add(-time.Second), want[len(want)-1].Add(time.Second)
	for _, s := range []Schedule{line, daily} {
		got := runsUntil(s, from, to)
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("%s, %q:\n got %v\nwant %v", z, s, got, want)
		}
	}
}

// TestDailyInEveryZone is invariant 7: around every clock change of every zone
// a job at every half hour runs once on each date.
func TestDailyInEveryZone(t *testing.T) {
	for name, list := range changingZones(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, name)
			for i, change := range list {
				if testing.Short() && i > 3 {
					break
				}
				c := watch(z, change.Add(-3*24*time.Hour).Truncate(time.Minute), 6)
				for half := range 48 {
					checkDaily(t, z, c, half/2, half%2*30)
				}
				checkDaily(t, z, c, 2, 1)
				checkDaily(t, z, c, 23, 59)
			}
		})
	}
}

// TestDatesThatDoNotExist: zones that crossed the date line.
func TestDatesThatDoNotExist(t *testing.T) {
	for _, c := range []struct {
		zone    string
		from    time.Time
		missing string
	}{
		{"Pacific/Apia", time.Date(2011, 12, 27, 12, 0, 0, 0, time.UTC), "2011-12-30"},
		{"Pacific/Fakaofo", time.Date(2011, 12, 27, 12, 0, 0, 0, time.UTC), "2011-12-30"},
		{"Pacific/Kwajalein", time.Date(1993, 8, 18, 12, 0, 0, 0, time.UTC), "1993-08-21"},
		{"Pacific/Kiritimati", time.Date(1994, 12, 28, 12, 0, 0, 0, time.UTC), "1994-12-31"},
	} {
		z := zone(t, c.zone)
		watched := watch(z, c.from, 7)
		for _, date := range watched.dates {
			if date.Format(time.DateOnly) == c.missing {
				t.Fatalf("%s has a %s", c.zone, c.missing)
			}
		}
		for half := range 48 {
			checkDaily(t, z, watched, half/2, half%2*30)
		}
		days := map[string]int{}
		line, _ := ParseCron("0 10 * * *", z)
		for _, run := range runsUntil(line, c.from, c.from.Add(6*24*time.Hour)) {
			days[run.In(z).Format(time.DateOnly)]++
		}
		for day, n := range days {
			if n != 1 || day == c.missing {
				t.Errorf("%s: %d runs on %s", c.zone, n, day)
			}
		}
	}
}

// TestElapsedInEveryZone: with "*" as hour a job runs whenever the clock shows
// its minute, in both passes of a doubled hour. Where clocks change by whole
// hours that is every elapsed hour.
func TestElapsedInEveryZone(t *testing.T) {
	for name, list := range changingZones(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, name)
			for i, change := range list {
				if testing.Short() && i > 3 {
					break
				}
				_, before := change.Add(-time.Second).In(z).Zone()
				_, after := change.In(z).Zone()
				c := watch(z, change.Add(-30*time.Hour).Truncate(time.Hour), 3)
				for _, line := range []string{"0 * * * *", "30 * * * *", "*/15 * * * *"} {
					s, err := ParseCron(line, z)
					if err != nil {
						t.Fatal(err)
					}
					var want []time.Time
					for i, wall := range c.shown {
						if (line[0] == '*' && wall.Minute()%15 == 0) || strings.HasPrefix(line, fmt.Sprint(wall.Minute(), " ")) {
							want = append(want, c.begin.Add(time.Duration(i)*time.Minute))
						}
					}
					got := runsUntil(s, c.begin.Add(-time.Second), c.begin.Add(time.Duration(len(c.shown))*time.Minute))
					if !slices.EqualFunc(got, want, time.Time.Equal) {
						t.Fatalf("%q at %v:\n got %v\nwant %v", line, change, got, want)
					}
					for k := 1; k < len(got); k++ {
						if gap := got[k].Sub(got[k-1]); (after-before)%3600 == 0 && line[0] != '*' && gap != time.Hour {
							t.Errorf("%q: %v between %v and %v", line, gap, got[k-1], got[k])
						}
					}
				}
			}
		})
	}
}

// TestInstantNeverDecreases: the search of cron lines depends on it.
func TestInstantNeverDecreases(t *testing.T) {
	for name, list := range changingZones(t) {
		z := zone(t, name)
		for _, change := range list[:min(4, len(list))] {
			last := time.Time{}
			start := wallOf(change, z).Add(-30 * time.Hour).Truncate(time.Minute)
			for m := 0; m < 60*60; m += 7 {
				wall := start.Add(time.Duration(m) * time.Minute)
				at, what := instant(wall, z)
				slow, slowWhat := instantByZone(wall, z)
				if at.Before(last) || !at.Equal(slow) || what != slowWhat {
					t.Fatalf("%s: %v is at %v (%d), slowly %v (%d), the one before at %v", name, wall, at, what, slow, slowWhat, last)
				}
				if (what == skipped) == wallOf(at, z).Equal(wall) {
					t.Fatalf("%s: %v at %v is %d", name, wall, at, what)
				}
				last = at
			}
		}
	}
}

// TestYearsByRule: from 2038 on Go reckons clock changes by rule, and on the
// 366th day of a leap year gives a period that has already ended.
func TestYearsByRule(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	from, to := time.Date(2040, 12, 30, 0, 0, 0, 0, z), time.Date(2041, 1, 2, 0, 0, 0, 0, z)
	for spec, want := range map[string]int{"0 * * * *": 71, "30 12 * * *": 3, "0 0 * * *": 2} {
		if got := runsUntil(mustCron(t, spec, z), from, to); len(got) != want {
			t.Errorf("%q: %d runs, want %d", spec, len(got), want)
		}
	}
	daily := mustCron(t, "30 2 * * *", z)
	for _, year := range []int{2040, 2060, 2099} {
		runs := runsUntil(daily, time.Date(year, 1, 1, 0, 0, 0, 0, z), time.Date(year+1, 1, 1, 0, 0, 0, 0, z))
		if days := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC).Sub(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour); len(runs) != int(days) {
			t.Errorf("%d: %d runs in %d days", year, len(runs), days)
		}
	}
}

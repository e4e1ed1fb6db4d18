package schedule

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSunAgainstAlmanac holds the times of 15 places to within a minute, above
// 60 degrees to within two.
func TestSunAgainstAlmanac(t *testing.T) {
	data, err := os.ReadFile("testdata/sun.tsv")
	if err != nil {
		t.Fatal(err)
	}
	checked, worst := 0, time.Duration(0)
	for line := range strings.Lines(string(data)) {
		if line[0] == '#' {
			continue
		}
		col := strings.Split(strings.TrimSpace(line), "\t")
		lat, _ := strconv.ParseFloat(col[1], 64)
		lon, _ := strconv.ParseFloat(col[2], 64)
		z := zone(t, col[3])
		date, err := time.Parse(time.DateOnly, col[4])
		if err != nil {
			t.Fatal(err)
		}
		allowed := time.Minute
		if math.Abs(lat) > 60 {
			allowed = 2 * time.Minute
		}
		times := Sun(date, Place{lat, lon}, z)
		for i, got := range []time.Time{times.Rise, times.Set} {
			want := col[5+i]
			if want == "-" || got.IsZero() {
				if (want == "-") != got.IsZero() {
					t.Errorf("%s %s: %v, want %s", col[0], col[4], got, want)
				}
				continue
			}
			if got.Format(time.DateOnly) != col[4] {
				t.Errorf("%s %s: %v is on another date", col[0], col[4], got)
			}
			diff := got.Sub(at(t, col[4]+" "+want, z)).Abs()
			if checked, worst = checked+1, max(worst, diff); diff > allowed {
				t.Errorf("%s %s: %v, want %s", col[0], col[4], got, want)
			}
		}
	}
	if checked < 180 {
		t.Errorf("only %d times compared", checked)
	}
	t.Logf("%d times, the worst is off by %v", checked, worst)
}

// TestSunBelongsToItsDate goes through a year on both sides of the date line.
func TestSunBelongsToItsDate(t *testing.T) {
	for _, c := range []struct {
		zone  string
		place Place
	}{
		{"Pacific/Kiritimati", Place{1.87, -157.43}}, {"Pacific/Apia", Place{-13.85, -171.75}}, {"Pacific/Auckland", Place{-36.85, 174.76}},
		{"Pacific/Honolulu", Place{21.31, -157.86}}, {"Pacific/Chatham", Place{-43.95, -176.55}}, {"Asia/Shanghai", Place{39.47, 75.99}},
		{"America/Adak", Place{51.88, -176.65}}, {"Etc/GMT+12", Place{0, -180}}, {"Etc/GMT-14", Place{0, 180}},
	} {
		z := zone(t, c.zone)
		var before SunTimes
		for n := range 366 {
			date := time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
			times := Sun(date, c.place, z)
			for _, got := range []time.Time{times.Rise, times.Set} {
				if got.Format(time.DateOnly) != date.Format(time.DateOnly) {
					t.Fatalf("%s: %v on %v", c.zone, got, date.Format(time.DateOnly))
				}
			}
			if n > 0 && (times.Rise.Sub(before.Rise)-24*time.Hour).Abs() > 10*time.Minute {
				t.Errorf("%s: rise %v after %v", c.zone, times.Rise, before.Rise)
			}
			before = times
		}
	}
}

func TestSunAtHighLatitudes(t *testing.T) {
	oslo := zone(t, "Europe/Oslo")
	tromso := Place{69.65, 18.96}
	june := Sun(time.Date(2026, 6, 21, 0, 0, 0, 0, time.UTC), tromso, oslo)
	december := Sun(time.Date(2026, 12, 21, 0, 0, 0, 0, time.UTC), tromso, oslo)
	if !june.AlwaysUp || june.AlwaysDown || !june.Rise.IsZero() || !december.AlwaysDown || !december.Set.IsZero() {
		t.Errorf("june %+v, december %+v", june, december)
	}
	set, err := ParseAt("sunset", oslo, &tromso)
	if err != nil {
		t.Fatal(err)
	}
	// The last sunsets of spring and the first of summer: each night has its own,
	// also where it falls on the morning of the next date.
	var got []string
	for _, run := range Preview(set, time.Date(2026, 5, 14, 12, 0, 0, 0, oslo), 8) {
		got = append(got, strings.TrimSpace(run.Time.Format("01-02 15:04 ")+run.Note))
	}
	want := []string{"05-14 23:37", "05-15 23:48", "05-17 00:03 no sunset on 2026-05-16"}
	if !slices.Equal(got[:3], want) {
		t.Errorf("spring: %q", got)
	}
	gaps, last := 0, time.Time{}
	for _, run := range Preview(set, time.Date(2026, 5, 14, 12, 0, 0, 0, oslo), 15) {
		if strings.Contains(run.Note, " to ") {
			gaps++
			if run.Time.Month() != time.July || !strings.HasPrefix(run.Note, "no sunset on 2026-05-1") {
				t.Errorf("%v %q", run.Time, run.Note)
			}
		} else if !last.IsZero() && run.Time.Sub(last) > 25*time.Hour {
			t.Errorf("%v after %v", run.Time, last)
		}
		last = run.Time
	}
	if gaps != 1 {
		t.Errorf("%d summers", gaps)
	}
	// At 85 degrees the sun is away from the horizon for half a year.
	north := Place{85, 0}
	rise, err := ParseAt("sunrise", time.UTC, &north)
	if err != nil {
		t.Fatal(err)
	}
	if next := rise.Next(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)); next.IsZero() || next.Before(time.Date(2026, 8, 15, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("85 degrees north: %v", next)
	}
	// At the pole itself no day has both.
	pole := Place{-90, 0}
	set, _ = ParseAt("sunset", time.UTC, &pole)
	when := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	if next := set.Next(when); !next.IsZero() || Never(set, when) != "there is no sunset at that place within a year" {
		t.Errorf("pole: %v %q", next, Never(set, when))
	}
}

// TestSunEverywhere looks for times that cannot be: in a year at every fifth
// degree there are sane gaps and no NaN.
func TestSunEverywhere(t *testing.T) {
	for lat := -90.0; lat <= 90; lat += 5 {
		for _, lon := range []float64{-180, -90, 0, 135, 180} {
			s, err := ParseAt("sunrise", time.UTC, &Place{lat, lon})
			if err != nil {
				t.Fatal(err)
			}
			last := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for range 40 {
				next := s.Next(last)
				if next.IsZero() {
					if math.Abs(lat) < 66 {
						t.Errorf("%v %v: none after %v", lat, lon, last)
					}
					break
				}
				if !next.After(last) || (math.Abs(lat) < 65 && next.Sub(last) > 25*time.Hour) || next.Year() > 2027 {
					t.Fatalf("%v %v: %v after %v", lat, lon, next, last)
				}
				last = next
			}
		}
	}
}

func BenchmarkSunNext(b *testing.B) {
	berlin := Place{52.52, 13.4}
	s, err := ParseAt("sunset-15m", zone(b, "Europe/Berlin"), &berlin)
	if err != nil {
		b.Fatal(err)
	}
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		s.Next(from)
	}
}

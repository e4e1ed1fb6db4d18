package schedule

import (
	"errors"
	"testing"
	"time"
)

var berlinPlace = Place{52.52, 13.405}

func TestAtNext(t *testing.T) {
	for _, c := range []struct{ spec, zone, from, want string }{
		{"22:30", "Europe/Berlin", "2026-05-01 22:29:59", "2026-05-01 22:30:00"},
		{"22:30", "Europe/Berlin", "2026-05-01 22:30:00", "2026-05-02 22:30:00"},
		{" 7:05:09 ", "Europe/Berlin", "2026-05-01 08:00:00", "2026-05-02 07:05:09"},
		{"00:00", "Asia/Beirut", "2026-03-28 12:00:00", "2026-03-29 01:00:00"},
		{"00:30", "America/Havana", "2026-03-07 12:00:00", "2026-03-08 01:00:00"},
		{"00:30", "America/Asuncion", "2022-10-01 12:00:00", "2022-10-02 01:00:00"},
		{"2026-12-24 18:00", "Europe/Berlin", "2026-05-01 00:00:00", "2026-12-24 18:00:00"},
		{"2026-12-24T18:00:05", "Europe/Berlin", "2026-05-01 00:00:00", "2026-12-24 18:00:05"},
		{"2026-12-24T18:00:00Z", "Europe/Berlin", "2026-05-01 00:00:00", "2026-12-24 19:00:00"},
		{"2026-03-29 02:30", "Europe/Berlin", "2026-03-01 00:00:00", "2026-03-29 03:00:00"},
		{"sunset", "Europe/Berlin", "2026-05-05 12:00:00", "2026-05-05 20:39:36"},
		{"sunset-15m", "Europe/Berlin", "2026-05-05 12:00:00", "2026-05-05 20:24:36"},
		{"Sunset + 30m", "Europe/Berlin", "2026-05-05 20:50:00", "2026-05-05 21:09:36"},
		{"sunset-15m", "Europe/Berlin", "2026-05-05 20:25:00", "2026-05-06 20:26:15"},
		{"sunset+5h", "Europe/Berlin", "2026-05-06 01:00:00", "2026-05-06 01:39:36"},
		{"sunrise-6h", "Europe/Berlin", "2026-05-05 22:00:00", "2026-05-05 23:25:49"},
		{"sunrise+1h30m", "Europe/Berlin", "2026-05-05 06:00:00", "2026-05-05 06:57:37"},
	} {
		z := zone(t, c.zone)
		s, err := ParseAt(c.spec, z, &berlinPlace)
		if err != nil {
			t.Error(err)
			continue
		}
		got := s.Next(at(t, c.from, z))
		allowed := time.Duration(0)
		if _, sun := s.(*AtSun); sun {
			allowed = 10 * time.Second
		}
		if got.Sub(at(t, c.want, z)).Abs() > allowed {
			t.Errorf("%q in %s after %s: %v, want %s", c.spec, c.zone, c.from, got.In(z), c.want)
		}
	}
}

func TestAtErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                 `"": is not a time, such as "22:30", "sunset", "sunrise+1h", "sunset-15m"`,
		"25:00":            `"25:00": there is no such time of day (00:00 to 24:00)`,
		"22:60":            `"22:60": there is no such time of day (00:00 to 24:00)`,
		"24:00":            `"24:00": midnight is 00:00 of the day that begins`,
		"2230":             `"2230": a time of day has a colon, such as "22:30", "sunset", "sunrise+1h", "sunset-15m"`,
		"sunst":            `"sunst": did you mean "sunset"?`,
		"sunsett-15m":      `"sunsett-15m": did you mean "sunset"?`,
		"sunriese":         `"sunriese": did you mean "sunrise"?`,
		"dusk":             `"dusk": did you mean "sunset"?`,
		"sunset-15":        `"sunset-15": after + or - comes a time (such as sunset-15m, sunrise+1h30m)`,
		"sunset+-1h":       `"sunset+-1h": after + or - comes a time (such as sunset-15m, sunrise+1h30m)`,
		"sunset+13h":       `"sunset+13h": an offset is at most 12h`,
		"noon":             `"noon": is not a time, such as "22:30", "sunset", "sunrise+1h", "sunset-15m"`,
		"2026-13-01 10:00": `"2026-13-01 10:00": there is no such date and time (such as "2026-12-24 18:00")`,
		"2026-02-30 10:00": `"2026-02-30 10:00": there is no such date and time (such as "2026-12-24 18:00")`,
		"2026-12-24":       `"2026-12-24": the time is missing (such as "2026-12-24 18:00")`,
	} {
		s, err := ParseAt(spec, time.UTC, &berlinPlace)
		if _, ok := errors.AsType[*SpecError](err); !ok || s != nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := ParseAt("sunset", time.UTC, nil); err == nil || err.Error() != `"sunset": needs the site's place: "location: {lat: 52.52, lon: 13.40}" in site.yaml` {
		t.Errorf("got %v", err)
	}
}

func TestOnceIsPast(t *testing.T) {
	s, err := ParseAt("2026-12-24 18:00", time.UTC, nil)
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	if !s.Next(due).IsZero() || Never(s, due) != "2026-12-24 18:00 is past" || Never(s, due.Add(-1)) != "" {
		t.Errorf("next %v, %q", s.Next(due), Never(s, due))
	}
	if runs := Preview(s, due.Add(-time.Hour), 5); len(runs) != 1 {
		t.Errorf("runs %v", runs)
	}
}

func TestPreviewNotes(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	s, err := ParseAt("02:30", z, nil)
	if err != nil {
		t.Fatal(err)
	}
	spring := Preview(s, time.Date(2026, 3, 28, 0, 0, 0, 0, z), 3)
	if spring[0].Note != "" || spring[1].Note != "skipped hour: 02:30 runs at 03:00" || spring[2].Note != "" {
		t.Errorf("spring: %v", spring)
	}
	autumn := Preview(s, time.Date(2026, 10, 24, 0, 0, 0, 0, z), 3)
	if autumn[0].Note != "" || autumn[1].Note != "hour doubled: first pass" || autumn[2].Note != "" {
		t.Errorf("autumn: %v", autumn)
	}
}

func TestEvery(t *testing.T) {
	live := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	e, err := NewEvery(7*time.Second, live)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Next(live); got != live.Add(7*time.Second) {
		t.Errorf("first run %v", got)
	}
	// No drift, however late it is asked.
	now := live
	for i := range 1000 {
		now = e.Next(now.Add(time.Duration(i) * 13 * time.Millisecond))
		if now.Sub(live)%(7*time.Second) != 0 {
			t.Fatalf("drifts to %v", now)
		}
	}
	// The clock was put back: it goes on, in phase.
	if got := e.Next(live.Add(-time.Hour)); got.Sub(live.Add(-time.Hour)) > 7*time.Second || live.Sub(got)%(7*time.Second) != 0 {
		t.Errorf("before the anchor: %v", got)
	}
	// Clock changes are nothing to it.
	z := zone(t, "Europe/Berlin")
	hour, _ := NewEvery(time.Hour, time.Date(2026, 10, 25, 0, 0, 0, 0, z))
	if runs := runsUntil(hour, time.Date(2026, 10, 25, 0, 0, 0, 0, z), time.Date(2026, 10, 26, 0, 0, 0, 0, z)); len(runs) != 24 {
		t.Errorf("%d runs on a day of 25 hours", len(runs))
	}
	for _, d := range []time.Duration{0, -1, time.Millisecond} {
		if _, err := NewEvery(d, live); err == nil {
			t.Errorf("%v is allowed", d)
		}
	}
	if got := e.Next(time.Time{}); !got.IsZero() && !got.After(time.Time{}) {
		t.Errorf("of the zero time: %v", got)
	}
}

func TestZone(t *testing.T) {
	if z, err := Zone("Europe/Berlin"); err != nil || z.String() != "Europe/Berlin" {
		t.Errorf("got %v, %v", z, err)
	}
	for _, name := range []string{"", "Local", "Mars/X", "../etc/passwd"} {
		if _, err := Zone(name); err == nil {
			t.Errorf("%q is allowed", name)
		}
	}
}

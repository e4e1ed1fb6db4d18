package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/timeline"
)

func span(t *testing.T, zoneName, from string, length time.Duration) *timeline.Timeline {
	z := zone(t, zoneName)
	begin, err := time.ParseInLocation("2006-01-02", from, z)
	if err != nil {
		t.Fatal(err)
	}
	return &timeline.Timeline{Site: "x", From: begin, To: begin.Add(length), Zone: z}
}

func TestClocksOfTheZone(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		zone, from string
		length     time.Duration
		want       []string // from which minute on, minutes ahead of UTC
		note       string
	}{
		{"Europe/Berlin", "2026-03-28", 2 * day, []string{"0 +60 CET", "1560 +120 CEST"}, "on Sun 29 Mar 2026 at 02:00:00 (from CET to CEST): +60 min"},
		{"Europe/Berlin", "2026-10-24", 2 * day, []string{"0 +120 CEST", "1620 +60 CET"}, "on Sun 25 Oct 2026 at 03:00:00 (from CEST to CET): -60 min"},
		{"Australia/Lord_Howe", "2026-04-05", day, []string{"0 +660 +11", "120 +630 +1030"}, "on Sun 5 Apr 2026 at 02:00:00 (from +11 to +1030): -30 min"},
		{"Asia/Kathmandu", "2026-03-28", 7 * day, []string{"0 +345 +0545"}, ""},
		{"Pacific/Apia", "2011-12-29", 2 * day, []string{"0 -600 -10", "1440 +840 +14"}, "on Fri 30 Dec 2011 at 00:00:00 (from -10 to +14): +1440 min"},
		{"America/New_York", "2026-01-01", 365 * day, []string{"0 -300 EST", "95160 -240 EDT", "437820 -300 EST"}, "on Sun 8 Mar 2026 at 02:00:00"},
		// What happens at the end is not part of the span.
		{"Europe/Berlin", "2026-03-28", 26 * time.Hour, []string{"0 +60 CET"}, ""},
		{"UTC", "2026-03-28", day, []string{"0 +0 UTC"}, ""},
	} {
		tl := span(t, c.zone, c.from, c.length)
		var got []string
		for _, o := range offsets(tl) {
			got = append(got, fmt.Sprintf("%d %+d %s", o.From/60_000, o.Seconds/60, o.Name))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.zone, c.from, got, c.want)
		}
		footer := between(t, write(t, tl, Options{}), "<footer>", "</footer>")
		if !strings.Contains(footer, c.note) || c.note == "" && strings.Contains(footer, "clocks change") {
			t.Errorf("%s %s: %s", c.zone, c.from, footer)
		}
	}
}

func TestNights(t *testing.T) {
	const day = 24 * time.Hour
	tromso := &timeline.Place{Latitude: 69.65, Longitude: 18.96}
	for _, c := range []struct {
		name, zone, from string
		length           time.Duration
		place            *timeline.Place
		want             []string // hours of the span
	}{
		{"Berlin in spring", "Europe/Berlin", "2026-03-21", 2 * day, &timeline.Place{Latitude: 52.5, Longitude: 13.4}, []string{"0.0-6.1", "18.4-30.1", "42.4-48.0"}},
		{"half a day", "Europe/Berlin", "2026-03-21", 12 * time.Hour, &timeline.Place{Latitude: 52.5, Longitude: 13.4}, []string{"0.0-6.1"}},
		{"polar day", "Europe/Oslo", "2026-06-10", 7 * day, tromso, nil},
		{"polar night", "Europe/Oslo", "2026-12-10", 7 * day, tromso, []string{"0.0-168.0"}},
		{"the last night", "Europe/Oslo", "2026-05-16", 5 * day, tromso, []string{"0.0-1.5", "24.1-25.3"}},
		{"Kathmandu", "Asia/Kathmandu", "2026-03-21", day, &timeline.Place{Latitude: 27.7, Longitude: 85.3}, []string{"0.0-6.1", "18.3-24.0"}},
		{"no location", "Europe/Berlin", "2026-03-21", day, nil, nil},
	} {
		tl := span(t, c.zone, c.from, c.length)
		tl.Place = c.place
		var got []string
		for _, n := range nights(tl) {
			got = append(got, fmt.Sprintf("%.1f-%.1f", float64(n[0])/3.6e6, float64(n[1])/3.6e6))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		footer := between(t, write(t, tl, Options{}), "<footer>", "</footer>")
		if strings.Contains(footer, "no location") != (c.place == nil) {
			t.Errorf("%s: %s", c.name, footer)
		}
	}
}

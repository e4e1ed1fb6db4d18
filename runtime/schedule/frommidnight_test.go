package schedule

import (
	"fmt"
	"testing"
	"time"
)

func TestFromMidnight(t *testing.T) {
	for _, c := range []struct {
		zone, from string
		interval   time.Duration
		want       string
	}{
		{"UTC", "2026-03-04T11:59:59.5Z", 15 * time.Minute, "[04 12:00 04 12:15 04 12:30]"},
		{"UTC", "2026-03-04T12:00:00Z", 15 * time.Minute, "[04 12:15 04 12:30 04 12:45]"},
		{"UTC", "2026-03-04T23:50:00Z", 7 * time.Minute, "[04 23:55 05 00:00 05 00:07]"},
		{"UTC", "2026-03-04T01:00:00Z", 24 * time.Hour, "[05 00:00 06 00:00 07 00:00]"},
		{"Asia/Kathmandu", "2026-03-04T12:00:00Z", time.Hour, "[04 18:00 04 19:00 04 20:00]"},
		// The clock goes from 02:00 to 03:00, and from 03:00 to 02:00.
		{"Europe/Berlin", "2026-03-29T00:20:00Z", 30 * time.Minute, "[29 01:30 29 03:00 29 03:30]"},
		{"Europe/Berlin", "2026-10-25T00:20:00Z", 30 * time.Minute, "[25 02:30 25 02:00 25 02:30]"},
		{"Europe/Berlin", "2026-03-28T22:30:00Z", 6 * time.Hour, "[29 00:00 29 07:00 29 13:00]"},
		{"Europe/Berlin", "2026-10-25T15:30:00Z", 6 * time.Hour, "[25 17:00 25 23:00 26 00:00]"},
		// Midnight is skipped, and a whole day is.
		{"America/Santiago", "2026-09-06T03:50:00Z", time.Hour, "[06 01:00 06 02:00 06 03:00]"},
		{"Pacific/Apia", "2011-12-30T09:30:00Z", time.Hour, "[31 00:00 31 01:00 31 02:00]"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := NewFromMidnight(c.interval, zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 3 {
			next := plan.Next(at)
			if !next.After(at) {
				t.Fatalf("%s: %v after %v", c.zone, next, at)
			}
			at = next
			got = append(got, at.In(zone).Format("02 15:04"))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s %v from %s: %v, want %s", c.zone, c.interval, c.from, got, c.want)
		}
	}
}

func TestFromMidnightIntervals(t *testing.T) {
	for _, d := range []time.Duration{0, -time.Hour, time.Millisecond, 25 * time.Hour} {
		if _, err := NewFromMidnight(d, time.UTC); err == nil {
			t.Errorf("%v was taken", d)
		}
	}
	plan, err := NewFromMidnight(90*time.Second, time.UTC)
	if err != nil || plan.String() != "every 1m30s from midnight" {
		t.Error(plan, err)
	}
}

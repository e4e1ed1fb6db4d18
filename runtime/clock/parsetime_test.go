package clock

import (
	"testing"
	"time"
)

// A time that clocks show twice is the first of both, one that they leave out
// the end of the gap.
func TestParseTimeAtClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/Berlin", "2026-03-29 02:30", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25 03:00", "2026-10-25T03:00:00+01:00"},
		{"Europe/Berlin", "2026-10-25 01:59", "2026-10-25T01:59:00+02:00"},
		{"America/New_York", "2026-03-08 02:10", "2026-03-08T03:00:00-04:00"},
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00"},
		{"Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45:00+11:00"},
		{"Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:30:00+11:00"},
		{"Pacific/Apia", "2011-12-30 12:00", "2011-12-31T00:00:00+14:00"},
		{"UTC", "1960-01-01", "1960-01-01T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := ParseTime(c.text, zone)
		if got := at.Format(time.RFC3339); err != nil || got != c.want {
			t.Errorf("%s in %s: %s, %v; want %s", c.text, c.zone, got, err, c.want)
		}
	}
}

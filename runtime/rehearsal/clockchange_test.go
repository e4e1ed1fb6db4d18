package rehearsal

import (
	"strings"
	"testing"
	"time"
)

// A job with a time on the clock runs once on each day, also where that time is
// left out or comes twice; what repeats within the hour follows elapsed time.
func TestChangesOfTheClock(t *testing.T) {
	for _, c := range []struct {
		name, zone, from string
		span             time.Duration
		want             []string
	}{
		{"New York in spring", "America/New_York", "2026-03-07 12:00", 24 * time.Hour, []string{
			"Sat 07 Mar 2026 12:00 to Sun 08 Mar 2026 13:00, 1 d of America/New_York",
			"the clocks change at Sun 08 Mar 03:00:00 from EST to EDT",
			"clock/at half past two\n  Sun 08 Mar 03:00:00  runs\n",
			"clock/quarters\n  Sat 07 Mar 12:00:00  runs, every 15 min, 96 times until Sun 08 Mar 12:45\n",
			"clock/elapsed\n  Sat 07 Mar 18:00:00  runs, every 6 h, 3 times until Sun 08 Mar 07:00\n",
		}},
		{"New York in autumn", "America/New_York", "2026-10-31 12:00", 24 * time.Hour, []string{
			"to Sun 01 Nov 2026 11:00, 1 d",
			"the clocks change at Sun 01 Nov 01:00:00 from EDT to EST",
			"clock/at half past one\n  Sun 01 Nov 01:30:00  runs\n",
			"clock/at half past two\n  Sun 01 Nov 02:30:00  runs\n",
			"runs, every 15 min, 96 times until Sun 01 Nov 10:45\n",
		}},
		{"Lord Howe in spring", "Australia/Lord_Howe", "2026-10-03 12:00", 24 * time.Hour, []string{
			"to Sun 04 Oct 2026 12:30, 1 d",
			"the clocks change at Sun 04 Oct 02:30:00",
			"clock/at quarter past two\n  Sun 04 Oct 02:30:00  runs\n",
			"clock/at half past two\n  Sun 04 Oct 02:30:00  runs\n",
			"clock/elapsed\n  Sat 03 Oct 18:00:00  runs, every 6 h, 3 times until Sun 04 Oct 06:30\n",
		}},
		{"Lord Howe in autumn", "Australia/Lord_Howe", "2026-04-04 12:00", 24 * time.Hour, []string{
			"to Sun 05 Apr 2026 11:30, 1 d",
			"the clocks change at Sun 05 Apr 01:30:00",
			"clock/at half past one\n  Sun 05 Apr 01:30:00  runs\n",
			"clock/elapsed\n  Sat 04 Apr 18:00:00  runs, every 6 h, 3 times until Sun 05 Apr 05:30\n",
		}},
		{"Apia leaves out a day", "Pacific/Apia", "2011-12-29 12:00", 48 * time.Hour, []string{
			"Thu 29 Dec 2011 12:00 to Sun 01 Jan 2012 12:00, 2 d of Pacific/Apia",
			"the clocks change at Sat 31 Dec 00:00:00",
			"clock/quarters\n  Thu 29 Dec 12:00:00  runs, every 15 min, 192 times until Sun 01 Jan 11:45\n",
			"clock/elapsed\n  Thu 29 Dec 18:00:00  runs, every 6 h, 7 times until Sun 01 Jan 06:00\n",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && !strings.HasPrefix(c.name, "New York") {
				t.Skip("days of virtual time, in which one goroutine runs at a time: there is no race to find")
			}
			t.Parallel()
			s := newSite(t, oneHead, map[string]string{"clock": `
				hik.cron("30 2 * * *", {name = "at half past two"}, function() end)
				hik.cron("15 2 * * *", {name = "at quarter past two"}, function() end)
				hik.at("01:30", {name = "at half past one"}, function() end)
				hik.cron("*/15 * * * *", {name = "quarters"}, function() end)
				hik.every("6h", {name = "elapsed"}, function() end)`})
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			s.Timezone, s.TimezoneName = zone, c.zone
			begin, err := time.ParseInLocation("2006-01-02 15:04", c.from, zone)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Run(Options{Site: s, From: begin, For: c.span, Seed: 1, Version: "test", Device: head, Scratch: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			got := folded(t, r)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("lacks %q", want)
				}
			}
			if t.Failed() {
				t.Log(got)
			}
		})
	}
}

// The span is half open: what is due at its begin is part of it, what is due at
// its end is not.
func TestTheSpanIsHalfOpen(t *testing.T) {
	s := newSite(t, oneHead, map[string]string{"clock": `hik.cron("0 * * * *", {name = "hour"}, function() end)
		hik.at("13:00", {name = "begin"}, function() end)
		hik.at("2026-01-14 13:00", {name = "once"}, function() end)
		hik.at("16:00", {name = "end"}, function() end)
		hik.every("1h", {name = "elapsed"}, function() end)`})
	r := rehearse(t, s, 3*time.Hour)
	got := folded(t, r)
	for _, want := range []string{
		"clock/hour\n  Wed 14 Jan 13:00:00  runs, every 1 h, 3 times until 15:00\n",
		"clock/begin\n  Wed 14 Jan 13:00:00  runs\n",
		"clock/once\n  Wed 14 Jan 13:00:00  runs\n",
		"clock/elapsed\n  Wed 14 Jan 14:00:00  runs\n  Wed 14 Jan 15:00:00  runs\n",
		"end (at 16:00) does not run in this span",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

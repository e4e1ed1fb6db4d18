package main

import (
	"context"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// What has no end does not go on: that a host drives a device from now on, a number
// plate. What was lost has ended where the device is held again.
func TestEventsThatAreMoments(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": journalSite})
	s := newSession(t)
	s.env["NVR_SECRET"] = "swordfish7"
	j, err := journal.Open(journalFolder("."), journal.Options{Clock: s.app.clk})
	if err != nil {
		t.Fatal(err)
	}
	for i, what := range []string{"held", "ANPR", "lost", "held", "lost"} {
		j.Write(journal.Entry{Kind: journal.Event, Time: begin.Add(time.Hour + time.Duration(i)*time.Minute), Device: "gate", What: what, Detail: "start"})
	}
	s.app.clk.(*clock.Virtual).Do(func() {
		if err := j.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	const want = `2026-03-04 14:00:00  gate  held
2026-03-04 14:01:00  gate  ANPR
2026-03-04 14:02:00  gate  lost  until held
2026-03-04 14:03:00  gate  held
2026-03-04 14:04:00  gate  lost  goes on
`
	if status := s.run(context.Background(), "events"); status != statusOK || s.out.String() != want {
		t.Errorf("status %d\n%s\nwant\n%s", status, s.out.String(), want)
	}
}

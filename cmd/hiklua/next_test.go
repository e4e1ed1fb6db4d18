package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const nightSite = `timezone: Europe/Berlin
location: {lat: 52.52, lon: 13.40}
devices:
  gate: {ip: 192.0.2.1, username: admin, password: "${NOT_THERE}"}
`

// nightJobs print when they run; what they command would fail.
const nightJobs = `
	local function tell(j) print(j.name, math.floor(j.scheduled)) end
	hik.cron("30 2 * * *", {name = "skipped"}, tell)
	hik.cron("*/20 * * * *", {name = "often"}, tell)
	hik.every(3600, {name = "hourly"}, tell)
	hik.at("sunset", {name = "dusk"}, tell)
	hik.at("2:15", {name = "sundays", days = "sun"}, tell)
	hik.spawn(function() hik.device("gate"):preset(1) end)`

// The list of next, what status and job:next() say, and what the host then
// does, are one, over both changes of the clock.
func TestNextIsWhatHappens(t *testing.T) {
	if testing.Short() {
		t.Skip("weeks of virtual time")
	}
	for _, from := range []string{"2026-03-28 12:00", "2026-10-24 12:00", "2026-06-01 00:00"} {
		s := newSession(t)
		dir := t.TempDir()
		write(t, dir, map[string]string{"site.yaml": nightSite, "scripts/night.lua": nightJobs})
		if status := s.run(context.Background(), "next", dir, "--from", from, "--count", "200", "--json"); status != statusOK {
			t.Fatalf("%d %s", status, s.err.String())
		}
		var listed []jsonRun
		if err := json.Unmarshal(s.out.Bytes(), &listed); err != nil {
			t.Fatal(err)
		}
		conf, err := site.LoadSimulated(dir, s.app.env)
		if err != nil {
			t.Fatal(err)
		}
		start, err := clock.ParseTime(from, conf.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		until := start.Add(36 * time.Hour)
		var want []string
		for _, r := range listed {
			at, err := time.Parse(time.RFC3339, r.Time)
			if err != nil {
				t.Fatal(err)
			}
			if !at.After(until) {
				want = append(want, fmt.Sprintf("%s\t%d", r.Job, at.Unix()))
			}
		}

		clk := clock.NewVirtual(start)
		onVirtual := *s.app
		onVirtual.clk = clk
		ran := make(map[string]bool)
		count := 0
		h, err := onVirtual.newHost(conf, hostOptions{
			log: slog.New(slog.DiscardHandler), simulate: true,
			print: func(_, text string) { ran[text] = true; count++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := clock.WithCancel(context.Background())
		clk.Go(func() { h.Run(ctx, nil) })
		clk.Run(start)
		first := make(map[string]string) // by job
		for _, r := range listed {
			if first[r.Job] == "" {
				first[r.Job] = r.Time
			}
		}
		for _, j := range h.Status().Jobs {
			if j.Next == nil || j.Next.Format(time.RFC3339) != first[j.Name] {
				t.Errorf("%s: status says %v, next %s", j.Name, j.Next, first[j.Name])
			}
		}
		clk.Run(until)
		stop()
		clk.RunFor(time.Minute)
		if count != len(want) {
			t.Errorf("from %s: %d runs, next lists %d", from, count, len(want))
		}
		for _, w := range want {
			if !ran[w] {
				t.Errorf("from %s: listed, but did not run: %s", from, w)
			}
		}
	}
}

func TestNextSaysWhatClocksDo(t *testing.T) {
	s := newSession(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": nightSite, "scripts/night.lua": nightJobs + `
		hik.on("name", print)
		hik.cron("0 0 1 1 *", {name = "jittered", jitter = "30s"}, print)`, "scripts/bad.lua": `hik.evry(1)`})
	status := s.run(context.Background(), "next", dir, "--from", "2026-03-28 12:00", "--count", "2")
	out := s.out.String()
	if status != statusFailure {
		t.Errorf("status %d with a broken script", status)
	}
	wants(t, out, "night/skipped", "Sun 2026-03-29 03:00:00 CEST", "night/dusk", "up to 30s later (jitter)")
	wants(t, s.err.String(), "scripts/bad.lua:1", "night/on name: runs on its event")
	if i := strings.Index(out, "03:00:00 CEST"); i < 0 || !strings.Contains(strings.SplitN(out[i:], "\n", 2)[0], "02:30") {
		t.Errorf("the note does not name the time that is skipped:\n%s", out)
	}
	for _, bad := range [][]string{{"--from", "tomorrow"}, {"--count", "0"}} {
		if status := s.run(context.Background(), append([]string{"next", dir}, bad...)...); status != statusMisuse {
			t.Errorf("%v: status %d", bad, status)
		}
	}
}

package runtime

import (
	"crypto/sha256"
	"flag"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

var raceHours = flag.Int("racehours", 2, "hours of TestADayIsTheSameOnEveryRun under the race detector")

// A site of ten scripts with sleeps, parallel tasks, commands and errors over
// a virtual day gives the same history to the byte with any number of
// processors.
func TestADayIsTheSameOnEveryRun(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(0))
	hours := 24
	if raceEnabled {
		hours = *raceHours
	}
	want := history(t, 1, hours)
	if lines := strings.Count(want, "\n"); lines < 100*hours {
		t.Fatalf("only %d lines of history", lines)
	}
	counts := []int{2, 16}
	if raceEnabled {
		counts = counts[1:]
	}
	for _, procs := range counts {
		if got := history(t, procs, hours); got != want {
			t.Fatalf("GOMAXPROCS=%d: %s", procs, firstDifference(want, got))
		}
	}
	t.Logf("%d hours: SHA-256 %x", hours, sha256.Sum256([]byte(want))) // the same with and without the race detector
}

func history(t *testing.T, procs, hours int) string {
	goruntime.GOMAXPROCS(procs)
	files := make(map[string]string)
	for i := range 10 {
		files[fmt.Sprintf("scripts/s%d.lua", i)] = fmt.Sprintf(`
			local n = %d
			hik.every(600 + n, {name = "tour", overlap = "queue"}, function()
				local head = hik.device(n %% 2 == 0 and "gate" or "yard")
				for p = 1, 3 do
					head:preset(p)
					hik.sleep(2 + n)
				end
				head:ptz_pan_tilt(n * 10, -n, {duration = 1.5, wait = n %% 3 > 0})
			end)
			hik.cron("*/5 * * * *", {jitter = "30s"}, function()
				hik.parallel({1, 2, 3, 4}, function(ch)
					if ch == 1 + n %% 4 then error("n " .. n) end
					if n == 0 and ch == 2 then return hik.snapshot("nvr", ch, {width = 64, height = 36}) end
					return hik.request("nvr", "GET", "/ISAPI/System/deviceInfo").status
				end, {limit = 2})
			end)
			hik.every("7m", function()
				local ok, err = pcall(hik.timeout, 3, function()
					hik.device("gate"):ptz_zoom(50)
					hik.sleep(n)
				end)
				print(n, ok, tostring(err))
			end)`, i)
	}
	w := newWorld(t, `timezone: UTC
devices:
  gate: {simulate: ptz}
  yard: {simulate: ptz, concurrency: 2}
  nvr: {simulate: nvr, max_rate: 5}
`, files, func(o *sim.Options) { o.Latency = 20 * time.Millisecond })
	w.devices["yard"].SetFaults(sim.Fault{Name: "offline", From: 30 * time.Minute, To: 50 * time.Minute},
		sim.Fault{Name: "slow", Value: "12s", From: 70 * time.Minute, To: 75 * time.Minute})
	w.start()
	w.run(time.Duration(hours) * time.Hour)
	w.end()
	var b strings.Builder
	for _, r := range w.records {
		fmt.Fprintln(&b, r.Time.Sub(noon), r.Duration, r.Waited, r.Device, r.Channel, r.What, r.Detail, r.Script, r.Job, r.Task, r.Err)
	}
	b.WriteString(strings.Join(w.printed, "\n"))
	b.WriteString(w.log.String())
	for _, name := range []string{"gate", "yard", "nvr"} {
		for _, e := range w.devices[name].Journal() {
			fmt.Fprintln(&b, e.Start.Sub(noon), e.End.Sub(noon), e.Method, e.Path, e.Status, e.What, e.Overlap)
		}
	}
	return b.String()
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d of %d\n  %s\n  %s", i, len(as), as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(as), len(bs))
}

package rehearsal

import (
	goruntime "runtime"
	"strings"
	"testing"
	"time"
)

// A site with everything in it that could differ from run to run gives the same
// lines to the byte, with any number of processors.
func TestTheSameToTheByte(t *testing.T) {
	s := newSite(t, `
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr, channels: {ramp: {address: 1}, till: {address: 2}}}
archive:
  schedules: [{channels: [gate/yard, "nvr/*"], every: 20m, label: routine}]
notify: {ops: {webhook: {url: "http://192.0.2.9/hook"}}}
`, map[string]string{
		"jitter": `hik.every("7m", {name = "jitter", jitter = "3m"}, function() print(math.random(1000), os.clock(), os.time()) end)`,
		"many": `
			hik.every("10m", {name = "many", overlap = "allow"}, function(run)
				local seen = {}
				hik.parallel({1, 2, 3, 4, 5}, function(i)
					hik.sleep(math.random() * 20)
					seen[#seen + 1] = i
					pcall(hik.snapshot, "nvr", i % 3 + 1)
				end, {limit = 3})
				print(table.concat(seen, " "), tostring(seen), seen, print)
				for k, v in pairs({a = 1, b = 2, c = 3, d = {}}) do hik.log.info(k, {value = v}) end
			end)`,
		"heads": `
			local function turn() hik.ptz_pan_tilt("gate", 1, 30, 5, {duration = 2}) end
			hik.every("9m", {name = "a"}, function() for p = 1, 3 do hik.preset("gate", 1, p, {wait = true}) end end)
			hik.every("11m", {name = "b"}, function() hik.exclusive("gate", 1, {timeout = "1m"}, turn) end)
			hik.every("13m", {name = "c"}, function() hik.ptz_pan_tilt("gate", 1, 5, 0) error("at " .. hik.now()) end)`,
		"busy": `hik.every("1h", {name = "busy"}, function() local n = 0 while true do n = n + 1 if n % 7 == 0 then hik.state.n = n end end end)`,
		"tells": `hik.every("1h", {name = "tells"}, function()
			hik.notify("ops", "round " .. hik.now())
			hik.http.post("http://192.0.2.8/token", {json = {at = hik.now()}})
			hik.state.rounds = (hik.state.rounds or 0) + 1
			hik.file.append("log.txt", tostring(hik.state.rounds))
		end)`,
	})
	s.Limits.Compute = 20 * time.Millisecond
	span := 8 * time.Hour
	if raceEnabled || testing.Short() {
		span = 100 * time.Minute
	}
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(0))
	run := func(procs int) string {
		goruntime.GOMAXPROCS(procs)
		r := rehearse(t, s, span)
		var b strings.Builder
		if err := r.Timeline.JSON(&b, true); err != nil {
			t.Fatal(err)
		}
		return folded(t, r) + text(t, r) + b.String()
	}
	want := run(1)
	if lines := strings.Count(want, "\n"); lines < 100 {
		t.Fatalf("only %d lines\n%s", lines, want)
	}
	for _, procs := range []int{16} {
		if got := run(procs); got != want {
			t.Fatalf("GOMAXPROCS=%d: %s", procs, firstDifference(want, got))
		}
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return as[i] + "\n" + bs[i]
		}
	}
	return "one is longer"
}

package rehearsal

import (
	"net/http"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// What is in memory does not grow with the span: neither what has happened, nor
// what is known of tasks that have ended, with and without an entry of their end.
func TestMemoryDoesNotGrowWithTheSpan(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("counts what the compiler makes")
	}
	s := newSite(t, oneHead, map[string]string{"round": `
		local yard = hik.device("gate"):channel("yard")
		hik.every("1m", {name = "look"}, function()
			yard:preset(1)
			hik.spawn(function() hik.sleep(1) yard:preset(2) end)
			pcall(yard.preset, yard, 299)
		end)`})
	device := func(d site.Device, clk clock.Clock) http.RoundTripper {
		return sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clk, Username: d.Username, Password: d.Password.Reveal(), JournalSize: 1}).Transport()
	}
	const first, last = 20 * 60, 60 * 60 // minutes
	minutes := 0
	var before, after uint64
	o := Options{Site: s, From: from, For: last * time.Minute, Seed: 1, Version: "test", Device: device, Scratch: t.TempDir()}
	o.Interrupted = func() bool { // asked before each minute
		minutes++
		switch minutes {
		case first:
			before = inUse()
		case last:
			after = inUse()
		}
		return false
	}
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Timeline.Actions.Len(); n < 3*last {
		t.Fatalf("%d actions", n)
	}
	t.Logf("%d kB, %d kB", before>>10, after>>10)
	if after > before+1<<20 {
		t.Errorf("%d kB in use after %d minutes, %d kB after %d", before>>10, first, after>>10, last)
	}
}

// inUse is how many bytes of the heap are in use.
func inUse() uint64 {
	goruntime.GC()
	goruntime.GC() // pools are empty after the second
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.HeapAlloc
}

package runtime

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// waited is a run by hand that is waited for.
type waited struct {
	run  RunStatus
	err  error
	over bool
}

// runJob starts a run by hand and waits for it beside the test.
func (w *world) runJob(ctx context.Context, name string) *waited {
	r := new(waited)
	w.clk.Go(func() {
		r.run, r.err = w.host.RunJobWait(ctx, name)
		r.over = true
	})
	w.run(0)
	return r
}

const jobs = `
	hik.every("1h", {name = "works"}, function() hik.sleep(5) end)
	hik.every("1h", {name = "fails"}, function() hik.sleep(5) error("no light") end)
	hik.every("1h", {name = "queues", overlap = "queue"}, function() hik.sleep(10) end)
	hik.on("gate:motion", {name = "hears"}, function(ev) print(ev.type) end)
	hik.every("1h", {name = "finishes", on_reload = "finish"}, function() hik.sleep(30) end)`

// How a run by hand ended is told to who waits for it; that of another is not.
func TestRunJobWait(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": jobs})
	w.start()
	w.run(time.Second)
	ctx := t.Context()
	works, fails, hears := w.runJob(ctx, "works"), w.runJob(ctx, "a/fails"), w.runJob(ctx, "hears")
	first, second := w.runJob(ctx, "queues"), w.runJob(ctx, "queues")
	busy := w.runJob(ctx, "works")
	if works.over || !hears.over || !busy.over {
		t.Error("one is over too soon, or too late:", works.over, hears.over, busy.over)
	}
	if luaapi.Describe(busy.err).Kind != "busy" {
		t.Error(busy.err)
	}
	w.run(5 * time.Second)
	if r := works.run; works.err != nil || r.Outcome != OutcomeOK || r.Duration != 5 || r.Error != nil || r.Ended == nil {
		t.Errorf("%+v, %v", r, works.err)
	}
	if r := fails.run; fails.err != nil || r.Outcome != OutcomeFailed || r.Error == nil || !strings.Contains(r.Error.Message, "no light") || r.Error.Place != "scripts/a.lua:3" {
		t.Errorf("%+v, %v", r, fails.err)
	}
	w.run(6 * time.Second)
	if !first.over || second.over {
		t.Error("the run that waits for the one before:", first.over, second.over)
	}
	w.run(10 * time.Second)
	if second.run.Outcome != OutcomeOK || second.run.Duration != 10 {
		t.Errorf("%+v", second)
	}
	for range maxQueued + 1 { // one runs
		w.clk.Go(func() { w.host.RunJobWait(ctx, "queues") })
	}
	w.run(0)
	if full := w.runJob(ctx, "queues"); !full.over || luaapi.Describe(full.err).Kind != "busy" {
		t.Errorf("one more than may wait: %+v", full)
	}
	w.run(10 * time.Minute)
	for _, j := range w.host.Status().Jobs {
		want := map[string][3]int{"works": {1, 0, 0}, "fails": {1, 1, 0}, "queues": {3 + maxQueued, 0, 1}, "hears": {1, 0, 0}}[j.Name]
		if got := [3]int{j.Runs, j.Failed, j.Skipped}; got != want {
			t.Errorf("%s: %v", j.Name, got)
		}
	}
	if r := w.runJob(ctx, "wroks"); !strings.Contains(luaapi.Describe(r.err).Hint, `"works"`) {
		t.Error(r.err)
	}
}

// A run is cancelled by a reload, and one that may finish is waited for over it;
// one that waited in the old version for its turn has not begun. Who waits no
// longer leaves the run alone.
func TestRunJobWaitOverReload(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": jobs})
	w.start()
	w.run(time.Second)
	short, cancel := clock.WithCancel(context.Background())
	left := w.runJob(short, "fails")
	cancel()
	w.run(0)
	if left.err != context.Canceled || w.host.Status().Jobs[1].Running != 1 {
		t.Errorf("%+v", left)
	}
	ctx := t.Context()
	cut, queued, first, stays := w.runJob(ctx, "works"), new(waited), w.runJob(ctx, "queues"), w.runJob(ctx, "finishes")
	queued = w.runJob(ctx, "queues")
	w.write("scripts/a.lua", jobs+" -- saved")
	w.sync()
	for _, r := range []*waited{cut, first} {
		if r.err != nil || r.run.Outcome != OutcomeCancelled || r.run.Error != nil {
			t.Errorf("%+v", r)
		}
	}
	if !queued.over || queued.err == nil || !queued.run.Scheduled.IsZero() {
		t.Errorf("%+v", queued)
	}
	if stays.over {
		t.Error("it was not waited for")
	}
	w.run(30 * time.Second)
	if stays.run.Outcome != OutcomeOK || stays.run.Duration != 30 {
		t.Errorf("%+v", stays)
	}
	last := w.runJob(ctx, "works")
	w.end()
	if !last.over || last.err == nil && last.run.Outcome != OutcomeCancelled {
		t.Errorf("%+v", last)
	}
}

// Runs of a script that is held back, or set aside meanwhile, are not waited for
// without end.
func TestRunJobWaitOfAHeldScript(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": jobs})
	w.start()
	w.run(time.Second)
	s := w.host.find("a")
	s.mu.Lock()
	s.health.heldUntil = w.clk.Now().Add(time.Minute)
	s.mu.Unlock()
	if r := w.runJob(t.Context(), "works"); !r.over || luaapi.Describe(r.err).Kind != "busy" || !strings.Contains(r.err.Error(), "held back until") {
		t.Errorf("%+v", r)
	}
	w.run(2 * time.Minute)
	w.runJob(t.Context(), "queues")
	waits := w.runJob(t.Context(), "queues")
	s.mu.Lock()
	s.health.heldUntil = w.clk.Now().Add(time.Minute)
	s.mu.Unlock()
	w.run(10 * time.Second)
	if !waits.over || luaapi.Describe(waits.err).Kind != "busy" {
		t.Errorf("%+v", waits)
	}
	w.run(2 * time.Minute)
	r := w.runJob(t.Context(), "works")
	w.hold("a")
	if !r.over || r.run.Outcome != OutcomeCancelled {
		t.Errorf("%+v", r)
	}
}

// Whatever comes between, each wait ends.
func TestRunJobWaitAtOnce(t *testing.T) {
	const script = `
		hik.every("1h", {name = "job", overlap = "queue"}, function() hik.sleep(0.001) end)
		hik.on("word", {name = "handler", overlap = "queue"}, function() hik.sleep(0.001) end)`
	r := newRunning(t, gateAndYard, map[string]string{"scripts/a.lua": script})
	r.until("it runs", func() bool { return r.host.find("a") != nil })
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var work sync.WaitGroup
	for range 4 {
		for _, name := range []string{"job", "handler"} {
			work.Go(func() {
				for range 20 {
					if _, err := r.host.RunJobWait(ctx, name); err == context.DeadlineExceeded {
						t.Error("a wait has not ended")
						return
					}
				}
			})
		}
	}
	work.Go(func() {
		for i := range 10 {
			r.write("scripts/a.lua", script+strings.Repeat(" ", i))
			r.host.Sync(ctx)
			r.host.HoldScript("a")
			r.host.ReleaseScript("a")
		}
	})
	work.Wait()
	r.end()
}

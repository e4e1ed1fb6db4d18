package cluster

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"
)

// Scripts are told of an orderly hand-over before their tasks end, and the next host
// tells its own who it is.
func TestHandOverIsTold(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/tell.lua": `
		hik.on("gate:lost", {state = "both"}, function(ev)
			hik.sleep("100ms")
			hik.state.last = ev.type
			print(ev.type, ev.state)
		end)
		hik.on("gate:held", function(ev) print(ev.type, ev.host, ev.from, hik.state.last) end)`})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	to := a.another(first).name
	a.printed = nil
	var err error
	a.do(30*time.Second, func() { err = a.box(first).process.member.Move(context.Background(), "site", to) })
	a.run(5 * time.Second)
	want := []string{first + " lost\tstart", to + " held\t" + to + "\t" + first + "\tlost"}
	if got := a.lines("tell"); err != nil || !slices.Equal(got, want) {
		t.Errorf("printed %q, want %q: %v", got, want, err)
	}
	a.end()
}

// A host that is started under the name of one that runs ends, and that one goes on.
func TestSecondHostOfAName(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.box("left").start()
	a.box("right").start()
	t.Cleanup(a.end)
	a.run(time.Minute)
	holder := a.holder("site")
	third := a.box("third")
	third.alias = holder
	third.start()
	a.run(10 * time.Second)
	if !third.process.ended || third.process.err == nil || !strings.Contains(third.process.err.Error(), "another machine runs as host "+holder) {
		t.Errorf("the second %s: ended %v, %v", holder, third.process.ended, third.process.err)
	}
	if p := a.box(holder).process; p.ended || a.holder("site") != holder {
		t.Errorf("the first %s: ended %v, %s holds the share", holder, p.ended, a.holder("site"))
	}

	// It may be started anew at once.
	first := a.box(holder)
	first.kill()
	first.restart()
	a.run(40 * time.Second)
	if first.process.ended {
		t.Errorf("%s ended: %v", holder, first.process.err)
	}
}

// A host that has lost its share, or handed it over, keeps nothing of what drove the
// devices: that is most of its memory.
func TestStandbyForgetsItsHost(t *testing.T) {
	for _, orderly := range []bool{true, false} {
		a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
		a.startAll()
		a.run(30 * time.Second)
		first := a.holder("site")
		host := weak.Make(a.box(first).process.member.share("site").latest().running())
		if orderly {
			a.do(30*time.Second, func() {
				if err := a.box(first).process.member.Move(context.Background(), "site", a.another(first).name); err != nil {
					t.Error(err)
				}
			})
		} else {
			a.engine.Cut(first)
		}
		a.run(2 * time.Minute)
		for n := 0; n < 10 && host.Value() != nil; n++ { // pools keep things over one collection
			runtime.GC()
		}
		if host.Value() != nil {
			t.Errorf("it is kept (orderly: %t)", orderly)
		}
		a.end()
	}
}

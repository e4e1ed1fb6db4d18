package cluster

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// A host that can't open its state gives the share up, and another runs it.
func TestHostThatCannotStartGivesUp(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	// The folder of the state cannot be made on two.
	a.box("left").write("data/cluster/site", "no folder")
	a.box("third").write("data/cluster/site", "no folder")
	a.startAll()
	a.run(60 * time.Second)
	if now := a.holder("site"); now != "right" {
		t.Errorf("%q holds the share", now)
	}
	if len(a.lines("sweep")) == 0 {
		t.Error("no script has run")
	}
	a.judge()
}

// A start that hangs, as a disk may, keeps the devices from no other host.
func TestHostWhoseStartHangsGivesUp(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	hangs, mend := clock.WithCancel(context.Background())
	for _, name := range []string{"left", "third"} {
		a.box(name).hangs = hangs
	}
	a.startAll()
	a.run(2 * time.Minute)
	if now := a.holder("site"); now != "right" {
		t.Errorf("%q holds the share\n%s", now, a.log)
	}
	if len(a.lines("sweep")) == 0 {
		t.Error("no script has run")
	}
	mend()
	a.run(time.Minute)
	a.judge()
}

// A host that is made at the moment when the share is let go is not run: it would end
// in order, for which its gate is shut, and not be dropped.
func TestHostThatIsMadeTooLateIsNotTaken(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	s := a.box(a.holder("site")).process.member.share("site")
	a.do(time.Second, func() {
		late := newTerm(s, 1, func() bool { return true })
		late.letGo()
		if late.take(nil) {
			t.Error("it is taken")
		}
	})
}

// A share can begin to wane before its host is made: what is asked of that host waits
// until the lease is confirmed.
func TestHostThatIsMadeWhileTheShareWanes(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	m := a.box(a.holder("site")).process.member
	a.do(30*time.Second, func() {
		h, err := runtime.New(runtime.Config{
			Site: m.Site(), Clock: m.clk, Log: m.log, Scratch: true,
			Getenv:    func(string) (string, bool) { return "", false },
			Transport: func(d site.Device) (http.RoundTripper, error) { return a.camera(d).Transport(), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		of := newTerm(m.share("site"), 1, func() bool { return true })
		of.wane(true)
		if !of.take(h) {
			t.Fatal("it is not taken")
		}
		h.Open()
		recall := func() error {
			ctx, cancel := clock.WithTimeout(m.clk, context.Background(), 3*time.Second)
			defer cancel()
			return h.RecallPreset(ctx, "gate", 1, 1)
		}
		if err := recall(); err == nil {
			t.Error("a head is turned while the share wanes")
		}
		of.wane(false)
		if err := recall(); err != nil {
			t.Errorf("after the lease was confirmed: %v", err)
		}
	})
}

// A host that is stopped while it takes its first release ends whole.
func TestHostThatIsStoppedAsItTakesTheRelease(t *testing.T) {
	a := newArena(t, oneDome, nil)
	third := a.box("third")
	third.slow = 3 * time.Second
	a.startAll()
	a.run(2 * time.Second)
	third.process.stop()
	a.run(10 * time.Second)
	if !third.process.ended {
		t.Error("it has not ended")
	}
	a.end()
}

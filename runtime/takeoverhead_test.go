package runtime

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/store"
	"github.com/hiklua/hiklua/runtime/store/logtest"
)

// A password that was refused is not tried by the next holder, and the right one is.
func TestARefusedLoginIsNotTriedAgain(t *testing.T) {
	p := newPair(t, strings.Replace(oneHead, "simulate: ptz", "ip: 192.0.2.10\n    username: admin\n    password: wrong", 1), nil)
	logins := func() (n int) {
		for _, e := range p.devices["gate"].Journal() {
			if e.Status == http.StatusUnauthorized {
				n++
			}
		}
		return n
	}
	a := p.take(time.Time{})
	p.clk.RunFor(time.Minute)
	if d := a.Status().Devices[0]; d.State != "unauthorized" {
		t.Fatal(d)
	}
	before := logins()
	former := a.kill()
	b := p.take(former)
	p.clk.RunFor(time.Minute)
	if d := b.Status().Devices[0]; d.State != "unauthorized" || logins() != before {
		t.Error(d.State, before, logins())
	}
}

// A head is not set moving that the log does not know of; it moves when the log
// answers again.
func TestNoMoveWithoutTheLog(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every("15s", {name = "move"}, function()
			local ok, err = pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0, {duration = 1})
			print(ok and "moved" or err.kind)
		end)`})
	a := p.take(time.Time{})
	p.clk.RunFor(5 * time.Second)
	p.log.Break(0, func([]byte) logtest.Fault { return logtest.Hang })
	p.clk.RunFor(30 * time.Second)
	p.want("busy", "busy")
	p.log.Break(0, nil)
	p.clk.RunFor(30 * time.Second)
	p.want("busy", "busy", "moved", "moved")
	p.clk.RunFor(time.Minute)
	p.printed = nil
	p.log.Hold()
	p.clk.RunFor(30 * time.Second)
	if len(p.printed) == 0 || p.printed[0] != "elsewhere" {
		t.Error(p.printed)
	}
	// Its state is refused, too.
	p.clk.Do(func() {
		err := diskFailure(a.store.Flush(context.Background()))
		if errorStatus(err).Kind != "elsewhere" || !errors.Is(err, store.ErrFenced) {
			t.Error(err)
		}
	})
}

// A head that was moving when the holder died is stopped first by the next.
func TestALeftMovingHeadIsStoppedByTheNextHolder(t *testing.T) {
	p := newPair(t, oneHead+"limits: {motion: 10m}\n", map[string]string{"scripts/a.lua": `
		if not hik.state.once then
			hik.state.once = true
			hik.spawn(function() hik.sleep(1) hik.ptz_pan_tilt("gate", "yard", 40, 0) hik.sleep("1h") end)
		end`})
	a := p.take(time.Time{})
	p.clk.RunFor(10 * time.Second)
	if !p.devices["gate"].Driven(1) {
		t.Fatal("the head does not move", &p.logged)
	}
	former := a.kill()
	p.clk.RunFor(8 * time.Second)
	p.take(former)
	p.clk.RunFor(2 * time.Second)
	if p.devices["gate"].Driven(1) {
		t.Error("the head moves on", &p.logged)
	}
}

// Where a site is divided, what the host that ran it alone left moving is for the
// share that has the device.
func TestHeadsOfAnotherShareAreLeftToIt(t *testing.T) {
	p := newPair(t, oneHead, nil)
	before := filepath.Join(p.dir, "data", "state.db")
	s, err := store.Open(before, store.Options{Clock: p.clk})
	if err != nil {
		t.Fatal(err)
	}
	p.clk.Do(func() {
		for _, name := range []string{"gate", "yard", "gone"} {
			s.SetMoving(context.Background(), store.Moving{Device: name, Channel: 1, Address: "http://192.0.2.1:80", Since: noon})
		}
		s.Close()
	})
	var h *Host
	p.clk.Do(func() {
		h, err = New(Config{
			Site: p.site, Clock: p.clk, Log: slog.New(slog.NewTextHandler(&p.logged, nil)), Version: "test",
			State: filepath.Join(p.dir, "cluster", "state.db"), StateBefore: before, StateLog: p.log.Hold(),
			Elsewhere: func(device string) (string, bool) { return "right", device == "yard" },
		})
		if err != nil {
			t.Error(err)
			return
		}
		var left []string
		for _, m := range h.store.AllMoving() {
			left = append(left, m.Device)
		}
		if !slices.Equal(left, []string{"gate", "gone"}) {
			t.Error(left)
		}
		h.Close()
	})
}

// A host that is dropped puts nothing into the log any more: what it has left moving
// stays there for the next one, and the run that it broke off goes on.
func TestADroppedHostLeavesTheLogAlone(t *testing.T) {
	p := newPair(t, oneHead+"limits: {motion: 10m}\n", map[string]string{"scripts/a.lua": `
		hik.at("12:10", {name = "tour"}, function()
			hik.resume("13:00")
			if hik.state.moved then print("goes on") return end
			hik.state.moved = true
			hik.ptz_pan_tilt("gate", "yard", 40, 0)
			print("moves")
			hik.sleep("1h")
		end)`})
	a := p.take(time.Time{})
	p.clk.Run(noon.Add(11 * time.Minute))
	before := len(p.log.Entries())
	a.dead = true // its gate is shut
	p.clk.Do(func() { a.Drop() })
	if after := len(p.log.Entries()); after != before {
		t.Errorf("%d entries, and %d before", after, before)
	}
	p.take(p.clk.Now())
	p.clk.RunFor(2 * time.Second)
	if p.devices["gate"].Driven(1) {
		t.Error("the head moves on", &p.logged)
	}
	p.want("moves", "goes on")
}

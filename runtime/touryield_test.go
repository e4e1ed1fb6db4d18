package runtime

import (
	"strings"
	"testing"
	"time"
)

const yielding = `
	local tour = require "hik.tour"
	hik.at("12:00:10", {name = "tour"}, function()
		local count = tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2, snapshot = true}, {preset = 3}},
			{till = "12:10", dwell = "30s", yield = "20s", hold_on = "motion", hold_for = "15s"})
		print(count.yielded)
	end)`

// visitAt is when the n-th preset was called, counted from the start.
func (w *world) visitAt(n int) time.Duration {
	w.t.Helper()
	for _, s := range w.sent("gate") {
		if at, _, ok := strings.Cut(s, " goto "); ok {
			if n--; n == 0 {
				d, _ := time.ParseDuration(at)
				return d
			}
		}
	}
	w.t.Fatalf("there is no such visit: %s", w.sent("gate"))
	return 0
}

// Somebody who takes the head on its way to a stop has it until it has rested, and no picture is taken of the wrong place.
func TestTourYieldsOnItsWay(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	plain := newWorld(t, oneHead, map[string]string{"scripts/a.lua": yielding})
	plain.start()
	plain.run(5 * time.Minute)
	second := plain.visitAt(5) // preset 2, in the second round

	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": yielding})
	w.byHand(second + 500*time.Millisecond)
	w.start()
	w.run(5 * time.Minute)
	if got := w.visitAt(5); got != second {
		t.Fatalf("at %v, want %v", got, second)
	}
	if next := w.visitAt(6); next < second+20*time.Second || next > second+30*time.Second {
		t.Errorf("the head is taken at %v, and the tour goes on at %v\n%s", second, next, w.log)
	}
	var pictures int
	for _, s := range w.sent("gate") {
		at, what, _ := strings.Cut(s, " ")
		if d, _ := time.ParseDuration(at); strings.HasPrefix(what, "picture") && d > second && d < second+time.Minute {
			pictures++
		}
	}
	if pictures != 0 {
		t.Error(w.sent("gate"))
	}
	w.run(10 * time.Minute)
	w.wantPrinted("1")
}

// Somebody who goes on and on has the head for as long: it never arrives, which is no fault of the preset's.
func TestTourYieldsToSomebodyWhoGoesOn(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": yielding})
	w.start()
	for at := 10500 * time.Millisecond; at < 2*time.Minute; at += 3 * time.Second {
		w.byHand(at)
	}
	w.run(3 * time.Minute)
	if next := w.visitAt(2); next < 2*time.Minute+18*time.Second || next > 2*time.Minute+30*time.Second {
		t.Errorf("the tour goes on at %v\n%s\n%s", next, w.sent("gate"), w.log)
	}
	if strings.Contains(w.log.String(), "not reached") {
		t.Error(w.log)
	}
}

// A save while somebody has the head takes it from them no more than the tour did.
func TestTourYieldsOverASave(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": yielding})
	w.byHand(20 * time.Second) // at the first stop
	w.byHand(27 * time.Second)
	w.start()
	w.run(25 * time.Second)
	w.wantLog("somebody moves the head")
	w.write("scripts/a.lua", yielding+" -- saved")
	w.sync()
	w.run(2 * time.Minute)
	if next := w.visitAt(2); next < 45*time.Second || next > 60*time.Second {
		t.Errorf("the tour goes on at %v\n%s", next, w.log)
	}
}

// An event that goes on over a save and a restart holds the tour as before, and not for ever where its end was not heard.
func TestTourHoldsOverASaveAndARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": yielding})
	w.start()
	w.run(20 * time.Second)
	w.alarm(80 * time.Second) // to 1m40s
	w.run(20 * time.Second)
	w.write("scripts/a.lua", yielding+" -- saved")
	w.sync()
	w.run(4 * time.Minute)
	if third := w.visitAt(3); third < 115*time.Second || third > 125*time.Second {
		t.Errorf("the tour goes on at %v\n%s\n%s", third, w.sent("gate"), w.log)
	}

	w = newKeeper(t, oneHead, map[string]string{"scripts/a.lua": strings.Replace(yielding, "12:10", "12:30", 1)})
	w.start()
	w.run(20 * time.Second)
	w.alarm(30 * time.Second)
	w.run(10 * time.Second)
	w.crash()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(10 * time.Minute)
	if second := n.visitAt(2); second < 15*time.Second || second > 6*time.Minute {
		t.Errorf("after a crash the tour goes on at %v\n%s\n%s", second, n.sent("gate"), n.log)
	}
}

// While motion goes on the head stays also where somebody has left it.
func TestTourHoldsWhereSomebodyHasLeftTheHead(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": yielding})
	w.byHand(20 * time.Second)
	w.start()
	w.run(25 * time.Second)
	w.alarm(80 * time.Second)
	w.run(5 * time.Minute)
	if second := w.visitAt(2); second < 120*time.Second || second > 130*time.Second {
		t.Errorf("the tour goes on at %v\n%s", second, w.log)
	}
}

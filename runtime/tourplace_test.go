package runtime

import (
	"strings"
	"testing"
	"time"
)

// A tour without till goes on at its stop, too, and is over after its rounds; the run that then does something else, and is cut
// off once more, does not tour again.
func TestTourOfRoundsGoesOn(t *testing.T) {
	const script = `
		local tour = require "hik.tour"
		hik.at("12:10", {name = "night"}, function()
			local count = tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}, {preset = 3}}, {rounds = 2, dwell = "20s", home = 4})
			print(count.rounds, count.stops)
			hik.sleep("10m")
			print("done")
		end)`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(10*time.Minute + 30*time.Second) // at the second stop
	w.write("scripts/a.lua", script+" -- saved")
	w.sync()
	w.run(10 * time.Second)
	w.end()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(3 * time.Minute)
	if got := w.visited() + "; " + n.visited(); got != "1 2 2; 2 3 1 2 3 4" {
		t.Error(got)
	}
	n.wantPrinted("2\t6")
	n.crash()
	last := n.next(time.Minute, nil)
	last.start()
	last.run(20 * time.Minute)
	if got := last.visited(); got != "" {
		t.Error(got)
	}
	last.wantPrinted("2\t6", "done")
}

// What a run has asked for itself by hik.resume holds through a tour in it.
func TestTourKeepsTheResumeOfItsRun(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		hik.at("12:10", function()
			hik.resume("18:00")
			for _, o in ipairs{{rounds = 1}, {till = "12:12"}} do tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}}, o) end
			print(hik.date("%H:%M", (hik.resume())))
			hik.sleep("10h")
		end)`})
	w.start()
	w.run(time.Hour)
	n := w.next(3*time.Hour, nil)
	n.start()
	n.run(time.Hour)
	if len(w.printed) != 1 || len(n.printed) != 1 || n.printed[0] != "18:00" {
		t.Error(w.printed, n.printed, n.log)
	}
}

// The stops were changed in between: the tour goes on at the stop of that preset; at its first one where that is gone.
func TestTourWithOtherStopsGoesOn(t *testing.T) {
	for _, test := range []struct{ stops, want string }{
		{"{{preset = 5}, {preset = 1}, {preset = 2}, {preset = 3}}", "1 2 2 3"},
		{"{{preset = 1}, {preset = 3}}", "1 2 1 3"},
		{"{{preset = 2}}", "1 2 2 2"},
	} {
		w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": touring})
		w.start()
		w.run(10*time.Minute + 30*time.Second)
		w.write("scripts/a.lua", strings.Replace(touring, "{{preset = 1}, {preset = 2}, {preset = 3}}", test.stops, 1))
		w.sync()
		w.run(25 * time.Second)
		if got := w.visited(); got != test.want {
			t.Errorf("%s: %s, want %s", test.stops, got, test.want)
		}
	}
}

// A tour that no job has begun goes on over a save and a short restart, and begins anew where it was ended by its script.
func TestTourOutsideOfJobsGoesOn(t *testing.T) {
	const script = `
		local tour = require "hik.tour"
		local task = hik.spawn(function() tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}, {preset = 3}}, {dwell = "20s"}) end)
		hik.on("end", function() task:cancel() end)`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(30 * time.Second)
	w.write("scripts/a.lua", script+" -- saved")
	w.sync()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(5 * time.Second)
	if got := w.visited() + "; " + n.visited(); got != "1 2 2; 2" {
		t.Error(got)
	}
	n.host.devices.Hub().Emit("end", nil, n.clk.Now(), nil)
	n.run(time.Second)
	n.write("scripts/a.lua", script+" -- saved again")
	n.sync()
	n.run(5 * time.Second)
	if got := n.visited(); got != "2 1" {
		t.Error(got)
	}
}

// Two tours of one head in a row: the end of the first does not take the place from the second.
func TestTwoToursOfOneHead(t *testing.T) {
	const script = `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")
		hik.at("12:10", function() tour.run(yard, {{preset = 1}, {preset = 2}}, {till = "12:20", dwell = "20s"}) end)
		hik.at("12:20", function() tour.run(yard, {{preset = 3}, {preset = 4}, {preset = 5}}, {till = "12:30", dwell = "20s"}) end)`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(20*time.Minute + 30*time.Second)
	before := w.visited()
	w.write("scripts/a.lua", script+" -- saved")
	w.sync()
	w.run(30 * time.Second)
	if got := strings.TrimPrefix(w.visited(), before); !strings.HasSuffix(before, "3 4") || got != " 4 5" {
		t.Error(before, "|", got)
	}
}

// A run that tours the same stops twice does so, also where it was cut off in the first of them.
func TestTwoToursOfOneRun(t *testing.T) {
	const script = `
		local tour = require "hik.tour"
		hik.at("12:10", function()
			for i = 1, 2 do print(i, tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}}, {rounds = 1, dwell = "20s", home = 3}).stops) end
		end)`
	for cut, want := range map[bool]string{false: "1 2 3 1 2 3", true: "1 1 2 3 1 2 3"} {
		w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": script})
		w.start()
		w.run(10*time.Minute + 10*time.Second)
		if cut {
			w.write("scripts/a.lua", script+" -- saved")
			w.sync()
		}
		w.run(5 * time.Minute)
		if got := w.visited(); got != want {
			t.Errorf("cut off: %v: %s\n%s", cut, got, w.log)
		}
		w.wantPrinted("1\t2", "2\t2")
		w.end()
	}
}

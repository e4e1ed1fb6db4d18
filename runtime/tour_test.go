package runtime

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// touring is a tour of three presets, 20 s and 2 s of way each.
const touring = `
	local tour = require "hik.tour"
	local yard = hik.device("gate"):channel("yard")
	hik.at("12:10", {name = "night"}, function()
		print(hik.json.encode(tour.run(yard, {{preset = 1}, {preset = 2}, {preset = 3}}, {till = "12:20", dwell = "20s", home = 4})))
	end)`

// visited are the presets that were called, in their order.
func (w *world) visited() string {
	var list []string
	for _, s := range w.sent("gate") {
		if _, preset, ok := strings.Cut(s, " goto "); ok {
			list = append(list, preset)
		}
	}
	return strings.Join(list, " ")
}

// Over a save, the end of the host and a crash the tour goes on at its stop, with what
// it has counted, and home is reached once, at its end.
func TestTourGoesOnAtItsStop(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": touring})
	w.start()
	w.run(10*time.Minute + 30*time.Second) // at the second stop
	w.write("scripts/a.lua", touring+" -- saved")
	w.sync()
	w.run(30 * time.Second)
	if got := w.visited(); got != "1 2 2 3" {
		t.Errorf("over a save: %s\n%s", got, w.log)
	}
	w.end()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(10 * time.Second)
	if got := n.visited(); got != "3" {
		t.Errorf("over a restart: %s", got)
	}
	n.wantLog("gate/yard: the tour goes on at preset 3")
	n.run(30 * time.Second)
	n.crash()
	last := n.next(time.Minute, nil)
	last.start()
	last.run(20 * time.Minute)
	if got := last.visited(); !strings.HasPrefix(got, "1 2 3") || !strings.HasSuffix(got, " 4") || strings.Count(got, "4") != 1 {
		t.Errorf("over a crash: %s", got)
	}
	if len(last.printed) != 1 || strings.Contains(last.printed[0], `"rounds":1,`) {
		t.Error(last.printed)
	}
	if got := last.status("night").Last; got == nil || got.Outcome != OutcomeOK {
		t.Errorf("%+v", got)
	}
}

// The end passed while the host was down: the head goes home, if that is not long ago, and the tour does not begin again
// until the next evening; there it begins at its first stop.
func TestTourWhoseEndHasPassed(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	for _, test := range []struct {
		down time.Duration
		want string
	}{{10 * time.Minute, "4"}, {2 * time.Hour, ""}} {
		w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": touring})
		w.start()
		w.run(10*time.Minute + 30*time.Second)
		w.end()
		n := w.next(test.down, nil)
		n.start()
		n.run(time.Hour)
		if got := n.visited(); got != test.want {
			t.Errorf("down for %v: %s", test.down, got)
		}
		n.run(23 * time.Hour)
		if got := strings.TrimPrefix(n.visited(), "4 "); !strings.HasPrefix(got, "1 2 3 1") || !strings.HasSuffix(got, " 4") {
			t.Error(got)
		}
	}
}

// A tour that catch_up begins late ends when it should have.
func TestTourThatIsMadeUpEndsInTime(t *testing.T) {
	late := strings.Replace(touring, `{name = "night"}`, `{name = "night", catch_up = "1h"}`, 1)
	for _, test := range []struct {
		down time.Duration
		want string
	}{{2 * time.Minute, "2 3 1"}, {30 * time.Minute, "4"}} {
		w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": late})
		w.start()
		w.run(10*time.Minute + 30*time.Second)
		w.end()
		n := w.next(test.down, nil)
		n.start()
		n.run(time.Hour)
		if got := n.visited(); !strings.HasPrefix(got, test.want) || !strings.HasSuffix(got, "4") || len(n.printed) != 1 {
			t.Errorf("down for %v: %s %v", test.down, got, n.printed)
		}
	}
}

// A name that the head does not have is told at the start, once, with the
// nearest one; the others are visited. A tour of which none is there is an error.
func TestTourOfMissingPresets(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:set_preset(2, "porch")
			print(tour.run(yard, {{preset = 1}, {preset = "proch"}, {preset = "Porch"}, {preset = 200}}, {rounds = 3, dwell = 5, home = 4}).errors)
			local ok, err = pcall(tour.run, yard, {{preset = "proch"}}, {rounds = 3, home = 5})
			print(ok, err)
		end)`})
	w.start()
	w.run(10 * time.Minute)
	if got := w.visited(); got != "1 2 1 2 1 2 4 5" {
		t.Error(got)
	}
	w.wantPrinted("2", `false	tour.run: none of the presets is there: gate/yard has no preset "proch" (did you mean "porch"?)`)
	if n := strings.Count(w.log.String(), "is passed over"); n != 3 { // each of the two, and the one of the second tour
		t.Errorf("told %d times\n%s", n, w.log)
	}
	w.wantLog(`preset proch is passed over: gate/yard has no preset \"proch\" (did you mean \"porch\"?)" script=a kind=misuse line=scripts/a.lua:6`)
}

// A camera that is off: one line for a stop, and how often when it is reached
// again; home is tried for some minutes.
func TestTourOfACameraThatIsOff(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": strings.Replace(touring, "{preset = 3}", "{preset = 3, snapshot = true}", 1)})
	w.start()
	w.run(11*time.Minute + 5*time.Second)
	off := true
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if off {
			return nil, errors.New("connection refused")
		}
		return device.RoundTrip(r)
	}
	w.run(5 * time.Minute)
	if n := strings.Count(w.log.String(), "level=WARN msg=\"p"); n != 3 {
		t.Errorf("%d lines for three stops\n%s", n, w.log)
	}
	off = false
	w.run(3 * time.Minute)
	w.wantLog(`preset 1 (gate): works again; it had failed`)
	off = true
	w.run(3 * time.Minute) // to its end and beyond
	w.wantLog("home not reached")
	off = false
	w.run(time.Minute)
	if got := w.visited(); !strings.HasSuffix(got, " 4") {
		t.Errorf("%s\n%s", got, w.log)
	}
	if strings.Contains(w.log.String(), "stop 1 failed") || strings.Contains(w.log.String(), "hiklua:hik.tour") {
		t.Error(w.log)
	}
}

// An error in a function of the script's ends the tour, and home is reached.
func TestTourReachesHomeAfterAnError(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		hik.spawn(function()
			tour.run(hik.device("gate"):channel("yard"), {{preset = 1, snapshot = function() local x = nil + 1 end}}, {rounds = 3, home = 4})
		end)`})
	w.start()
	w.run(time.Minute)
	if got := w.visited(); got != "1 4" {
		t.Error(got)
	}
	w.wantLog("level=ERROR")
}

// hold_on keeps the head at its stop while an event goes on, and for a while after.
func TestTourHolds(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		hik.spawn(function()
			tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}, {preset = 3}},
				{rounds = 1, dwell = "20s", hold_on = "motion", hold_for = "10s"})
		end)`})
	w.start()
	w.run(30 * time.Second) // at 2 since 22 s
	w.alarm(time.Minute)
	w.run(5 * time.Minute)
	var third time.Duration
	for _, s := range w.sent("gate") {
		if at, ok := strings.CutSuffix(s, " goto 3"); ok {
			third, _ = time.ParseDuration(at)
		}
	}
	if third < 100*time.Second || third > 110*time.Second {
		t.Errorf("at the third at %v\n%s\n%s", third, w.sent("gate"), w.log)
	}
	w.wantLog("gate/yard: the tour stays where it is")
}

// alarm has the camera notice motion for so long.
func (w *world) alarm(d time.Duration) {
	a := sim.Alert{Type: "VMD", Channel: 1}
	w.head().Raise(a)
	w.clk.AfterFunc(d, func() { w.head().Clear(a) })
}

// A night from sunset to sunrise, saved and broken off in between.
func TestTourFromSunsetToSunrise(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	const script = `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")

		hik.at("sunset", {name = "night tour"}, function()
		  tour.run(yard, {
		    {preset = "door",  dwell = "5m", snapshot = true},
		    {preset = "fence", dwell = "10m"},
		  }, {till = "sunrise", yield = false})
		end)

		yard:on("motion", {between = "22:00-06:00"}, function(ev)
		  yard:snapshot():save("night/" .. ev.type .. ".jpg")
		end)`
	w := newKeeper(t, "location: {lat: 52.52, lon: 13.40}\n"+oneHead, map[string]string{"scripts/night.lua": script})
	w.start()
	w.run(8 * time.Hour)
	stops := len(w.sent("gate"))
	w.write("scripts/night.lua", script+" -- saved")
	w.sync()
	w.run(time.Minute)
	if len(w.sent("gate")) <= stops || stops == 0 {
		t.Errorf("after a save: %d, before it %d", len(w.sent("gate")), stops)
	}
	w.end()
	n := w.next(time.Hour, nil)
	n.start()
	n.run(time.Minute)
	if n.visited() == "" {
		t.Error("it does not go on after a restart")
	}
	n.run(10 * time.Hour) // 07:00
	stops = len(n.sent("gate"))
	n.run(time.Hour)
	if len(n.sent("gate")) != stops {
		t.Error("it goes on after sunrise")
	}
	if last := n.status("night tour").Last; last == nil || last.Outcome != OutcomeOK {
		t.Errorf("%+v\n%s", last, n.log)
	}
}

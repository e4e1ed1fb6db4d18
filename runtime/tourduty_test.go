package runtime

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

const sparing = `
	local tour = require "hik.tour"
	hik.at("12:10", {name = "night"}, function()
		tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}, {preset = 3}}, {till = "16:00", dwell = "1m", moves_per_hour = 7, home = 4})
	end)`

// moves are the times of the moves to presets since noon, over several hosts of one site.
func moves(worlds ...*world) (times []time.Duration) {
	for _, w := range worlds {
		for _, s := range w.sent("gate") {
			if at, _, ok := strings.Cut(s, " goto "); ok {
				d, _ := time.ParseDuration(at)
				times = append(times, w.began.Add(d).Sub(noon))
			}
		}
	}
	return times
}

// wantSpared says that no hour has more than so many moves.
func wantSpared(t *testing.T, times []time.Duration, most int) {
	t.Helper()
	for i := most; i < len(times); i++ {
		if d := times[i] - times[i-most]; d < time.Hour {
			t.Errorf("moves %d to %d within %v", i-most, i, d)
		}
	}
}

// A tour that has used up its moves waits and says so once; it goes on where it was.
func TestTourSparesTheMotors(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": sparing + ` hik.at("16:30", function() print(#hik.state["hik.duty gate/yard"] < 10) end)`})
	w.start()
	w.run(5 * time.Hour)
	w.wantPrinted("true") // no more is kept than an hour has
	times := moves(w)
	if len(times) < 25 || times[6]-times[0] > 10*time.Minute {
		t.Fatal(times)
	}
	times = times[:len(times)-1] // home is never waited for
	wantSpared(t, times, 7)
	for i := 7; i < len(times); i++ {
		if d := times[i] - times[i-7]; d > 62*time.Minute {
			t.Errorf("moves %d to %d take %v: it might have moved", i-7, i, d)
		}
	}
	if got := w.visited(); !strings.HasPrefix(got, "1 2 3 1 2 3 1 2 3 1") || !strings.HasSuffix(got, " 4") {
		t.Error(got)
	}
	if n := strings.Count(w.log.String(), "moves_per_hour"); n != 1 {
		t.Errorf("said %d times\n%s", n, w.log)
	}
	w.wantLog(`level=WARN msg="gate/yard: 7 moves in an hour, as many as moves_per_hour allows: the tour waits until 13:10:01"`)
}

// Neither a save nor a restart nor another tour gives new moves.
func TestMovesAreCountedOverARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	script := strings.Replace(sparing, `{name = "night"}`, `{name = "night", catch_up = "10h"}`, 1)
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(15 * time.Minute)
	w.write("scripts/a.lua", script+" -- saved")
	w.sync()
	w.run(15 * time.Minute)
	n := w.next(time.Minute, nil)
	n.start()
	n.run(10 * time.Minute)
	if got := n.visited(); got != "" {
		t.Error("in the first hour, after a restart: ", got)
	}
	n.run(30 * time.Minute)
	wantSpared(t, moves(w, n), 7)
	if both := w.log.String() + n.log.String(); strings.Count(both, "moves_per_hour") != 1 {
		t.Error(both)
	}
	other := strings.NewReplacer("12:10", "13:30", "night", "other").Replace(script)
	n.write("scripts/a.lua", other)
	n.sync()
	n.run(2 * time.Hour)
	wantSpared(t, moves(w, n), 7)
	if len(moves(n)) < 8 {
		t.Error(moves(n))
	}
}

// A camera that is off uses nothing up; while the tour waits it makes way and ends in time.
func TestMovesThatAreNotMade(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		hik.after(1, function()
			local count = tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}}, {till = "12:30", dwell = "10s", moves_per_hour = 5, yield = "20s"})
			print(hik.date("%H:%M:%S"), count.yielded)
		end)`})
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if w.clk.Now().Sub(noon) < 10*time.Minute {
			return nil, errors.New("connection refused")
		}
		return device.RoundTrip(r)
	}
	w.byHand(20 * time.Minute)
	w.start()
	w.run(time.Hour)
	if got := moves(w); len(got) != 5 || got[0] < 10*time.Minute {
		t.Error(got)
	}
	w.wantPrinted("12:30:00\t1")
}

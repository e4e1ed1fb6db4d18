package runtime

import (
	"strings"
	"testing"
	"time"
)

// What was noticed before the stream was opened is not fired again, or late:
// it is told by its time, whatever the device's clock shows.
func TestReplays(t *testing.T) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	for _, test := range []struct {
		name  string
		ahead time.Duration // the device's clock
		sim   string        // a fault with the same effect on what the device says of its clock
		after []piece       // the connection after the one that was lost at 20 s; it is opened at 21.8 s
		until time.Duration
		want  []string
	}{
		{"the same once more", 0, "", []piece{{0, message("VMD", "active", 1, at(10))}, {0, message("VMD", "inactive", 1, at(12))}}, 40 * time.Second,
			[]string{"10 motion start", "12 motion stop"}},
		{"of the time in between, and long past", 0, "", []piece{{0, message("linedetection", "active", 1, at(-3600))}, {time.Second, message("tamperdetection", "active", 1, at(-15))}}, 40 * time.Second,
			[]string{"10 motion start", "12 motion stop"}},
		{"new ones", 0, "", []piece{{0, message("VMD", "active", 1, at(21))}, {time.Second, message("VMD", "inactive", 1, at(22))}}, 40 * time.Second,
			[]string{"10 motion start", "12 motion stop", "21.8 motion start", "22.8 motion stop"}},
		{"new ones of a clock that is behind", -2 * time.Hour, "clock-wrong=-2h", []piece{{0, message("VMD", "active", 1, at(21))}, {time.Second, message("VMD", "inactive", 1, at(22))}}, 40 * time.Second,
			[]string{"10 motion start", "12 motion stop", "21.8 motion start", "22.8 motion stop"}},
		{"old ones of a clock that is ahead", 3 * time.Hour, "clock-wrong=3h", []piece{{0, message("VMD", "active", 1, at(10))}, {0, message("linedetection", "active", 1, at(-60))}}, 40 * time.Second,
			[]string{"10 motion start", "12 motion stop"}},
		{"no time at all", 0, "", []piece{{0, message("PIR", "active", 1, time.Time{})}}, 40 * time.Second,
			[]string{"10 motion start", "12 motion stop", "21.8 PIR start", "26.8 PIR stop"}},
		{"long after the opening nothing is old", 0, "", append(beats(7), piece{0, message("VMD", "active", 1, at(10))}), 95 * time.Second,
			[]string{"10 motion start", "12 motion stop", "91.8 motion start"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": onEvents("cam", "any")})
			shift := func(life []piece) []piece {
				for i := range life {
					life[i].text = shiftTimes(life[i].text, test.ahead)
				}
				return life
			}
			first := []piece{
				{time.Second, beat(at(1))}, {9 * time.Second, message("VMD", "active", 1, at(10))}, {2 * time.Second, message("VMD", "inactive", 1, at(12))},
				{8 * time.Second, ""},
			}
			w.can("cam", shift(first), shift(append(test.after, piece{8 * time.Second, beat(at(31))})))
			w.start()
			if test.sim != "" {
				w.fault("cam", test.sim)
			}
			w.at(test.until)
			wantLines(t, "printed", short(w.printed), test.want...)
		})
	}
}

// A device that stamps its events with the time of another zone than its clock
// shows, over connections that last for half a minute: live events fire, the
// first of them as soon as it shows that they are live.
func TestStampsOfAnotherZone(t *testing.T) {
	w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": onEvents("cam", "any")})
	var lives [][]piece
	for i := range 3 {
		opened := noon.Add(time.Duration(40*i) * time.Second)
		stamp := func(s int) time.Time { return opened.Add(time.Duration(s)*time.Second - 2*time.Hour) }
		lives = append(lives, []piece{
			{3 * time.Second, message("VMD", "active", 1, stamp(3))}, {time.Second, message("VMD", "active", 1, stamp(4))},
			{time.Second, message("VMD", "active", 1, stamp(5))}, {time.Second, message("VMD", "inactive", 1, stamp(6))},
			{30 * time.Second, ""},
		})
	}
	w.can("cam", lives...)
	w.start()
	w.at(110 * time.Second)
	if got := short(w.printed); len(got) < 6 || got[0] != "5 motion start" || got[1] != "6 motion stop" {
		t.Errorf("printed %q", got)
	}
	if !strings.Contains(w.log.String(), "stamps its events with another time") || !strings.Contains(w.log.String(), "behind=2h") {
		t.Errorf("the log does not tell:\n%s", w.log)
	}
}

// What was dropped as old is told of in one line; a log that a device sends once
// more, all at once, is old although its times advance.
func TestDroppedReplaysAreTold(t *testing.T) {
	w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": onEvents("cam", "any")})
	var life []piece
	for i := range 40 {
		life = append(life, piece{50 * time.Millisecond, message("linedetection", "active", i%3+1, noon.Add(time.Duration(i-3600)*time.Second))})
	}
	life = append(life, piece{time.Second, message("VMD", "active", 1, noon.Add(3*time.Second), "<isDataRetransmission>true</isDataRetransmission>")},
		piece{5 * time.Second, message("PIR", "active", 1, noon.Add(8*time.Second))})
	w.can("cam", life)
	w.start()
	w.at(12 * time.Second)
	wantLines(t, "printed", short(w.printed), "8 PIR start")
	if n := strings.Count(w.log.String(), "old events were not fired again"); n != 1 || !strings.Contains(w.log.String(), "events=41") {
		t.Errorf("told %d times:\n%s", n, w.log)
	}
}

// A device that lost its clock in a power cut says so when it is asked.
func TestClockThatJumped(t *testing.T) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": onEvents("cam", "any")})
	w.can("cam",
		[]piece{{time.Second, beat(at(1))}, {9 * time.Second, message("VMD", "active", 1, at(10))}, {2 * time.Second, message("VMD", "inactive", 1, at(12))}, {8 * time.Second, ""}},
		[]piece{{time.Second, message("VMD", "active", 1, at(22).Add(-50000*time.Hour))}, {8 * time.Second, beat(at(30).Add(-50000 * time.Hour))}})
	w.start()
	w.at(15 * time.Second)
	w.fault("cam", "clock-wrong=-50000h")
	w.at(25 * time.Second)
	wantLines(t, "printed", short(w.printed), "10 motion start", "12 motion stop", "22.8 motion start")
}

// beats are so many heartbeats, ten seconds apart, of a stream opened at 21.8 s.
func beats(n int) []piece {
	var list []piece
	for i := range n {
		list = append(list, piece{10 * time.Second, beat(noon.Add(time.Duration(32+10*i) * time.Second))})
	}
	return list
}

package runtime

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
)

// Motion at the door in the evening: a picture of the door, the dome to its
// preset, five pictures, and home. By day, and while it goes on: nothing.
func TestExampleEventsMotionResponse(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newExample(t, "motion-response", "2026-03-04 17:00")
	w.start()
	w.at(30 * time.Minute)
	w.devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 20 * time.Second})
	w.at(90 * time.Minute) // 18:30
	w.wantClockTimes("gate")
	for range 3 { // it moves, rests, and moves again before the burst is over
		w.devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 300 * time.Millisecond})
		w.run(6 * time.Second)
	}
	w.run(time.Minute)
	w.wantClockTimes("door", "18:30:00 ch1 picture", "18:30:12 ch1 picture")
	w.wantClockTimes("gate",
		"18:30:00 ch1 goto 2",
		"18:30:02 ch1 picture", "18:30:04 ch1 picture", "18:30:06 ch1 picture", "18:30:08 ch1 picture", "18:30:10 ch1 picture",
		"18:30:10 ch1 goto 8",
		"18:30:12 ch1 goto 2",
		"18:30:14 ch1 picture", "18:30:16 ch1 picture", "18:30:18 ch1 picture", "18:30:20 ch1 picture", "18:30:22 ch1 picture",
		"18:30:22 ch1 goto 8",
	)
	w.wantPrinted("pictures in data/alarms/2026-03-04/18-30-00", "pictures in data/alarms/2026-03-04/18-30-12")
	w.wantFiles(
		"alarms/2026-03-04/18-30-00/dome-1.jpg", "alarms/2026-03-04/18-30-00/dome-2.jpg", "alarms/2026-03-04/18-30-00/dome-3.jpg",
		"alarms/2026-03-04/18-30-00/dome-4.jpg", "alarms/2026-03-04/18-30-00/dome-5.jpg", "alarms/2026-03-04/18-30-00/door.jpg",
		"alarms/2026-03-04/18-30-12/dome-1.jpg", "alarms/2026-03-04/18-30-12/dome-2.jpg", "alarms/2026-03-04/18-30-12/dome-3.jpg",
		"alarms/2026-03-04/18-30-12/dome-4.jpg", "alarms/2026-03-04/18-30-12/dome-5.jpg", "alarms/2026-03-04/18-30-12/door.jpg",
	)
	w.wantQuiet()

	// The camera falls silent; that is said, and it is watched again.
	w.fault("door", "stream-silent@0s-2m")
	w.run(35 * time.Second)
	w.wantLog("the door is not watched")
	w.run(3 * time.Minute)
	w.wantLog("events flow again")
	before := len(w.clockTimes("gate"))
	w.devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Second})
	w.run(30 * time.Second)
	if after := len(w.clockTimes("gate")); after != before+7 {
		t.Errorf("%d commands after the stream was back\n%s", after-before, w.log)
	}
}

// A burst that takes longer than its two minutes is broken off, and the dome goes home.
func TestExampleEventsMotionResponseThatTakesTooLong(t *testing.T) {
	w := newExample(t, "motion-response", "2026-03-04 18:00")
	w.start()
	w.edit("scripts/respond.lua", "hik.sleep(vars.pause)", `hik.sleep("5m")`)
	w.at(30 * time.Minute)
	w.devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Second})
	w.run(5 * time.Minute)
	w.wantClockTimes("gate", "18:30:00 ch1 goto 2", "18:30:02 ch1 picture", "18:32:00 ch1 goto 8")
}

// All channels every ten minutes, and at once when one notices something; a
// channel without a camera is left out and floods nothing.
func TestExampleEventsNVRWall(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newExample(t, "nvr-wall", "2026-03-04 09:00")
	w.start()
	w.at(5 * time.Minute)
	w.devices["nvr"].SetOnline(4, false)
	w.at(7 * time.Minute)
	w.devices["nvr"].Raise(sim.Alert{Type: "motion", Channel: 2, For: 30 * time.Second})
	w.at(10*time.Minute + 5*time.Second)
	w.devices["nvr"].SetOnline(4, true)
	w.at(21 * time.Minute)
	w.wantClockTimes("nvr",
		"09:05:00 ch1 picture", "09:05:00 ch2 picture", "09:05:00 ch3 picture", // video_loss of channel 4
		"09:07:00 ch1 picture", "09:07:00 ch2 picture", "09:07:00 ch3 picture",
		"09:10:00 ch1 picture", "09:10:00 ch2 picture", "09:10:00 ch3 picture",
		"09:20:00 ch1 picture", "09:20:00 ch2 picture", "09:20:00 ch3 picture", "09:20:00 ch4 picture",
	)
	w.wantFiles("noticed/2026-03-04/09-07-00-motion-2.jpg", "wall/1.jpg", "wall/2.jpg", "wall/3.jpg", "wall/4.jpg", "wall/index.html")
	text, err := os.ReadFile(filepath.Join(w.dir, "data", "wall", "index.html"))
	if err != nil || !strings.Contains(string(text), "09:20:00 round") || strings.Count(string(text), "<img") != 4 {
		t.Errorf("%v\n%s", err, text)
	}
	for _, e := range w.devices["nvr"].Journal() {
		if e.What == "picture" && e.Channel >= 3 && !strings.Contains(e.Path, "02/") {
			t.Errorf("not the sub stream: %s", e.Path)
		}
	}
	w.wantQuiet()
}

var luaBlock = regexp.MustCompile("(?s)```lua\n(.*?)```")

// What docs/events.md shows runs, while everything happens that it speaks of;
// and it has every word.
func TestExampleEventsOfThePage(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	page, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range luaapi.EventWords() {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("docs/events.md lacks the word %s", word)
		}
		if luaapi.HostEvent(word) == (slices.Contains(isapi.AlertWords(), word) || word == "any") {
			t.Errorf("%s is taken for an event of the wrong side", word)
		}
	}
	blocks := luaBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 6 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		w := newWorld(t, "timezone: UTC\ndevices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\n  nvr: {simulate: nvr}\n",
			map[string]string{"scripts/a.lua": block[1]})
		w.start()
		w.at(10 * time.Second)
		for _, word := range []string{"motion", "intrusion"} {
			w.devices["gate"].Raise(sim.Alert{Type: word, Channel: 1, For: 5 * time.Second})
			w.devices["nvr"].Raise(sim.Alert{Type: word, Channel: 2, For: 5 * time.Second})
		}
		w.devices["gate"].Raise(sim.Alert{Type: "io", Port: 1, For: 5 * time.Second})
		w.at(10*time.Hour + 30*time.Minute)
		w.devices["gate"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 5 * time.Second})
		w.at(11 * time.Hour)
		shown := len(w.printed) + len(w.files()) + strings.Count(w.log.String(), "script=a")
		if strings.Contains(w.log.String(), "level=ERROR") || shown < 2 && !strings.Contains(block[1], "hik.every") {
			t.Errorf("%s\n%s\n%q %v", block[1], w.log, w.printed, w.files())
		}
		w.end()
	}
}

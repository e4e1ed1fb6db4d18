package runtime

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

var headRecipes = map[string]recipe{
	"night-tour": {"2026-03-04 21:58", func(w *world) {
		w.run(3 * time.Minute)
		w.wantDid("gate",
			"22:00:00 ch1 goto 2", "22:00:02 ch1 picture",
			"22:00:22 ch1 goto 4", "22:00:34 ch1 goto 6",
			"22:00:46 ch1 goto 2", "22:00:48 ch1 picture")
		w.devices["gate"].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Minute})
		before := len(w.did("gate"))
		w.run(50 * time.Second)
		if moved := len(w.did("gate")) - before; moved > 1 {
			w.t.Errorf("%d commands while something moves", moved)
		}
		w.wantQuiet()
	}},
	"random-tour": {"2026-03-04 17:50", func(w *world) {
		w.run(time.Hour)
		got := w.did("gate")
		if len(got) < 50 || len(got) > 61 {
			w.t.Errorf("%d moves in the hour", len(got))
		}
		listed := 0 // rounds in the order of the list
		for i := 0; i+3 < len(got); i += 4 {
			round := got[i : i+4]
			if got[i][13:]+got[i+1][13:]+got[i+2][13:]+got[i+3][13:] == "goto 1goto 2goto 4goto 6" {
				listed++
			}
			slices.SortFunc(round, func(a, b string) int { return strings.Compare(a[13:], b[13:]) })
			if round[0][13:] != "goto 1" || round[1][13:] != "goto 2" || round[2][13:] != "goto 4" || round[3][13:] != "goto 6" {
				w.t.Errorf("a round is %v", round)
			}
		}
		if listed > 8 { // of 13 and more rounds, by chance one in 24
			w.t.Errorf("%d rounds in the order of the list", listed)
		}
	}},
	"day-and-night": {"2026-03-04 17:00", func(w *world) {
		w.at(time.Hour + 5*time.Minute)
		w.wantDid("gate", "18:00:00 ch1 goto 2", "18:00:32 ch1 goto 3", "18:01:04 ch1 goto 1")
		w.at(2*time.Hour + 3*time.Minute)
		w.wantDid("gate", "18:00:00 ch1 goto 2", "18:00:32 ch1 goto 3", "18:01:04 ch1 goto 1",
			"19:00:00 ch1 goto 4", "19:01:03 ch1 goto 6", "19:02:05 ch1 goto 4")
		w.wantQuiet()
	}},
	"sun-sweeps": {"2026-03-04 16:00", func(w *world) {
		w.run(2 * time.Hour) // the sun sets at 17:50:54
		w.wantDid("gate",
			"17:20:54 ch1 goto 1", "17:20:57 ch1 picture", "17:20:58 ch1 goto 2", "17:21:00 ch1 picture",
			"17:21:01 ch1 goto 4", "17:21:04 ch1 picture", "17:21:05 ch1 goto 8")
		if n := len(w.filesBelow("data/sweeps/2026-03-04")); n != 3 {
			w.t.Errorf("%d files of the sweep: %v", n, w.files())
		}
		w.wantQuiet()
	}},
	"device-patrol": {"2026-03-04 19:00", func(w *world) { // a Wednesday
		w.run(12 * time.Hour)
		w.wantDid("gate", "20:00:00 ch1 start patrol 1", "06:00:00 ch1 stop patrol 1", "06:00:00 ch1 goto 8")
		w.wantQuiet()
	}},
	"privacy": {"2026-03-04 07:59", func(w *world) {
		w.byHand(10 * time.Minute)
		w.at(20 * time.Minute)
		w.wantDid("gate", "08:00:00 ch1 goto 7", "08:09:00 ch1 continuous 60 0 0", "08:09:02 ch1 continuous 0 0 0", "08:09:02 ch1 goto 7")
		w.wantLog("the head was moved in working hours")
	}},
	"home-again": {"2026-03-04 12:00", func(w *world) {
		w.byHand(time.Minute)
		w.at(5 * time.Minute)
		w.wantDid("gate", "12:01:00 ch1 continuous 60 0 0", "12:01:02 ch1 continuous 0 0 0")
		w.at(8 * time.Minute)
		w.wantDid("gate", "12:01:00 ch1 continuous 60 0 0", "12:01:02 ch1 continuous 0 0 0", "12:06:34 ch1 goto 8")
		w.wantQuiet()
	}},
	"exclusive-sequence": {"2026-03-04 11:59", func(w *world) {
		w.run(2 * time.Minute)
		w.wantDid("gate",
			"12:00:00 ch1 goto 2", "12:00:02 ch1 picture", "12:00:02 ch1 goto 3", "12:00:04 ch1 picture",
			"12:00:04 ch1 goto 4", "12:00:06 ch1 picture")
		w.wantFile("panorama/2026-03-04/12-3.jpg", "^")
		w.wantQuiet()
	}},
	"line-follow": {"2026-03-04 12:00", func(w *world) {
		w.at(time.Minute)
		w.raise("door", "line_crossing")
		w.at(100 * time.Second)
		w.raise("door", "line_crossing")
		w.at(5 * time.Minute)
		w.wantDid("gate", "12:01:00 ch1 goto 2", "12:02:40 ch1 goto 8")
		w.wantQuiet()
	}},
	"motion-picture": {"2026-03-04 22:00", func(w *world) {
		for range 3 { // of which the first alone is one alarm
			w.run(time.Minute)
			w.raise("door", "motion")
		}
		w.run(time.Minute)
		w.wantDid("gate", "22:01:00 ch1 goto 2", "22:01:02 ch1 picture", "22:01:02 ch1 goto 8")
		w.wantFile("archive/gate/1/2026-03-04/22-01-02.jpg", "alarm")
		w.wantQuiet()
	}},
	"door-contact": {"2026-03-04 23:00", func(w *world) {
		w.at(time.Minute)
		if err := w.devices["gate"].SetInput(1, true); err != nil {
			w.t.Fatal(err)
		}
		w.at(5 * time.Minute)
		w.wantDid("gate", "23:01:00 ch1 goto 2", "23:01:00 ch0 output 1 high", "23:03:00 ch0 output 1 low")
		w.wantQuiet()
	}},
	"lens-cleaning": {"2026-03-04 05:29", func(w *world) {
		w.run(2 * time.Minute)
		w.wantDid("gate",
			"05:30:00 ch1 absolute 0 600 10", "05:30:00 ch1 aux WIPER on", "05:30:10 ch1 aux WIPER off",
			"05:30:10 ch1 goto 8", "05:30:12 ch1 picture")
		w.wantQuiet()
	}},
	"lights": {"2026-03-04 17:00", func(w *world) {
		w.run(15 * time.Hour)
		w.wantDid("gate",
			"17:50:54 ch0 output 1 high", "17:50:54 ch1 aux LIGHT on", "23:00:00 ch0 output 1 low", "23:00:00 ch1 aux LIGHT off",
			"06:00:00 ch0 output 1 high", "06:00:00 ch1 aux LIGHT on", "06:44:14 ch0 output 1 low", "06:44:14 ch1 aux LIGHT off")
		w.wantQuiet()
	}},
	"webhook-in": {"2026-03-04 12:00", func(w *world) {
		w.write("scripts/panel.lua", `hik.after("1m", function() hik.emit("burglar", {where = "fence"}) end)`)
		w.sync()
		w.run(10 * time.Minute)
		w.wantDid("gate", "12:01:00 ch1 goto 4", "12:01:02 ch1 picture", "12:06:02 ch1 goto 8")
		w.wantQuiet()
	}},
	"preset-backup": {"2026-03-02 02:29", func(w *world) { // a Monday
		w.run(2 * time.Minute)
		w.wantFile("presets/gate.json", `"name": "fence",\s+"pan": 135`)
		w.wantQuiet()
	}},
}

// A preset that was lost is set again, where it was.
func TestCookbookRestoresPresets(t *testing.T) {
	w := newRecipe(t, "preset-backup", "2026-03-02 02:29")
	w.start()
	w.run(2 * time.Minute)
	tool := readFile(t, cookbook+"/tools/restore-presets.lua")
	w.write("scripts/tool.lua", "hik.spawn(function()\nhik.delete_preset('gate', 'yard', 4)\n"+tool+"\nend)")
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("set 4 fence")
	w.write("scripts/look.lua", `hik.spawn(function() hik.preset("gate", "yard", "fence", {wait = true}) print(hik.ptz_status("gate", "yard").pan) end)`)
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("set 4 fence", "135")
	w.wantQuiet()
}

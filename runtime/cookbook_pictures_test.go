package runtime

import (
	"time"
)

var pictureRecipes = map[string]recipe{
	"archive-pictures": {"2026-03-04 16:50", func(w *world) {
		w.run(3 * time.Hour) // the sun sets at 17:50:54
		w.wantDid("door", "17:00:00 ch1 picture", "17:15:00 ch1 picture", "17:30:00 ch1 picture", "17:45:00 ch1 picture")
		w.wantFile("archive/door/1/2026-03-04/17-45-00.jpg", "^")
		w.wantQuiet()
	}},
	"timelapse": {"2026-03-06 15:55", func(w *world) { // a Friday
		w.run(24 * time.Hour)
		w.wantDid("gate", "16:25:00 ch1 goto 3", "16:25:02 ch1 picture", "16:55:00 ch1 goto 3", "16:55:00 ch1 picture")
		w.wantQuiet()
	}},
	"same-moment": {"2026-03-04 11:59", func(w *world) {
		w.fault("door", "offline@0s-10m")
		w.run(5 * time.Minute)
		w.wantDid("gate", "12:00:00 ch1 picture")
		w.wantDid("nvr", "12:00:00 ch2 picture", "12:00:00 ch3 picture")
		w.wantFile("moments/2026-03-04_12-00/nvr-store.jpg", "^")
		w.wantLog("no picture of door")
	}},
	"wall": {"2026-03-04 12:00", func(w *world) {
		w.devices["nvr"].SetOnline(3, false)
		w.at(6 * time.Minute)
		w.wantDid("nvr", "12:05:00 ch1 picture", "12:05:00 ch2 picture", "12:05:00 ch4 picture")
		w.wantFile("wall/index.html", `(?s)1\.jpg.*2\.jpg.*4\.jpg`)
		w.wantQuiet()
	}},
	"picture-of-the-day": {"2026-03-04 11:59", func(w *world) {
		w.run(25 * time.Hour)
		w.wantDid("door", "12:00:00 ch1 picture", "12:00:00 ch1 picture")
		w.wantFile("web/today.jpg", "^")
		w.wantFile("web/yesterday.jpg", "^")
		w.wantQuiet()
	}},
	"flaky-link": {"2026-03-04 12:00", func(w *world) {
		w.run(14 * time.Minute)
		w.fault("door", "offline@0s-70s")
		w.run(2 * time.Minute)
		w.wantFile("link/12-15.jpg", "^")
	}},
	"moved-camera": {"2026-03-04 11:59", func(w *world) {
		w.run(25 * time.Hour)
		w.wantNoLog("has changed")
		w.write("scripts/turn.lua", `hik.spawn(function() hik.preset("door", 1, 5, {wait = true}) end)`)
		w.wantDid("door", "12:00:00 ch1 picture", "12:00:00 ch1 picture")
		w.write("scripts/moved-camera.lua", "hik.state.mean = 1e6\n"+readFile(w.t, cookbook+"/recipes/moved-camera.lua"))
		w.sync()
		w.run(24 * time.Hour)
		w.wantLog("the picture of the entrance has changed")
	}},
	"covered-camera": {"2026-03-04 12:00", func(w *world) {
		w.run(time.Hour)
		w.wantDid("door", "12:10:00 ch1 picture", "12:20:00 ch1 picture", "12:30:00 ch1 picture", "12:40:00 ch1 picture",
			"12:50:00 ch1 picture", "13:00:00 ch1 picture")
		w.wantNoLog("no good picture")
	}},
	"holidays": {"2026-04-02 11:59", func(w *world) { // the 3rd is one
		w.run(5 * 24 * time.Hour)
		w.wantDid("gate", "12:00:00 ch1 goto 3", "12:00:02 ch1 picture", "12:00:00 ch1 goto 3", "12:00:00 ch1 picture")
		w.wantPrinted("a holiday: no round")
		w.wantFile("noon/2026-04-06.jpg", "^")
		w.wantQuiet()
	}},
	"site-variables": {"2026-03-04 07:59", func(w *world) {
		w.run(5 * time.Minute)
		w.wantDid("gate", "08:00:00 ch1 goto 2", "08:00:02 ch1 picture", "08:00:02 ch1 goto 4", "08:00:04 ch1 picture",
			"08:00:04 ch1 goto 6", "08:00:06 ch1 picture")
		w.wantQuiet()
	}},
}

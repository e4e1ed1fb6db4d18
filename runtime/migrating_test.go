package runtime

import (
	"regexp"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// TestMigrating runs the scripts of docs/migrating.md, each by the name in its
// first line.
func TestMigrating(t *testing.T) {
	if raceEnabled {
		t.Skip("shares nothing that other tests do not")
	}
	tests := map[string]recipe{
		"pictures": {"2026-03-04 11:59", func(w *world) {
			w.run(7 * time.Minute)
			w.wantDid("gate", "12:00:00 ch1 picture", "12:05:00 ch1 picture")
			w.wantFile("archive/gate/1/2026-03-04/12-05-00.jpg", "^")
		}},
		"look": {"2026-03-04 11:59", func(w *world) {
			w.run(5 * time.Minute)
			w.wantDid("gate", "12:00:00 ch1 goto 2", "12:00:02 ch1 picture")
		}},
		"turn": {"2026-03-04 11:59", func(w *world) {
			w.run(5 * time.Minute)
			w.wantDid("gate", "12:00:00 ch1 continuous 40 0 0", "12:00:02 ch1 continuous 0 0 0")
		}},
		"raw": {"2026-03-04 03:59", func(w *world) {
			w.run(5 * time.Minute)
			w.wantPrinted("NTP")
		}},
		"alarm": {"2026-03-04 23:00", func(w *world) {
			for range 3 {
				w.run(time.Minute)
				w.raise("gate", "motion")
			}
			w.run(time.Minute)
			w.wantDid("gate", "23:01:00 ch1 picture")
			w.wantLog("motion at the gate")
		}},
		"counter": {"2026-03-04 12:00", func(w *world) {
			w.run(25 * time.Minute)
			w.end()
			w = w.again(time.Minute)
			w.run(11 * time.Minute)
			w.wantPrinted("round 3")
		}},
		"link": {"2026-03-04 21:59", func(w *world) {
			w.run(5 * time.Minute)
			w.wantDid("gate", "22:00:00 ch0 output 1 high", "22:00:00 ch1 goto 2", "22:01:00 ch0 output 1 low")
		}},
		"door": {"2026-03-04 20:00", func(w *world) {
			w.run(time.Minute)
			w.devices["door"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 5 * time.Second})
			w.run(5 * time.Minute)
			w.wantDid("gate", "20:01:00 ch1 goto 2", "20:02:00 ch1 goto 8")
		}},
	}
	blocks := regexp.MustCompile("(?ms)^```lua\n-- (\\w+)\n(.*?)^```$").FindAllStringSubmatch(readFile(t, "../docs/migrating.md"), -1)
	if len(blocks) != len(tests) {
		t.Errorf("%d scripts on the page, %d tests", len(blocks), len(tests))
	}
	for _, b := range blocks {
		t.Run(b[1], func(t *testing.T) {
			r, ok := tests[b[1]]
			if !ok {
				t.Fatal("no test")
			}
			dir := t.TempDir()
			files := &world{t: t, dir: dir}
			files.write("site.yaml", readFile(t, cookbook+"/site.yaml"))
			files.write("scripts/a.lua", b[2])
			w := newSimulated(t, dir, r.begin)
			w.keeps()
			w.start()
			r.test(w)
			w.wantQuiet()
		})
	}
}

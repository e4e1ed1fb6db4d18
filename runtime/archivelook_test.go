package runtime

import (
	"strings"
	"testing"
	"time"
)

// What scripts are told of the archive, and what they may remove.
func TestScriptsLookIntoTheArchive(t *testing.T) {
	w := newWorld(t, oneHead+`archive: {keep: 182m, labels: {alarm: 1d}}`, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			for hour = 1, 3 do
				hik.snapshot("gate", "yard"):archive{label = hour == 2 and "alarm" or nil, event = hour == 2 and "motion" or nil}
				hik.sleep("1h")
			end
			hik.sleep("5m") -- the host looks every ten minutes
			for _, p in ipairs(hik.archive.list{device = "gate", channel = "yard"}) do
				print(p.path, p.channel, p.name, p.label, p.event, p.width, p.size == #hik.file.read(p.path), #p.sha256, hik.date("%H:%M", p.time))
			end
			print(#hik.archive.list{from = "90m"}, #hik.archive.list{label = "alarm"}, #hik.archive.list{limit = 1})
			local would = hik.archive.prune{dry_run = true}
			print(would.pictures, would.bytes > 1000, would.left, #hik.archive.list())
			local did = hik.archive.prune()
			print(did.pictures, did.bytes == would.bytes, did.left, #hik.archive.list())
		end)`})
	w.start()
	w.run(186 * time.Minute)
	want := []string{
		"data/archive/gate/1/2026-03-04/12-00-00.jpg\t1\tyard\tnil\tnil\t1280\ttrue\t64\t12:00",
		"data/archive/gate/1/2026-03-04/13-00-00.jpg\t1\tyard\talarm\tmotion\t1280\ttrue\t64\t13:00",
		"data/archive/gate/1/2026-03-04/14-00-00.jpg\t1\tyard\tnil\tnil\t1280\ttrue\t64\t14:00",
		"1\t1\t1",
		"1\ttrue\t0\t3",
		"1\ttrue\t0\t2",
	}
	if strings.Join(w.printed, "\n") != strings.Join(want, "\n") {
		t.Fatalf("printed\n%s\n%s", strings.Join(w.printed, "\n"), w.log)
	}
}

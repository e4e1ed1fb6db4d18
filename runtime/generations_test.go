package runtime

import (
	"fmt"
	goruntime "runtime"
	"testing"
	"time"
	"weak"
)

// A site may be edited for years: of a generation that has ended nothing is kept.
func TestOldGenerationsAreLetGo(t *testing.T) {
	for name, source := range map[string]string{
		"nothing":      ``,
		"task":         `hik.spawn(function() while true do hik.sleep("50ms") end end)`,
		"move":         `hik.spawn(function() while true do pcall(hik.ptz_pan_tilt, "gate", 1, 20, 0, {duration = "200ms"}) end end)`,
		"on_reload":    `hik.every("500ms", {on_reload = "finish"}, function() hik.after("1s", function() end) hik.sleep("100ms") end)`,
		"queued runs":  `hik.every("500ms", {on_reload = "finish", overlap = "queue"}, function() hik.sleep("700ms") end)`,
		"event":        `hik.device("gate"):on("motion", function() end)`,
		"on_stop":      `hik.on_stop(function() pcall(hik.timeout, 1, function() hik.sleep("10ms") end) end)`,
		"hik.device{}": `local d = hik.device{ip = "192.0.2.77", username = "admin", password = "simulated"} hik.spawn(function() d:channel(1):ptz_pan_tilt(5, 0) end)`,
		"exclusive":    `hik.spawn(function() hik.exclusive("gate", 1, function(c) hik.spawn(function() c:ptz_zoom(5) hik.sleep("1s") end) hik.sleep("1h") end) end)`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": source})
			w.start()
			w.run(2 * time.Second)
			var all []weak.Pointer[script]
			for i := range 20 {
				all = append(all, weak.Make(w.host.find("a")))
				w.write("scripts/a.lua", fmt.Sprintf("-- %d\n%s", i, source))
				w.sync()
				w.run(1300 * time.Millisecond)
			}
			w.run(20 * time.Second)
			var kept int
			for range 10 {
				goruntime.GC()
				kept = 0
				for _, p := range all {
					if p.Value() != nil {
						kept++
					}
				}
				if kept == 0 {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%d of %d generations are kept", kept, len(all))
		})
	}
}

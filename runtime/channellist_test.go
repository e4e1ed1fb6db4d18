package runtime

import (
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// A device is asked for its channels now and then, not with each command: for the
// names often enough to notice that one was changed, for their number rarely.
func TestHowOftenChannelsAreAsked(t *testing.T) {
	lists := func(ptzStatus string) (n int) {
		w := newWorld(t, "timezone: UTC\ndevices:\n  gate: {simulate: ptz}\n", map[string]string{
			"scripts/a.lua": `local gate = hik.device("gate") hik.every("1m", function() ` + ptzStatus + ` end)`,
		}, func(o *sim.Options) { o.Channels = []sim.ChannelOptions{{Name: "Yard"}} })
		w.start()
		w.run(6*time.Hour + time.Second)
		asked := 0
		for _, r := range w.records {
			switch {
			case r.Err != nil:
				t.Fatal(r.Err)
			case r.What == "channels":
				n++
			case r.What == "ptz_status":
				asked++
			}
		}
		if asked != 360 {
			t.Errorf("%s: %d times in 6 hours", ptzStatus, asked)
		}
		return n
	}
	if n := lists(`gate:ptz_status()`); n != 6 {
		t.Errorf("asked %d times in 6 hours whether there is one channel, want one an hour", n)
	}
	if n := lists(`gate:ptz_status("Yard")`); n != 36 {
		t.Errorf("asked %d times in 6 hours for the names, want one in ten minutes", n)
	}
}

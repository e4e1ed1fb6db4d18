package runtime

import (
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// Every command of the seed works on every kind of device, on an OEM brand and
// on heads that are numbered either way.
func TestSeedOnEveryModel(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	for _, test := range []struct {
		name  string
		model string
		tune  func(*sim.Options)
		heads string // Lua list of channels with a head
	}{
		{"fixed camera", "ipc", func(*sim.Options) {}, "{}"},
		{"dome", "ptz", func(*sim.Options) {}, "{1}"},
		{"dome by stream", "ptz", func(o *sim.Options) { o.PTZID = sim.PTZByStream }, "{1}"},
		{"OEM dome", "ptz", func(o *sim.Options) { o.Brand = "LTS" }, "{1}"},
		{"recorder", "nvr", func(o *sim.Options) {
			o.Channels = []sim.ChannelOptions{{ID: 1, PTZ: true}, {ID: 2}, {ID: 4, PTZ: true}, {ID: 6, Offline: true}}
		}, "{1, 4}"},
		{"recorder without PTZ proxy", "nvr", func(o *sim.Options) {
			o.NoPTZProxy, o.ProxyPictures = true, true
			o.Channels = []sim.ChannelOptions{{ID: 1, PTZ: true}, {ID: 2}}
		}, "{1}"},
		{"hybrid recorder", "dvr", func(o *sim.Options) {
			o.Channels = []sim.ChannelOptions{{ID: 1, Analog: true, PTZ: true}, {ID: 2, Analog: true}, {ID: 3, PTZ: true}}
		}, "{1, 3}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "timezone: UTC\ndevices:\n  dev: {simulate: "+test.model+"}\n", map[string]string{"scripts/a.lua": `
				local heads = ` + test.heads + `
				hik.spawn(function()
					local info = hik.get_device_info("dev")
					print(info.model ~= "", info.firmware ~= "", info.serial ~= "", info.raw:find("<DeviceInfo") ~= nil)
					for _, ch in ipairs(hik.get_channels("dev")) do
						if ch.online ~= false then
							local main, sub = ch:snapshot(), hik.snapshot("dev", ch.id, {stream = "sub"})
							assert(main.content_type == "image/jpeg" and #main.base64 > 1000 and sub.size < main.size)
						else
							print("offline", ch.id, (select(2, pcall(hik.snapshot, "dev", ch.id))).kind ~= nil)
						end
					end
					for _, id in ipairs(heads) do
						hik.ptz_pan_tilt("dev", id, 40, -20, {duration = 1})
						hik.ptz_zoom("dev", id, 30)
						hik.ptz_stop("dev", id)
						hik.ptz_preset("dev", id, 3)
					end
					print("done", hik.device("dev").state)
				end)
			`}, test.tune)
			w.start()
			w.run(2 * time.Minute)
			got := strings.Join(w.printed, "\n")
			want := "true\ttrue\ttrue\ttrue\ndone\tonline"
			if test.name == "recorder" {
				want = "true\ttrue\ttrue\ttrue\noffline\t6\ttrue\ndone\tonline"
			}
			if got != want {
				t.Fatalf("printed\n%s\nwant\n%s\n%s", got, want, w.log)
			}
			dev := w.devices["dev"]
			heads := int64(strings.Count(test.heads, ",") + 1)
			if test.heads == "{}" {
				heads = 0
			}
			if c := dev.Counts(); c.Moves != 2*heads || c.Presets != heads || c.RejectedLogins != 0 {
				t.Errorf("%d moves, %d presets, %d rejected logins for %d heads", c.Moves, c.Presets, c.RejectedLogins, heads)
			}
		})
	}
}

// Sun times are those of the site.
func TestJobAtSunset(t *testing.T) {
	w := newWorld(t, "timezone: Europe/Berlin\nlocation: {lat: 52.52, lon: 13.40}\n", map[string]string{"scripts/a.lua": `
		hik.at("sunset-15m", function(job) print(hik.date("%H:%M"), job.late < 1) end)
		hik.cron("* * * * *", {between = "sunset-sunrise", days = "wed", name = "night"}, function() night = (night or 0) + 1 end)
		hik.at("23:59:30", function() print("minutes of night", night) end)
	`})
	w.start()
	w.run(12 * time.Hour)
	// Sunset in Berlin on 4 March 2026 is at 17:50.
	if len(w.printed) < 2 || !strings.HasPrefix(w.printed[0], "17:3") || w.printed[1] < "minutes of night\t366" || w.printed[1] > "minutes of night\t371" {
		t.Errorf("%q\n%s", w.printed, w.log)
	}
}

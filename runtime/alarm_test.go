package runtime

import (
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// An alarm that is repeated is one start and one stop, whatever the device
// repeats and whether it says "inactive" at the end or not.
func TestAlarmsAreFolded(t *testing.T) {
	for _, test := range []struct {
		dialect sim.Dialect
		stop    string // of the alarm that lasts from 10 s to 18 s
	}{
		{sim.DialectIPC, "18"}, {sim.DialectPTZ, "22.8"}, {sim.DialectNVR, "22.5"},
	} {
		w := newWorld(t, "timezone: UTC\ndevices:\n  nvr: {simulate: nvr}\n", map[string]string{"scripts/a.lua": onEvents("nvr", "any")},
			func(o *sim.Options) { o.Dialect = test.dialect })
		w.start()
		w.at(10 * time.Second)
		w.devices["nvr"].Raise(sim.Alert{Type: "motion", Channel: 2, For: 8 * time.Second})
		w.at(14 * time.Second)
		w.devices["nvr"].Raise(sim.Alert{Type: "line_crossing", Channel: 3, Region: 1, For: 100 * time.Millisecond})
		w.devices["nvr"].Raise(sim.Alert{Type: "line_crossing", Channel: 3, Region: 2, For: 100 * time.Millisecond})
		w.at(40 * time.Second)
		got := map[string]int{}
		for _, line := range w.printed {
			got[line]++
		}
		for _, want := range []string{"10\tmotion\tstart\tch2", test.stop + "\tmotion\tstop\tch2", "14\tline_crossing\tstart\tch3"} {
			if got[want] == 0 {
				t.Errorf("dialect %v: no %q in\n%s\n%s", test.dialect, want, strings.Join(w.printed, "\n"), w.log)
			}
		}
		if len(w.printed) != 6 || got["14\tline_crossing\tstart\tch3"] != 2 {
			t.Errorf("dialect %v:\n%s", test.dialect, strings.Join(w.printed, "\n"))
		}
		w.end()
	}
}

// A handler runs on start unless it asks otherwise, and only for what it asks.
func TestWhatAHandlerHears(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  nvr:
    simulate: nvr
    channels: {door: {address: 2}}
`, map[string]string{"scripts/a.lua": `
		local nvr = hik.device("nvr")
		local function on(where, word, what, state)
			where:on(word, {state = state, overlap = "allow"}, function(ev) print(what, ev.type, ev.native, ev.state, ev.device, ev.channel) end)
		end
		on(nvr, "motion", "default")
		on(nvr, "motion", "stop", "stop")
		on(nvr, "motion", "both", "both")
		on(nvr, "vmd", "native")
		on(nvr:channel("door"), "motion", "door")
		on(nvr:channel(3), "any", "channel 3")
		on(nvr, "fireDetection", "own type")
		on(nvr, "tamper", "never")
		hik.on("nvr/door:motion", function(ev, run) print("hik.on", ev.channel, run.name, run.event == ev, run.late) end)
		hik.on("nvr:io", function(ev) print("port", ev.port) end)
	`})
	w.start()
	w.at(5 * time.Second)
	w.devices["nvr"].Raise(sim.Alert{Type: "motion", Channel: 2, For: time.Second})
	w.at(20 * time.Second)
	w.wantPrinted(
		"default\tmotion\tVMD\tstart\tnvr\t2", "both\tmotion\tVMD\tstart\tnvr\t2", "native\tmotion\tVMD\tstart\tnvr\t2", "door\tmotion\tVMD\tstart\tnvr\t2",
		"hik.on\t2\ton nvr/door:motion (2)\ttrue\t0",
		"stop\tmotion\tVMD\tstop\tnvr\t2", "both\tmotion\tVMD\tstop\tnvr\t2",
	)
	w.printed = nil
	w.devices["nvr"].Raise(sim.Alert{Type: "fireDetection", Channel: 3, For: time.Second})
	w.devices["nvr"].Raise(sim.Alert{Type: "io", Port: 301, For: time.Second})
	w.at(40 * time.Second)
	w.wantPrinted("channel 3\tfireDetection\tfireDetection\tstart\tnvr\t3", "own type\tfireDetection\tfireDetection\tstart\tnvr\t3",
		"channel 3\tio\tIO\tstart\tnvr\t3", "port\t301")
}

// A channel without a camera says so several times a second for ever.
func TestFloodOfADisconnectedChannel(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  nvr: {simulate: nvr}\n", map[string]string{"scripts/a.lua": onEvents("nvr", "video_loss", "stale")},
		func(o *sim.Options) { o.LossRepeat = 400 * time.Millisecond })
	w.start()
	w.at(5 * time.Second)
	w.devices["nvr"].SetOnline(4, false)
	w.at(30 * time.Minute)
	w.devices["nvr"].SetOnline(4, true)
	w.at(40 * time.Minute)
	wantLines(t, "printed", w.printed, "5\tvideo_loss\tstart\tch4", "1820\tvideo_loss\tstop\tch4")
	if strings.Count(w.log.String(), "\n") > 20 {
		t.Errorf("the log is flooded:\n%s", w.log)
	}
}

// Where heartbeats are written as "videoloss inactive" of channel 1, they do
// not end a loss of video there; on another channel it is the end.
func TestHeartbeatIsNoEndOfALoss(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  nvr: {simulate: nvr}\n", map[string]string{"scripts/a.lua": onEvents("nvr", "video_loss")})
	var life []piece
	for i := range 30 {
		at := noon.Add(time.Duration(i) * time.Second)
		life = append(life, piece{time.Second, message("videoloss", "active", 2, at)})
		if i%10 == 0 {
			life = append(life, piece{0, beat(at)})
		}
		if i >= 5 && i < 25 {
			life = append(life, piece{0, message("videoloss", "active", 1, at)})
		}
	}
	life = append(life, piece{0, message("videoloss", "inactive", 2, noon)})
	for range 5 {
		life = append(life, piece{10 * time.Second, beat(noon)})
	}
	w.can("nvr", life)
	w.start()
	w.at(80 * time.Second)
	wantLines(t, "printed", w.printed, "1\tvideo_loss\tstart\tch2", "6\tvideo_loss\tstart\tch1", "30\tvideo_loss\tstop\tch2", "40\tvideo_loss\tstop\tch1")
}

// A picture right behind its alert, a later one that was announced, and late
// ones that never are.
func TestPictures(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.device("gate"):on("any", {overlap = "allow"}, function(ev)
			local image = ev.image
			print(hik.date("%S"), ev.type, image and image.content_type, image and image.size, image and image:save("event/" .. ev.type .. ".jpg") ~= nil)
		end)
	`})
	announced := "<detectionPicturesNumber>1</detectionPicturesNumber>"
	w.can("gate", []piece{
		{time.Second, message("VMD", "active", 1, noon) + pictureHead(len(picture)) + picture + "\r\n"},
		{9 * time.Second, message("linedetection", "active", 1, noon, announced)}, // at 10 s
		{500 * time.Millisecond, pictureHead(len(picture)) + picture + "\r\n"},
		{9500 * time.Millisecond, message("fielddetection", "active", 1, noon, announced)},  // at 20 s: its picture never comes
		{10 * time.Second, message("facedetection", "active", 1, noon.Add(30*time.Second))}, // at 30 s: nobody waits for it
		{100 * time.Millisecond, pictureHead(len(picture)) + picture + "\r\n"},
		{9900 * time.Millisecond, message("facedetection", "active", 1, noon.Add(40*time.Second))}, // at 40 s: now somebody does
		{100 * time.Millisecond, pictureHead(len(picture)) + picture + "\r\n"},
		{10 * time.Second, beat(noon)},
	})
	w.start()
	w.at(55 * time.Second)
	wantLines(t, "printed", w.printed,
		"01\tmotion\timage/jpeg\t3006\ttrue", "10\tline_crossing\timage/jpeg\t3006\ttrue", "22\tintrusion\tnil\tnil\tnil",
		"30\tface\tnil\tnil\tnil", "40\tface\timage/jpeg\t3006\ttrue")
}

// The simulated camera sends pictures, too.
func TestPictureOfASimulatedCamera(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.device("gate"):on("line_crossing", function(ev) print(ev.target, ev.region, ev.image.size > 1000, ev.raw:match("<eventType>(%w+)")) end)
	`})
	w.start()
	w.at(5 * time.Second)
	w.head().Raise(sim.Alert{Type: "line_crossing", Channel: 1, Region: 3, Target: "human", Picture: true, For: 3 * time.Second})
	w.at(20 * time.Second)
	w.wantPrinted("human\t3\ttrue\tlinedetection")
	for _, e := range w.head().Journal() {
		if strings.HasSuffix(e.Path, "/channels") {
			t.Errorf("a camera was asked for its channels: %s", e.Path)
		}
	}
}

// More alarms at once than any device has are not kept apart.
func TestAlarmsAreBounded(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		count = 0
		hik.device("gate"):on("any", {overlap = "allow"}, function(ev) count = count + 1 end)
		hik.after(20, function() print(count) end)
	`})
	var all strings.Builder
	for i := range 3000 {
		all.WriteString(message("linedetection", "active", 1+i%9000, noon))
	}
	w.can("gate", []piece{{time.Second, all.String()}, {30 * time.Second, beat(noon)}})
	w.start()
	w.at(25 * time.Second)
	w.wantPrinted("512")
	w.wantLog("more alarms at once")
}

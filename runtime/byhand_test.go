package runtime

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// A person stops a head, and its lens, at once, and the head counts as at rest.
func TestStopHeadByHand(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function() local gate = hik.device("gate") gate:ptz_pan_tilt(1, 40, 0) gate:focus(1, 30) hik.sleep(600) end)`})
	w.start()
	w.run(time.Second)
	if err := w.onClock(func() error { return w.host.StopHead(t.Context(), "gate", 1) }); err != nil {
		t.Fatal(err)
	}
	if heads := w.host.Status().Devices[0].Heads; len(heads) > 0 || w.head().Driven(1) {
		t.Errorf("%+v", heads)
	}
	w.wantLog(`msg="stop of a head by hand" device=gate channel=1`)
	var stops []string
	for _, e := range w.records[len(w.records)-2:] {
		stops = append(stops, e.What+" "+e.Task)
	}
	slices.Sort(stops)
	if fmt.Sprint(stops) != "[focus stop by hand ptz_stop by hand]" {
		t.Error(stops)
	}
}

// Heads that Status shows can be stopped: those of a device that a script has
// opened, and of a channel that site.yaml does not name. What does not move there
// is no channel.
func TestStopHeadOfWhatIsShown(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			hik.device{ip = "192.0.2.7", username = "admin", password = "simulated"}:ptz_pan_tilt(1, 40, 0)
			hik.device("gate"):ptz_pan_tilt(1, 40, 0)
			hik.sleep(600)
		end)`})
	w.start()
	w.run(time.Second)
	opened := w.host.Status().Devices[1]
	if len(opened.Heads) != 1 {
		t.Fatalf("%+v", opened)
	}
	stop := func(name string, channel int) error {
		return w.onClock(func() error { return w.host.StopHead(t.Context(), name, channel) })
	}
	if err := stop(opened.Name, 1); err != nil || len(w.host.Status().Devices[1].Heads) > 0 {
		t.Error(err)
	}
	for _, channel := range []int{0, 2, -1} {
		if err := stop("gate", channel); !errors.Is(err, luaapi.ErrUnknownName) {
			t.Errorf("channel %d: %v", channel, err)
		}
	}
	if err := stop("gaet", 1); err == nil || luaapi.Describe(err).Hint != `did you mean "gate"?` {
		t.Error(err)
	}
	w.write("site.yaml", strings.Replace(oneHead, "yard: {address: 1}", "other: {address: 2}", 1))
	w.sync()
	if err := stop("gate", 1); err != nil && errors.Is(err, luaapi.ErrUnknownName) == w.head().Driven(1) {
		t.Error(err)
	}
}

// A stop of the lens does not wait for that of the head, whose answer does not come.
func TestStopOfALensWaitsForNoOther(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function() local gate = hik.device("gate") gate:ptz_pan_tilt(1, 40, 0) gate:focus(1, 30) hik.sleep(600) end)`})
	w.start()
	w.run(time.Second)
	began := w.clk.Now()
	var after []time.Duration
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/continuous") {
			w.hang(r)
			return nil, r.Context().Err()
		}
		if strings.HasSuffix(r.URL.Path, "/focus") {
			after = append(after, w.clk.Now().Sub(began))
		}
		return device.RoundTrip(r)
	}
	w.clk.Go(func() { w.host.StopHead(t.Context(), "gate", 1) })
	w.run(time.Minute)
	if len(after) == 0 || after[0] > time.Second {
		t.Errorf("the lens is stopped after %v", after)
	}
	w.via["gate"] = nil
}

// A person goes to presets that are positions, and to no function of the device;
// not while a script keeps the head for itself.
func TestRecallPresetByHand(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every("1h", {name = "alone"}, function() local gate = hik.device("gate") gate:exclusive(1, function() gate:preset(1, 1) hik.sleep(600) end) end)`})
	w.start()
	w.run(time.Second)
	recall := func(channel, preset int) error {
		var err error
		w.clk.Go(func() { err = w.host.RecallPreset(t.Context(), "gate", channel, preset) })
		w.run(freeHead)
		return err
	}
	if err := recall(1, 3); err != nil {
		t.Error(err)
	}
	w.wantLog(`msg="preset by hand" device=gate channel=1 preset=3`)
	for preset, want := range map[int]string{
		94:  "preset 94 is no position: on Hikvision devices it reboots the camera",
		39:  "preset 39 is no position",
		0:   "a preset is 1-255",
		-1:  "a preset is 1-255",
		999: "this head has the presets 1-",
	} {
		if err := recall(1, preset); luaapi.Describe(err).Kind != "misuse" || !strings.Contains(err.Error(), want) {
			t.Errorf("preset %d: %v", preset, err)
		}
	}
	if err := recall(7, 1); err == nil || err.Error() != "gate: site.yaml gives it no channel 7 (there is 1 yard)" {
		t.Error(err)
	}
	w.onClock(func() error { return w.host.RunJob("alone") })
	w.run(time.Second)
	if err := recall(1, 5); luaapi.Describe(err).Kind != "busy" || !strings.Contains(err.Error(), "a/alone#1 has had the head for itself") {
		t.Error(err)
	}
	if got := strings.Join(w.sent("gate"), ", "); strings.Contains(got, "goto 5") || strings.Contains(got, "goto 94") || !strings.Contains(got, "goto 3") || w.head().Counts().Reboots > 0 {
		t.Error(got)
	}
	w.onClock(func() error { return w.host.HoldScript("a") })
	if err := recall(1, 5); err != nil {
		t.Errorf("the head is free: %v", err)
	}
}

// A stop comes after what was asked before it, also where that still waits.
func TestStopByHandEndsWhatWaits(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	w.start()
	w.run(time.Second)
	var went []string
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if r.Method == http.MethodPut {
			went = append(went, path.Base(path.Dir(r.URL.Path)))
			clock.Sleep(r.Context(), w.clk, time.Second)
		}
		return device.RoundTrip(r)
	}
	errs := make([]error, 3)
	for i := range errs {
		w.clk.Go(func() { errs[i] = w.host.RecallPreset(t.Context(), "gate", 1, i+1) })
	}
	w.run(500 * time.Millisecond)
	var stopped error
	w.clk.Go(func() { stopped = w.host.StopHead(t.Context(), "gate", 1) })
	w.run(time.Minute)
	if stopped != nil {
		t.Fatal(stopped)
	}
	cancelled := 0
	for _, err := range errs {
		if err != nil && luaapi.Describe(err).Kind == "cancelled" {
			cancelled++
		}
	}
	if cancelled != 2 || len(went) != 2 {
		t.Errorf("%v: %v", went, errs)
	}
}

// The presets of a head are those that a person may go to; they are asked for once
// in five minutes, by however many, and again after an error that passes.
func TestPresetsForThePage(t *testing.T) {
	w := newWorld(t, oneHead+"  door: {simulate: ipc}\n", nil)
	var asked atomic.Int32
	fail := false
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/presets") && r.Header.Get("Authorization") != "" {
			asked.Add(1)
			if fail {
				return &http.Response{StatusCode: 503, Status: "503", Header: http.Header{}, Body: http.NoBody, Request: r, ProtoMajor: 1}, nil
			}
		}
		return device.RoundTrip(r)
	}
	w.start()
	w.run(time.Second)
	head := func(i int) string {
		h := w.host.Status().Devices[i].Channels[0].Head
		if h == nil {
			return "not known"
		}
		return fmt.Sprint(*h)
	}
	if head(0) != "not known" || head(1) != "not known" {
		t.Error(head(0), head(1))
	}
	presets := func(name string) (list []isapi.Preset, err error) {
		w.onClock(func() error { list, err = w.host.Presets(t.Context(), name, 1); return nil })
		return list, err
	}
	fail = true
	if _, err := presets("gate"); err == nil {
		t.Error("no error")
	}
	fail = false
	for range 3 {
		w.clk.Go(func() { w.host.Presets(t.Context(), "gate", 1) })
	}
	list, err := presets("gate")
	if err != nil || len(list) != 8 || asked.Load() != 2 {
		t.Errorf("%v, %v, asked %d times", list, err, asked.Load())
	}
	for _, p := range list {
		if p.Special {
			t.Errorf("%+v", p)
		}
	}
	w.run(presetsKept - time.Minute)
	presets("gate")
	w.run(2 * time.Minute)
	presets("gate")
	if asked.Load() != 3 {
		t.Errorf("asked %d times", asked.Load())
	}
	if list, err := presets("door"); len(list) > 0 || err == nil {
		t.Error("a camera without a head:", list, err)
	}
	if head(0) != "true" || head(1) != "false" {
		t.Error(head(0), head(1))
	}
	for _, e := range w.records {
		if strings.Contains(e.What, "preset") {
			t.Errorf("on record: %+v", e)
		}
	}
}

// A picture for the page is of the sub stream, and a small one where there is none;
// it is a JPEG, and not on record. A channel that site.yaml does not have is none.
func TestPictureForThePage(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	sub := true
	var asked []string
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/picture") && r.Header.Get("Authorization") != "" {
			asked = append(asked, r.URL.RequestURI())
			if !sub && strings.Contains(r.URL.Path, "/102/") {
				return &http.Response{StatusCode: 404, Status: "404", Header: http.Header{}, Body: http.NoBody, Request: r, ProtoMajor: 1}, nil
			}
		}
		return device.RoundTrip(r)
	}
	w.start()
	w.run(time.Second)
	picture := func(channel int) (data []byte, err error) {
		w.onClock(func() error { data, err = w.host.Picture(t.Context(), "gate", channel); return nil })
		return data, err
	}
	data, err := picture(1)
	if err != nil || !strings.HasPrefix(string(data), "\xff\xd8") {
		t.Fatal(len(data), err)
	}
	sub = false
	picture(1)
	data, err = picture(1)
	if err != nil || !strings.HasPrefix(string(data), "\xff\xd8") {
		t.Error(len(data), err)
	}
	first, last := asked[0], asked[len(asked)-1]
	if first != "/ISAPI/Streaming/channels/102/picture" || !strings.Contains(last, "/101/picture?") || strings.Contains(asked[len(asked)-2], "/102/") {
		t.Errorf("%q", asked)
	}
	n := len(asked)
	if _, err := picture(2); err == nil || len(asked) > n {
		t.Error("channel 2:", err)
	}
	w.head().SetFaults(sim.Fault{Name: "offline"})
	w.run(time.Minute)
	if _, err := picture(1); luaapi.Describe(err).Kind != "offline" || len(asked) > n {
		t.Error(err)
	}
	for _, e := range w.record {
		if e.Kind == journal.Command && strings.Contains(e.What, "picture") {
			t.Errorf("on record: %+v", e)
		}
	}
}

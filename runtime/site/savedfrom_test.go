package site

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/isapi"
)

// What a device tells that no device can have is left out: the file that is
// written can be read.
func TestSavedOfOddDevices(t *testing.T) {
	odd := &isapi.PTZCapabilities{
		Position: true, Pan: isapi.Range{Min: 350, Max: 10}, Tilt: isapi.Range{Min: -180, Max: 20}, Zoom: isapi.Range{Min: 1, Max: 1},
		MaxPresets: 1024, Special: []int{0, 94, 1000},
	}
	presets := []isapi.Preset{
		{ID: 1, Position: &isapi.Pose{Pan: 10, Tilt: -355, Zoom: 1}}, {ID: 2, Position: &isapi.Pose{Pan: math.NaN(), Tilt: 0, Zoom: 1}},
		{ID: 3, Position: &isapi.Pose{Zoom: 0.5}}, {ID: 4, Position: &isapi.Pose{Zoom: 1}}, {ID: 94, Name: "Reboot", Special: true},
	}
	d := NewSavedDevice("gate", &isapi.DeviceInfo{}, []isapi.Channel{{ID: 1, PTZ: true, Enabled: true}})
	h := d.Channels[0].Head
	h.SetCapabilities(odd)
	h.SetPresets(presets)
	want := &SavedHead{
		Position: new(true), MaxPresets: 999, Special: map[int]string{94: "Reboot"},
		Presets: []isapi.Preset{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4, Position: &isapi.Pose{Zoom: 1}}},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	dir := t.TempDir()
	if _, err := WriteSaved(dir, &Saved{Devices: []SavedDevice{d}}); err != nil {
		t.Fatal(err)
	}
	back, err := LoadSaved(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, back.Devices[0].Channels[0].Head); diff != "" {
		t.Error(diff)
	}

	h.SetCapabilities(&isapi.PTZCapabilities{Position: true, Zoom: isapi.Range{Min: 1, Max: 1000}})
	if h.Zoom != (isapi.Range{}) || h.Special[94] != "" || len(h.Special) > 0 {
		t.Errorf("%+v", h)
	}
}

func TestKindOfSaved(t *testing.T) {
	off := false
	for _, c := range []struct {
		name     string
		typ      string
		channels []isapi.Channel
		want     Model
	}{
		{"camera", "IPCamera", []isapi.Channel{{ID: 1}}, ModelIPC},
		{"two sensors", "IPDome", []isapi.Channel{{ID: 1}, {ID: 2, PTZ: true}}, ModelPTZ},
		{"nvr", "NVR", []isapi.Channel{{ID: 1, Proxy: 1, Online: &off}}, ModelNVR},
		{"dvr", "DVR", []isapi.Channel{{ID: 1, Analog: true}, {ID: 2, Proxy: 1}}, ModelDVR},
		{"empty", "NVR", nil, ModelNVR},
		{"empty hybrid", "HybridDVR", nil, ModelDVR},
	} {
		if d := NewSavedDevice(c.name, &isapi.DeviceInfo{Type: c.typ}, c.channels); d.Kind != c.want {
			t.Errorf("%s is %s", c.name, d.Kind)
		}
	}
}

// Whatever part a head does not tell is as it was.
func TestKeepUntold(t *testing.T) {
	device := func(head *SavedHead, offline bool) *SavedDevice {
		return &SavedDevice{Name: "nvr", Kind: ModelNVR, Channels: []SavedChannel{{ID: 1, Offline: offline, Head: head}}}
	}
	before := func() *SavedDevice {
		return device(&SavedHead{Position: new(true), MaxPresets: 300, Presets: []isapi.Preset{{ID: 1, Name: "door"}}, Special: map[int]string{94: "Reboot"}}, false)
	}
	for _, c := range []struct {
		name    string
		now     *SavedDevice
		want    *SavedHead
		offline int
	}{
		{"nothing", device(&SavedHead{}, false), before().Channels[0].Head, 0},
		{"offline", device(nil, true), before().Channels[0].Head, 1},
		{"fixed now", device(nil, false), nil, 0},
		{"no capabilities", device(&SavedHead{Presets: []isapi.Preset{}}, false),
			&SavedHead{Position: new(true), MaxPresets: 300, Presets: []isapi.Preset{}, Special: map[int]string{94: "Reboot"}}, 0},
		{"no presets", device(&SavedHead{Position: new(false), Special: map[int]string{94: "", 95: ""}}, false),
			&SavedHead{Position: new(false), Presets: []isapi.Preset{{ID: 1, Name: "door"}}, Special: map[int]string{94: "Reboot", 95: ""}}, 0},
		{"all", device(&SavedHead{Position: new(false), Presets: []isapi.Preset{}, Special: map[int]string{}}, false),
			&SavedHead{Position: new(false), Presets: []isapi.Preset{}, Special: map[int]string{}}, 0},
	} {
		offline := c.now.KeepUntold(before())
		if diff := cmp.Diff(c.want, c.now.Channels[0].Head); diff != "" || len(offline) != c.offline {
			t.Error(c.name, offline, diff)
		}
	}
}

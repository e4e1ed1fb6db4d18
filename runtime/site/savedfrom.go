package site

import (
	"strings"

	"github.com/hiklua/hiklua/isapi"
)

// NewSavedDevice is what a device told of itself and of its channels. The heads
// of its channels hold nothing yet.
func NewSavedDevice(name string, info *isapi.DeviceInfo, channels []isapi.Channel) SavedDevice {
	d := SavedDevice{Name: name, Model: info.Model, Firmware: info.Firmware}
	own, recorder, heads := false, len(channels) == 0, false
	for _, ch := range channels {
		own = own || ch.Analog
		recorder = recorder || ch.Analog || ch.Proxy > 0
		heads = heads || ch.PTZ
		c := SavedChannel{ID: ch.ID, Name: ch.Name, Analog: ch.Analog, Off: !ch.Enabled, Offline: ch.Online != nil && !*ch.Online}
		if ch.PTZ {
			c.Head = &SavedHead{}
		}
		d.Channels = append(d.Channels, c)
	}
	switch {
	case own, recorder && len(channels) == 0 && strings.Contains(strings.ToUpper(info.Type), "DVR"):
		d.Kind = ModelDVR
	case recorder:
		d.Kind = ModelNVR
	case heads:
		d.Kind = ModelPTZ
	default:
		d.Kind = ModelIPC
	}
	return d
}

// SetCapabilities takes over what a head told that it can do. Values that no head
// has, which some firmware tells, are left out.
func (h *SavedHead) SetCapabilities(caps *isapi.PTZCapabilities) {
	h.Position = new(caps.Position)
	h.Pan, h.Tilt, h.Zoom = isapi.Range{}, isapi.Range{}, isapi.Range{}
	if caps.Position {
		h.Pan, h.Tilt, h.Zoom = possible(caps.Pan, panBounds), possible(caps.Tilt, tiltBounds), possible(caps.Zoom, zoomBounds)
	}
	if h.Zoom.Max == zoomBounds.Max {
		h.Zoom = isapi.Range{} // no lens: what stands for a limit that was not told
	}
	h.MaxPresets = min(max(caps.MaxPresets, 0), isapi.MaxPreset)
	special := map[int]string{}
	for _, id := range caps.Special {
		if id >= 1 && id <= isapi.MaxPreset {
			special[id] = ""
		}
	}
	h.Special = special
}

// SetPresets takes over the presets that a head told, and the names of its
// functions. SetCapabilities comes first.
func (h *SavedHead) SetPresets(list []isapi.Preset) {
	h.Presets = []isapi.Preset{}
	for _, p := range list {
		if p.Special {
			if h.Special != nil {
				h.Special[p.ID] = p.Name
			}
			continue
		}
		if at := p.Position; at != nil && !(inside(at.Pan, panBounds) && inside(at.Tilt, tiltBounds) && inside(at.Zoom, zoomBounds)) {
			p.Position = nil
		}
		h.Presets = append(h.Presets, p)
	}
}

// SetStreams takes over the sizes of streams. Those that no device has are left
// out.
func (d *SavedDevice) SetStreams(list []isapi.StreamSetting) {
	for _, s := range list {
		ch := d.Channel(s.Channel)
		if ch == nil || min(s.Width, s.Height) < 1 || max(s.Width, s.Height) > maxPixels {
			continue
		}
		if s.Stream == isapi.Sub {
			ch.Sub = Pixels{s.Width, s.Height}
		} else {
			ch.Main = Pixels{s.Width, s.Height}
		}
	}
}

// KeepUntold puts what was saved before in the place of what the device did not
// tell this time, and returns the channels that are offline and have it all from
// before.
func (d *SavedDevice) KeepUntold(before *SavedDevice) (offline []int) {
	for i := range d.Channels {
		ch, old := &d.Channels[i], before.Channel(d.Channels[i].ID)
		if old == nil {
			continue
		}
		if ch.Main == (Pixels{}) && ch.Sub == (Pixels{}) {
			ch.Main, ch.Sub = old.Main, old.Sub
		}
		if old.Head == nil {
			continue
		}
		switch {
		case ch.Head == nil && ch.Offline:
			ch.Head = old.Head
			offline = append(offline, ch.ID)
		case ch.Head == nil: // a fixed camera now
		case ch.Head.Position == nil:
			presets := ch.Head.Presets
			ch.Head = old.Head
			if presets != nil {
				ch.Head.Presets = presets
			}
		case ch.Head.Presets == nil:
			ch.Head.Presets = old.Head.Presets
			for id := range ch.Head.Special {
				ch.Head.Special[id] = old.Head.Special[id]
			}
		}
	}
	if d.Kind == ModelIPC && len(offline) > 0 {
		d.Kind = ModelPTZ
	}
	return offline
}

// The bounds of devices.yaml.
var (
	panBounds  = isapi.Range{Min: 0, Max: 360}
	tiltBounds = isapi.Range{Min: -90, Max: 90}
	zoomBounds = isapi.Range{Min: 1, Max: 1000}
)

// inside is false for what is no number, too.
func inside(v float64, r isapi.Range) bool { return v >= r.Min && v <= r.Max }

func possible(told, bounds isapi.Range) isapi.Range {
	if inside(told.Min, bounds) && inside(told.Max, bounds) && told.Min < told.Max {
		return told
	}
	return isapi.Range{}
}

// Package standin says what the simulated device is like that takes the place of
// a device of site.yaml.
package standin

import (
	"slices"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Options are those of the simulated device in the place of d. It has the
// account that site.yaml gives. What else it has is, in this order: that of a
// model, if site.yaml simulates it; what "hiklua devices --save" kept of it; a
// dome's, or that of a recorder whose channels are all domes, so that no command
// of a script goes amiss, with the channels that site.yaml names.
func Options(d site.Device, clk clock.Clock) sim.Options {
	o := sim.Options{
		Name: d.Name, Model: sim.Model(d.Simulate), Clock: clk,
		Username: d.Username, Password: d.Password.Reveal(),
	}
	if d.AuthMode == site.AuthBasic {
		o.Auth = sim.AuthBasic
	}
	if d.PTZID == site.PTZIDStream {
		o.PTZID = sim.PTZByStream
	}
	if d.Simulate == "" && d.Saved != nil {
		o.Model, o.Channels = sim.Model(d.Saved.Kind), savedChannels(d.Saved)
		return o
	}
	o.Channels = channels(d, &o.Model)
	return o
}

// channels are those of a device of which nothing was saved.
func channels(d site.Device, model *sim.Model) []sim.ChannelOptions {
	allHeads := d.Simulate == ""
	last := 1
	for _, c := range d.Channels {
		last = max(last, c.Address)
	}
	if allHeads {
		*model = sim.PTZ
		if last > 1 {
			*model = sim.NVR
		}
	}
	recorder := *model == sim.NVR || *model == sim.DVR
	if recorder {
		last = max(last, 4)
	}
	var list []sim.ChannelOptions
	for id := 1; id <= last; id++ {
		c := sim.ChannelOptions{ID: id, PTZ: *model == sim.PTZ || allHeads || *model == sim.NVR && id == 1}
		c.Analog = *model == sim.DVR && id <= 4
		if i := slices.IndexFunc(d.Channels, func(known site.Channel) bool { return known.Address == id }); i >= 0 {
			c.Name = d.Channels[i].Name
		} else if !recorder {
			c.Name = d.Name
		}
		list = append(list, c)
	}
	return list
}

func savedChannels(d *site.SavedDevice) []sim.ChannelOptions {
	list := []sim.ChannelOptions{} // not nil: a recorder without cameras stays one
	for _, c := range d.Channels {
		o := sim.ChannelOptions{ID: c.ID, Name: c.Name, Analog: c.Analog, Disabled: c.Off, Offline: c.Offline, PTZ: c.Head != nil}
		o.MainWidth, o.MainHeight, o.SubWidth, o.SubHeight = c.Main.Width, c.Main.Height, c.Sub.Width, c.Sub.Height
		if c.Head != nil {
			o.Gear = gear(c.Head)
		}
		list = append(list, o)
	}
	return list
}

// gear is what a head has as it was saved. What its device did not tell is as on
// every simulated head.
func gear(h *site.SavedHead) sim.Gear {
	g := sim.Gear{
		Pan: h.Pan, Tilt: h.Tilt, Zoom: h.Zoom, NoPosition: h.Position != nil && !*h.Position,
		Specials: h.Special, MaxPresets: h.MaxPresets,
	}
	if h.Presets == nil {
		return g
	}
	g.Presets = []sim.Preset{}
	for _, p := range h.Presets {
		at := p.Position
		if at == nil { // each looks elsewhere, so that a tour shows in pictures
			at = &isapi.Pose{Pan: float64(p.ID * 47 % 360), Tilt: -5, Zoom: 1}
		}
		g.Presets = append(g.Presets, sim.Preset{ID: p.ID, Name: p.Name, Pose: sim.Pose(*at)})
		g.MaxPresets = max(g.MaxPresets, p.ID)
	}
	return g
}

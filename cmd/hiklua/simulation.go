package main

import (
	"net/http"
	"slices"
	"sync"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// simulation makes devices of software, in memory, in the place of a site's.
// Its transport is what a host asks.
type simulation struct {
	clk clock.Clock
	all bool // also in the place of real ones

	mu      sync.Mutex
	devices []*sim.Device // in the order in which they were asked for
}

// transport gives the way to a simulated device; nil for a real one.
func (s *simulation) transport(d site.Device) (http.RoundTripper, error) {
	if d.Simulate == "" && !s.all {
		return nil, nil
	}
	device := sim.New(simOptions(d, s.clk))
	s.mu.Lock()
	s.devices = append(s.devices, device)
	s.mu.Unlock()
	return device.Transport(), nil
}

// simOptions is a device as site.yaml describes it: its account and the names
// of its channels. A real one is played by a dome, or by a recorder whose
// channels are all domes, so that no command of a script goes amiss.
func simOptions(d site.Device, clk clock.Clock) sim.Options {
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
	stands := d.Simulate == ""
	last := 1
	for _, c := range d.Channels {
		last = max(last, c.Address)
	}
	if stands {
		o.Model = sim.PTZ
		if last > 1 {
			o.Model = sim.NVR
		}
	}
	recorder := o.Model == sim.NVR || o.Model == sim.DVR
	if recorder {
		last = max(last, 4)
	}
	for id := 1; id <= last; id++ {
		c := sim.ChannelOptions{ID: id, PTZ: o.Model == sim.PTZ || stands || o.Model == sim.NVR && id == 1}
		c.Analog = o.Model == sim.DVR && id <= 4
		if i := slices.IndexFunc(d.Channels, func(known site.Channel) bool { return known.Address == id }); i >= 0 {
			c.Name = d.Channels[i].Name
		} else if !recorder {
			c.Name = d.Name
		}
		o.Channels = append(o.Channels, c)
	}
	return o
}

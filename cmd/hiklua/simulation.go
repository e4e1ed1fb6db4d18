package main

import (
	"net/http"
	"sync"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/standin"
)

// simulation makes devices of software, in memory, in the place of a site's.
// Its transport is what a host asks.
type simulation struct {
	clk clock.Clock
	all bool // also in the place of real ones

	mu      sync.Mutex
	devices map[string]*sim.Device // the latest of each name
}

// transport gives the way to a simulated device; nil for a real one.
func (s *simulation) transport(d site.Device) (http.RoundTripper, error) {
	if d.Simulate == "" && !s.all {
		return nil, nil
	}
	device := sim.New(simOptions(d, s.clk))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.devices == nil {
		s.devices = make(map[string]*sim.Device)
	}
	s.devices[d.Name] = device
	return device.Transport(), nil
}

// device is the simulated device of that name; nil: there is none.
func (s *simulation) device(name string) *sim.Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.devices[name]
}

// simOptions are those of the simulated device in the place of a device.
func simOptions(d site.Device, clk clock.Clock) sim.Options { return standin.Options(d, clk) }

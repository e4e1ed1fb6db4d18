package main

import (
	"fmt"
	"os"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/happening"
	"github.com/hiklua/hiklua/runtime/site"
)

// maxEventsFile bounds a file of events.
const maxEventsFile = 1 << 20

// readHappenings reads the file of rehearse --events; "": there is none.
func readHappenings(file string, s *site.Site) ([]happening.Happening, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return nil, &failure{"--events: " + err.Error()}
	case len(text) > maxEventsFile:
		return nil, &failure{fmt.Sprintf("--events: %s is larger than %d MB: it is no file of events", file, maxEventsFile>>20)}
	}
	all, problems := happening.Parse(file, string(text), s)
	if problems != nil {
		return nil, &failure{problems.Error()}
	}
	return all, nil
}

// play has things happen to the devices of a rehearsal until a time: all of them, and
// of what is on record that which can happen to the devices of now; remark is told of
// the rest.
func (r rehearsedDevices) play(all, onRecord []happening.Happening, until time.Time, seed uint64, remark func(error)) func(*runtime.Host, clock.Clock) error {
	return func(h *runtime.Host, clk clock.Clock) error {
		p := happening.Player{
			Clock: clk, Until: until, Seed: seed,
			Device: func(name string) *sim.Device { return r[name].Device },
			Emit:   func(name string, value any) { h.Emit(name, value) }, // Parse has looked at the name
		}
		if problems := p.Play(all); problems != nil {
			return &failure{problems.Error()}
		}
		for _, one := range onRecord {
			if problems := p.Play([]happening.Happening{one}); problems != nil {
				remark(problems)
			}
		}
		return nil
	}
}

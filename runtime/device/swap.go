package device

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// retirePatience is how long a device that was taken out of the site is still
// asked to stop its heads, and how long its last commands may take.
const retirePatience = time.Minute

// Swap is what a new site.yaml does to the devices.
type Swap struct {
	set     *Set
	site    *site.Site
	devices []*Device           // of the new site, in its order
	added   []*Device           // of those, the ones that have to be started
	instead map[*Device]*Device // new ones, by the old one that has to end first
	gone    []*Device
	lines   map[*Device]*line // kept ones with other settings
}

// Prepare makes whatever is new and touches nothing.
func (s *Set) Prepare(next *site.Site) (*Swap, error) {
	swap := &Swap{set: s, site: next, instead: make(map[*Device]*Device), lines: make(map[*Device]*line)}
	old := make(map[string]*Device)
	for _, d := range s.Devices() {
		old[d.Name()] = d
	}
	var problems []error
	for _, conf := range next.Devices {
		d := old[conf.Name]
		delete(old, conf.Name)
		was, _ := s.site.Load().Device(conf.Name)
		var err error
		switch {
		case d != nil && was.Equal(conf):
		case d != nil && SamePlace(was, conf):
			swap.lines[d], err = s.newLine(conf)
		default:
			before := d
			if d, err = s.newDevice(conf); err != nil {
				break
			}
			if before == nil {
				swap.added = append(swap.added, d)
			} else {
				swap.instead[before] = d
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("device %s: %w", conf.Name, err))
			continue
		}
		swap.devices = append(swap.devices, d)
	}
	for _, d := range s.Devices() {
		if old[d.Name()] == d || swap.instead[d] != nil {
			swap.gone = append(swap.gone, d)
		}
	}
	return swap, errors.Join(problems...)
}

// SamePlace reports whether two blocks of one name mean the same device,
// reached in another way or under other names.
func SamePlace(a, b site.Device) bool {
	return a.Scheme == b.Scheme && a.Host == b.Host && a.Port == b.Port &&
		a.Simulate == b.Simulate && a.Concurrency == b.Concurrency
}

// Commit makes the devices what the new site says.
func (p *Swap) Commit() {
	s := p.set
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.site.Store(p.site)
	s.devices = p.devices
	s.retired = append(s.retired, p.gone...)
	started := s.started
	s.mu.Unlock()
	for _, d := range s.All() {
		d.setLimits(p.site.Limits)
	}
	for _, d := range p.devices {
		if l := p.lines[d]; l != nil {
			d.rewire(l)
		}
	}
	for _, d := range p.added {
		if started {
			d.start(0)
		}
	}
	for _, d := range p.gone {
		successor := p.instead[d]
		d.retire(successor)
		s.retiring.Go(func() { s.awaitRest(d, successor) })
	}
}

// awaitRest closes a device that was retired once it is at rest, and starts
// its successor, which does not wait for that for ever.
func (s *Set) awaitRest(d, successor *Device) {
	ctx, cancel := clock.WithTimeout(s.clk, s.ctx, retirePatience)
	defer cancel()
	hurry := s.clk.Now().Add(StopTimeout)
	for clock.Cause(ctx) == nil && !d.finished() {
		if successor != nil && s.clk.Now().After(hurry) {
			// It is not reached at its old address any more: perhaps it is at
			// the new one.
			successor.stopEach(d.movingHeads())
			successor.start(0)
			successor = nil
		}
		clock.Sleep(ctx, s.clk, 20*time.Millisecond)
	}
	if clock.Cause(s.ctx) != nil {
		return // Close waits for it with the others
	}
	if successor != nil {
		successor.start(0)
	}
	d.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.retired, d); i >= 0 {
		s.retired = slices.Delete(s.retired, i, i+1)
	}
}

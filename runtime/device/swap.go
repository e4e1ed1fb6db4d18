package device

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// abandonAfter is how long a device is looked for at an address that it does not
// have any more.
const abandonAfter = time.Minute

// Swap is what a new site.yaml does to the devices.
type Swap struct {
	set  *Set
	site *site.Site
	kept []kept // of the new site, in its order
	gone []*Ref
}

// kept is a name of the new site.
type kept struct {
	ref  *Ref  // nil: the name is new
	line *line // nil: its settings are the same
}

// Prepare makes whatever is new and touches nothing.
func (s *Set) Prepare(next *site.Site) (*Swap, error) {
	p := &Swap{set: s, site: next}
	old := make(map[string]*Ref)
	before := s.Devices()
	for _, r := range before {
		old[r.name] = r
	}
	var problems []error
	for _, conf := range next.Devices {
		k := kept{ref: old[conf.Name]}
		delete(old, conf.Name)
		if was, _ := s.site.Load().Device(conf.Name); k.ref == nil || !was.Equal(conf) {
			var err error
			if k.line, err = s.newLine(conf); err != nil {
				problems = append(problems, fmt.Errorf("device %s: %w", conf.Name, err))
			}
		}
		p.kept = append(p.kept, k)
	}
	for _, r := range before {
		if old[r.name] == r {
			p.gone = append(p.gone, r)
		}
	}
	return p, errors.Join(problems...)
}

// SamePlace reports whether two blocks of site.yaml mean the same device,
// reached in another way or under other names.
func SamePlace(a, b site.Device) bool {
	return a.Simulate == b.Simulate && addressOf(a) == addressOf(b)
}

// Commit makes the devices what the new site says.
func (p *Swap) Commit() {
	s := p.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.site.Store(p.site)
	for _, r := range p.gone {
		r.say(slog.LevelInfo, "device taken out of the site")
		s.giveUp(r)
	}
	s.refs = nil
	var moved []func()
	for _, k := range p.kept {
		r := k.ref
		switch {
		case r == nil:
			r = s.newRef(k.line, true)
			if s.started {
				r.start(0)
				s.stopLeftAt(r.dev())
			}
		case k.line != nil:
			if then := s.relay(r, k.line); then != nil {
				moved = append(moved, then)
			}
		}
		s.refs = append(s.refs, r)
	}
	for _, then := range moved { // every name is where the new site has it
		s.retiring.Go(then)
	}
}

// relay has a name go on over another line. One that leads to the same device
// takes over its queue and its heads; what is on its way ends over the old one.
// Another address is another device: what waits is asked there, once the heads
// that this name has moved at the old one are at rest: then sees to that, and
// waits. Called with mu held.
func (s *Set) relay(r *Ref, l *line) (then func()) {
	old := r.line.Load()
	fresh := s.connect(r, l)
	s.hub.move(r, l)
	moved := old.dev != l.dev
	r.askAnew(old.conf, l.conf, moved)
	if !moved {
		old.close()
		return nil
	}
	r.say(slog.LevelInfo, "device has another address", "was", old.dev.address, "is", l.dev.address)
	old.dev.relined(func() { old.dev.leave(old) })
	s.stopLeftAt(l.dev)
	return func() {
		if fresh && s.startAfter(old, l.dev) != nil {
			return
		}
		if s.retire(old) == nil {
			s.forgetLogins()
		}
	}
}

// startAfter starts a device when the heads that were moved over an old line are
// at rest. One that is not reached at its old address any more is perhaps at the
// new one: then its heads are stopped there.
func (s *Set) startAfter(old *line, d *Device) error {
	limit, cancel := clock.WithTimeout(s.clk, s.ctx, StopTimeout)
	defer cancel()
	if old.dev.awaitRest(limit, old) != nil && clock.Cause(s.ctx) == nil {
		for _, h := range old.dev.movingHeads() {
			d.head(h.channel, h.part).stopInsistently()
		}
		s.retiring.Go(func() { s.abandon(old, d) })
	}
	d.start()
	return clock.Cause(s.ctx)
}

// abandon ends the device at an old address that has not answered for a while,
// if no name means it any more and at the new address every head is at rest.
func (s *Set) abandon(old *line, d *Device) {
	if clock.Sleep(s.ctx, s.clk, abandonAfter) != nil {
		return
	}
	s.mu.Lock() // no name joins meanwhile
	defer s.mu.Unlock()
	if len(old.dev.refs()) == 0 && d.atRest() {
		old.dev.giveUp()
	}
}

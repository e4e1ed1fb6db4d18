package device

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// errWaning puts a command back that was about to be sent.
var errWaning = errors.New("commands wait: this host may have to give the device up")

const (
	hintElsewhere = "another host of the cluster drives it now, or is about to: hiklua cluster status tells which one"
	hintWaned     = "this host had not reached the rest of the cluster for some seconds: the script may move the head again"
)

// Wane has every head stopped that moves, and no further command sent, until
// Resume: what is asked of devices waits, as for its turn. Stops are sent, and
// event streams opened, all the same. It does not wait.
func (s *Set) Wane() { s.setWaning(true) }

// Resume has what waits since Wane sent. It does not wait.
func (s *Set) Resume() { s.setWaning(false) }

func (s *Set) setWaning(waning bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waning = waning
	for _, address := range slices.Sorted(maps.Keys(s.devices)) {
		s.devices[address].setWaning(waning)
	}
}

func (d *Device) setWaning(waning bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waning = waning; !waning {
		d.idle.Broadcast()
		return
	}
	for _, h := range d.heads {
		if h.motion != nil {
			h.motion.wane()
		}
	}
}

// wane stops a motion in the place of its owner, who is told. Called with mu held.
func (m *motion) wane() {
	if !m.ended && !m.stopDue {
		m.waned = m.ref.failure("cancelled", m.head.channel, "the head was stopped: this host may have to give the device up to another", hintWaned)
	}
	m.stopFor(journal.StopCluster)
}

// putBack has a command wait again that was not sent: it is the next. Called with
// mu held.
func (d *Device) putBack(c *command) {
	list := &d.queue
	switch {
	case c.poll:
		list = &d.polls
	case c.look:
		list = &d.looks
		d.looking = false
	}
	d.active--
	c.line.active--
	c.state = commandQueued
	*list = slices.Insert(*list, 0, c)
	c.waiter.Wake()
	d.settling.Broadcast()
	d.idle.Signal()
}

// isElsewhere reports whether a command met a gate that is shut: it tells nothing of
// the device.
func isElsewhere(err error) bool { return errors.Is(err, isapi.ErrElsewhere) }

// Drop ends the devices without a word to them: another host drives them. No head is
// waited for, and what is written down of heads in motion stays, for the other host.
// It does not wait; Close does, for what runs.
func (s *Set) Drop() {
	s.dropped.Store(true)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	for _, r := range s.All() {
		r.giveAway()
	}
	s.each((*Device).giveAway)
	s.hasten()
}

// giveAway has the name say where its device is.
func (r *Ref) giveAway() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state, r.since = StateElsewhere, r.clk.Now()
	r.lastErr = r.elsewhere(0, "the device was given up")
	r.changed.Broadcast()
}

// elsewhere is the error of what was not sent because another host has the device.
func (r *Ref) elsewhere(channel int, what string) error {
	return &luaapi.Failure{
		Kind: StateElsewhere, Message: what + ": another host drives the device", Device: r.name, Channel: channel,
		Hint: hintElsewhere, Err: isapi.ErrElsewhere,
	}
}

// giveAway ends the queue and lets go of the heads.
func (d *Device) giveAway() {
	d.mu.Lock()
	d.closed = true
	for _, c := range slices.Concat(d.queue, d.looks, d.polls) {
		d.drop(c, c.ref.elsewhere(c.Channel, c.What+" was not sent"))
	}
	d.queue, d.looks, d.polls = nil, nil, nil
	for _, h := range d.heads {
		h.stopper.letGo(d.first().ref.elsewhere(h.channel, h.stopWord()+" was not sent"))
	}
	d.idle.Broadcast()
	d.mu.Unlock()
	d.cancel()
}

// letGo ends the stops of a head that another host stops: it finds in the log that
// the head may be moving. Called with mu held.
func (s *stopper) letGo(err error) {
	h := s.head
	h.elsewhere = true
	s.doubtful, s.insist = false, false
	s.refused.clear()
	if m := h.motion; m != nil {
		h.motion = nil
		m.end(err)
	}
	s.tell(s.requests, err)
	h.d.settling.Broadcast()
}

// endAll waits for what runs of devices that were dropped, until limit ends.
func (s *Set) endAll(limit context.Context) error {
	ended := clock.NewGroup(s.clk)
	s.each(func(d *Device) { ended.Go(d.close) })
	for _, r := range s.All() {
		ended.Go(r.close)
	}
	ended.Go(s.retiring.Wait)
	if ended.WaitFor(limit) != nil {
		return fmt.Errorf("devices were given up, and something of them still runs: %w", clock.Cause(limit))
	}
	return nil
}

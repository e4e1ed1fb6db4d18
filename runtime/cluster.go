package runtime

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// dropWithin is how long Drop takes at most.
const dropWithin = 2 * time.Second

// Wane has every head stopped that moves, and no further move or command sent:
// what is asked of devices waits, as it does for its turn. Handshakes of event
// streams go on. It is for a host that may have to give its devices up soon, and
// scripts that listen are told by the event lost. Wane and Resume do not wait; a
// second call in a row does nothing.
func (h *Host) Wane() {
	h.devices.Wane()
	h.tellLost(true)
}

// Resume ends Wane: what waits is sent.
func (h *Host) Resume() {
	h.devices.Resume()
	h.tellLost(false)
}

// TellLost tells scripts that listen, by the event lost, that another host drives the
// devices soon, unless Wane has told it. It does not wait.
func (h *Host) TellLost() { h.tellLost(true) }

// tellLost tells scripts that the devices may be lost, or that they are not after all.
func (h *Host) tellLost(begins bool) {
	if h.waning.Swap(begins) == begins {
		return
	}
	for _, d := range h.Devices() {
		d.Notice(&luaapi.Event{Type: luaapi.LostEvent, State: stateWord(begins), Device: d.Name(), Time: h.clk.Now()})
	}
}

// Takeover is what scripts are told by the event held.
type Takeover struct {
	Host         string    // this one
	From         string    // the host that drove the devices before; "": none did
	Since, Until time.Time // no host did from Since to Until; zero Since: not known
}

// TellHeld tells scripts of a takeover, once those that are there have been loaded.
// It does not wait.
func (h *Host) TellHeld(t Takeover) {
	h.mu.Lock()
	h.takeover = &t
	h.mu.Unlock()
	h.tellTakeover()
}

// tellTakeover tells of a takeover once, if the scripts have been loaded.
func (h *Host) tellTakeover() {
	h.mu.Lock()
	t := h.takeover
	if !h.loaded {
		t = nil
	}
	if t != nil {
		h.takeover = nil
	}
	h.mu.Unlock()
	if t == nil {
		return
	}
	for _, d := range h.Devices() {
		d.Notice(&luaapi.Event{
			Type: luaapi.HeldEvent, State: stateWord(true), Device: d.Name(), Time: h.clk.Now(),
			Host: t.Host, From: t.From, Since: t.Since, Till: t.Until,
		})
	}
}

// Drop ends the host at once, because another one drives its devices from now on:
// nothing is sent to a device any more, no head is waited for or reported, and what
// the state file has of heads in motion stays there, for the other host to stop
// them. It returns within 2 s, whatever hangs, and Run returns as well. The gate
// has to be shut before. It runs on a goroutine of the clock.
func (h *Host) Drop() {
	h.drop()
	h.devices.Drop()
	limit, cancel := clock.WithTimeout(h.clk, context.Background(), dropWithin)
	defer cancel()
	if !h.beginClose() {
		// Close is under way, and has nothing to wait for any more but a disk.
		h.Abort()
		h.cancel(errShutdown)
		h.store.Drop(limit)
		h.awaitDone(limit, h.closed)
		return
	}
	defer h.endClose(nil)
	defer h.closeWeb()
	h.Abort()
	h.endLoads()
	h.mu.Lock()
	h.stopping = true
	scripts := slices.Clone(h.states)
	for _, o := range h.loaders {
		o.live = nil
	}
	h.schedules = nil
	h.mu.Unlock()
	h.cancel(errShutdown)
	ended := clock.NewGroup(h.clk)
	for _, s := range scripts {
		s.endTasks(errShutdown)
		ended.Go(func() { s.stop(errShutdown) })
	}
	// One beside the other: none may keep another open.
	ended.Go(func() { h.store.Drop(limit) })
	ended.Go(func() { h.devices.Close(limit) })
	ended.Go(func() { h.closeNotices(limit) })
	ended.Go(func() { h.endGaps(limit) })
	ended.Go(func() { h.endArchive(limit) })
	ended.Go(func() { h.children.WaitFor(limit) })
	ended.Go(func() { h.finishing.WaitFor(limit) })
	ended.Go(func() { h.noting.WaitFor(limit) })
	if h.stopGuard != nil {
		defer h.stopGuard()
	}
	ended.WaitFor(limit)
}

// isLost reports whether something has failed because the host has lost its devices
// to another one: it ends with the host, a moment later.
func (h *Host) isLost(err error) bool {
	return err != nil && h.conf.Gate.Shut() && Report(err).Kind == "elsewhere"
}

// handedOver is what a person is told of a line or a program that has ended with the
// host: of one that has lost its devices to another host, or hands them over, that is
// of kind elsewhere.
func (h *Host) handedOver(err error) error {
	if !errors.Is(err, errShutdown) || h.dropped.Err() == nil && !h.waning.Load() {
		return err
	}
	return &luaapi.Failure{
		Kind: "elsewhere", Message: "another host drives the devices from now on, and what ran here has ended", Err: isapi.ErrElsewhere,
		Hint: "hiklua cluster status tells which one; give the command there, or here for a share that this host holds",
	}
}

// beginClose reports whether the host is to be closed: it is not, and no other call
// has begun to.
func (h *Host) beginClose() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := !h.closing
	h.closing = true
	return first
}

func (h *Host) endClose(err error) {
	h.mu.Lock()
	h.closeErr = err
	h.mu.Unlock()
	h.hasClosed()
}

package hold

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// tenure is one time of holding a share, from Hold to LetGo or End.
type tenure struct {
	h    *Holder
	term uint64
	// limit is the boot time at which writes end: end less the guard, or the beginning
	// of time.
	limit atomic.Int64

	// Guarded by h.mu.
	sent   BootTime // of the last try that was confirmed
	asked  BootTime // a try that was sent since then is waited for
	end    BootTime // of the lease
	timer  clock.Timer
	waning bool
	leave  *leave // the share is being handed over
	shut   bool   // the driver has been, or is being, told to let go, or has ended
	busy   int    // LetGo and End that are under way
}

// may is what the gate asks before each write.
func (t *tenure) may() bool { return int64(t.h.cfg.Boot()) < t.limit.Load() }

// begin has the driver hold the share by a try that was confirmed, unless the
// answer came too late to do anything with it.
func (h *Holder) begin(term uint64, sent BootTime) bool {
	end := sent.Add(h.times.lease)
	if h.cfg.Boot() >= end.Add(-h.times.guard) || !h.arm(end) {
		return false
	}
	t := &tenure{h: h, term: term, sent: sent, end: end}
	t.limit.Store(int64(end.Add(-h.times.guard)))
	h.driving.Lock()
	defer h.driving.Unlock()
	h.mu.Lock()
	h.tenure = t
	t.setTimer()
	h.mu.Unlock()
	h.log.Info("this host holds the share", "term", term)
	h.cfg.Driver.Hold(term, t.may)
	return true
}

// arm has the kernel kill this process at the end of the lease. Where it could at
// first and cannot now, the lease is no longer than it was, and this host does without
// the kernel timer from the next tenure on.
func (h *Holder) arm(end BootTime) bool {
	if !h.guarded {
		return true
	}
	err := h.cfg.Deadman.Arm(end)
	if err != nil {
		h.log.Error("the kernel timer of the lease cannot be set", "error", err)
		h.unarmed = true
	}
	return err == nil
}

// confirm makes the lease longer by a try that was confirmed. Tries are made one after
// another, so that the end is never put back.
func (t *tenure) confirm(sent BootTime) {
	h := t.h
	h.driving.Lock()
	defer h.driving.Unlock()
	h.mu.Lock()
	end := sent.Add(h.times.lease)
	h.changed.Broadcast() // for Confirm
	if t.shut || !h.arm(end) {
		h.mu.Unlock()
		return
	}
	t.sent, t.end = sent, end
	t.limit.Store(int64(end.Add(-h.times.guard)))
	resume := t.waning && t.leave == nil
	if resume {
		t.waning = false
	}
	h.mu.Unlock()
	if resume {
		h.log.Info("the lease is confirmed again", "term", t.term)
		h.cfg.Driver.Resume()
	}
}

// setTimer has the end of the lease looked at when the next thing is to be done
// for it. Called with mu held.
func (t *tenure) setTimer() {
	at := t.end.Add(-t.h.times.guard)
	if !t.waning {
		at = t.end.Add(-t.h.times.wane)
	}
	t.timer = t.h.cfg.Clock.AfterFunc(max(at.Sub(t.h.cfg.Boot()), time.Millisecond), func() { t.h.group.Go(t.expire) })
}

// expire wanes or lets go if it is time, by the boot clock: the timer may have gone off
// early, late, or for an end that was put off.
func (t *tenure) expire() {
	h := t.h
	h.driving.Lock()
	h.mu.Lock()
	now := h.cfg.Boot()
	switch {
	case t.shut:
	case now >= t.end.Add(-h.times.guard):
		h.log.Warn("the engine has not confirmed the lease in time: let go", "term", t.term)
		t.shutLocked()
		t.busy++
		h.mu.Unlock()
		h.driving.Unlock()
		t.letGo()
		return
	case now >= t.end.Add(-h.times.wane) && !t.waning:
		t.waning = true
		t.setTimer()
		if t.leave == nil {
			h.log.Warn("the engine has not confirmed the lease for long: heads stop", "term", t.term)
			h.mu.Unlock()
			h.cfg.Driver.Wane()
			h.driving.Unlock()
			return
		}
	default:
		t.setTimer()
	}
	h.mu.Unlock()
	h.driving.Unlock()
}

// lose lets go of a share that another host has.
func (t *tenure) lose() {
	h := t.h
	h.driving.Lock()
	h.mu.Lock()
	over := t.shut
	if !over {
		h.log.Warn("another host has taken the share: let go", "term", t.term, "host", h.record.Host)
		t.shutLocked()
		t.busy++
	}
	h.mu.Unlock()
	h.driving.Unlock()
	if !over {
		t.letGo()
	}
}

// shutLocked has the tenure end. Called with driving and mu held.
func (t *tenure) shutLocked() {
	t.shut = true
	t.limit.Store(math.MinInt64)
	t.timer.Stop()
}

// letGo has the driver let go: busy.
func (t *tenure) letGo() {
	t.h.cfg.Driver.LetGo()
	t.disarm()
	t.done()
}

// disarm ends the kernel timer. The gate is shut.
func (t *tenure) disarm() {
	if t.h.guarded {
		t.h.cfg.Deadman.Disarm()
	}
}

// done ends what was busy. Another tenure can begin when nothing is.
func (t *tenure) done() {
	t.h.mu.Lock()
	defer t.h.mu.Unlock()
	t.busy--
	t.h.changed.Broadcast()
}

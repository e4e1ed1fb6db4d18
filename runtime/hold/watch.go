package hold

import (
	"context"
	"encoding/json"
	"maps"
	"time"
)

// hear notes when a try was made: its sender counts the lease from the sending, which
// was before.
func (h *Holder) hear(data []byte) {
	now := h.cfg.Boot()
	var r Record
	if json.Unmarshal(data, &r) != nil || r.Session == h.session {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.heard, func(_ try, at BootTime) bool { return now.Sub(at) > 2*h.times.lease })
	key := try{r.Session, r.N}
	if _, again := h.heard[key]; !again {
		h.heard[key] = now
	}
	if r.Free {
		h.look = true
		h.changed.Broadcast()
	}
}

// see takes in the record that stands. One that is new counts from when its try was
// heard; one that was not heard may have been sent just now. Called with mu held.
func (h *Holder) see(data []byte, number uint64) {
	now := h.cfg.Boot()
	if h.known && number == h.number {
		return
	}
	before := h.known
	h.seen = seen{known: true, number: number, since: now}
	if number == 0 {
		return
	}
	if err := json.Unmarshal(data, &h.record); err != nil {
		h.log.Error("the record of the lease cannot be read", "error", err)
		h.record = Record{} // of some host
	}
	if at, ok := h.heard[try{h.record.Session, h.record.N}]; ok {
		h.since = at
	}
	if before { // else it may be of this machine, before that was started anew
		h.meet(h.record, h.since)
	}
}

// meet notes another host that has this one's name and is alive. Called with mu held.
func (h *Holder) meet(r Record, at BootTime) {
	if r.Host != h.cfg.Host || r.ID == h.cfg.ID {
		return
	}
	if h.twin != r.ID {
		h.log.Error("another host runs under the name of this one, as a folder that was copied does: give one of them a name of its own", "host", r.Host)
	}
	h.twin, h.twinAt = r.ID, at
}

// due is when this host may claim the share, if nothing newer is put. Called with mu
// held.
func (h *Holder) due() (at BootTime, ok bool) {
	if !h.want {
		return 0, false
	}
	if h.twin != "" {
		at = h.twinAt.Add(h.times.lease + h.times.grace)
	}
	if !h.atOnce() {
		at = max(at, h.since.Add(h.patience()))
	}
	return at, true
}

// atOnce reports whether the record that stands need not have run out first. Called
// with mu held.
func (h *Holder) atOnce() bool {
	r := h.record
	switch {
	case h.number == 0:
		return h.cfg.First
	case r.To != "":
		return r.To == h.cfg.Host
	case r.Session == h.session:
		// A lapse, or a claim whose answer came late or never: no other host has had the
		// share since. What this host has itself given to any other it leaves to them.
		return !r.Free
	case r.Free:
		return true
	}
	// An earlier process of this data folder: it is dead, as this one has the lock. A
	// machine whose disk was copied from another's has the same ID and folder.
	return r.ID == h.cfg.ID && r.Host == h.cfg.Host
}

// patience is how long a record stands before another host claims. Called with mu held.
func (h *Holder) patience() time.Duration {
	unguarded := h.record.Unguarded
	if h.number == 0 {
		unguarded = !h.guarded // of the host that may hold it nothing is known
	}
	times := timesOf(max(h.times.lease, h.record.Lease)) // no shorter than that of the holder
	if unguarded {
		return times.lease + times.lonely
	}
	return times.lease + times.grace
}

// watch looks at the record, claims the share if that is due, and waits until the next
// look is.
func (h *Holder) watch(ctx context.Context) {
	if h.unarmed {
		h.guarded, h.unarmed = false, false
	}
	next := h.cfg.Boot().Add(h.times.every)
	fresh := h.ask(ctx) == nil
	h.mu.Lock()
	defer h.mu.Unlock()
	for ctx.Err() == nil {
		now := h.cfg.Boot()
		at, ok := h.due()
		if ok && fresh && now >= at {
			h.mu.Unlock()
			held := h.claim()
			h.mu.Lock()
			if held {
				return
			}
			fresh = false // by the next look
			next = h.cfg.Boot().Add(h.times.retry)
			continue
		}
		if h.look {
			// The try was heard, and is not done yet.
			h.look = false
			next = min(next, now.Add(h.times.retry))
		}
		if now >= next {
			return
		}
		wake := next
		if ok && fresh {
			wake = min(wake, at)
		}
		h.pause(ctx, wake.Sub(now))
	}
}

// claim tries to have the share. A claim without an answer in time is none, whatever
// the engine makes of it later.
func (h *Holder) claim() bool {
	h.mu.Lock()
	var term uint64 // a new one
	if h.mine() {
		if term = h.record.Term; term == 0 {
			term = h.number
		}
	}
	h.mu.Unlock()
	sent, err := h.put(Record{Term: term})
	if err != nil {
		h.log.Debug("claim", "error", err)
		return false
	}
	h.mu.Lock()
	if term == 0 {
		term = h.number
	}
	h.mu.Unlock()
	return h.begin(term, sent)
}

package device

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// lease is a head that is one owner's and its children's alone.
type lease struct {
	head  *head
	owner *Owner
	since time.Time

	// Until the first command, for the journal: how long the owner waited for it,
	// and the run that had the head for itself meanwhile.
	waited time.Duration
	before string
}

// entry is the right to use a head: for one command, or for as long as a lease
// lasts. Entries are given in the order of asking, under the lock under which a
// lease is looked for: between the look and the use no other owner comes.
type entry struct {
	head  *head
	owner *Owner
	lease *lease // nil: for one command
	given bool
}

// enter waits until the head may be used for c, until whose end it may. Who has
// the head to itself has its lens too.
func (d *Device) enter(c *command) error {
	h := d.head(c.Channel, luaapi.NoLens)
	e := &entry{head: h, owner: ownerOf(c.ctx)}
	asked, before := d.clk.Now(), h.keeper(ownerOf(c.ctx))
	if err := h.await(c.ctx, c.ref, e, 0); err != nil {
		return err
	}
	c.entry = e
	c.use = &journal.HeadUse{Run: e.owner.runOf().Task}
	if c.use.Held = d.clk.Now().Sub(asked); c.use.Held > 0 {
		c.use.Before = before
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := h.holder(); l != nil {
		c.use.Alone = true
		if l.waited > 0 {
			c.use.Held, c.use.Before, l.waited = l.waited, l.before, 0
		}
	}
	return nil
}

// keeper is the run that keeps an owner from the head; "": none does.
func (h *head) keeper(o *Owner) string {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if l := h.holder(); l != nil && !o.within(l.owner) {
		return l.owner.runOf().Task
	}
	return ""
}

// lease waits until the head is the owner's alone, for at most timeout if that
// is not 0. What is returned gives it back; the end of the owner does so too.
func (h *head) lease(ctx context.Context, r *Ref, timeout time.Duration) (release func(), err error) {
	me := ownerOf(ctx)
	h.d.mu.Lock()
	top := h.holder()
	h.d.mu.Unlock()
	if top != nil && top.owner == me {
		return func() {}, nil // within its own: the outer one gives it back
	}
	l := &lease{head: h, owner: me, before: h.keeper(me)}
	asked := h.d.clk.Now()
	if err := h.await(ctx, r, &entry{head: h, owner: me, lease: l}, timeout); err != nil {
		return nil, err
	}
	if l.before != "" {
		l.waited = h.d.clk.Now().Sub(asked)
	}
	if err := addTo(me, &me.leases, l); err != nil {
		l.end()
		return nil, err
	}
	return func() {
		removeFrom(me, &me.leases, l)
		l.end()
	}, nil
}

// end gives the head back. Once more does nothing.
func (l *lease) end() {
	h := l.head
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if i := slices.Index(h.leases, l); i >= 0 {
		h.leases = slices.Delete(h.leases, i, i+1)
		h.admit()
	}
}

// holder is the lease that counts: a child of its owner may have one inside.
// Called with Device.mu held.
func (h *head) holder() *lease {
	if len(h.leases) == 0 {
		return nil
	}
	return h.leases[len(h.leases)-1]
}

// await queues e and waits until it is given.
func (h *head) await(ctx context.Context, r *Ref, e *entry, timeout time.Duration) error {
	d, limit := h.d, ctx
	if timeout > 0 {
		var cancel context.CancelFunc
		limit, cancel = clock.WithTimeout(d.clk, ctx, timeout)
		defer cancel()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	h.waiting = append(h.waiting, e)
	h.admit()
	for !e.given && d.settling.Wait(limit) == nil {
	}
	if e.given {
		return nil
	}
	h.waiting = slices.DeleteFunc(h.waiting, func(o *entry) bool { return o == e })
	h.admit()
	if err := clock.Cause(ctx); err != nil {
		return err
	}
	who := "another task uses the head"
	if l := h.holder(); l != nil {
		who = fmt.Sprintf("%s has had the head for itself since %s", l.owner.Name, l.since.In(d.set.site.Load().Timezone).Format(time.TimeOnly))
	}
	return r.failure("busy", h.channel, who, "wait longer, or stop that task")
}

// admit gives entries to those that may have one, in the order of asking.
// Called with Device.mu held.
func (h *head) admit() {
	var rest []*entry
	for _, e := range h.waiting {
		if !h.open(e) || slices.ContainsFunc(rest, func(before *entry) bool {
			// One that waits for a lease, and could have it but for commands
			// under way, comes before those that asked later.
			return before.lease != nil && h.inside(before) && !e.owner.within(before.owner)
		}) {
			rest = append(rest, e)
			continue
		}
		e.given = true
		if e.lease != nil {
			e.lease.since = h.d.clk.Now()
			h.leases = append(h.leases, e.lease)
		} else {
			h.using = append(h.using, e)
		}
	}
	h.waiting = rest
	h.d.settling.Broadcast()
}

// inside reports whether no lease keeps e out.
func (h *head) inside(e *entry) bool {
	l := h.holder()
	return l == nil || e.owner.within(l.owner)
}

// open reports whether e may be given: for a lease, no other owner may have a
// command under way.
func (h *head) open(e *entry) bool {
	return h.inside(e) && (e.lease == nil ||
		!slices.ContainsFunc(h.using, func(u *entry) bool { return !u.owner.within(e.owner) }))
}

// leave ends the entry of one command; nil has none. Called with Device.mu held.
func (e *entry) leave() {
	if e == nil {
		return
	}
	if i := slices.Index(e.head.using, e); i >= 0 {
		e.head.using = slices.Delete(e.head.using, i, i+1)
		e.head.admit()
	}
}

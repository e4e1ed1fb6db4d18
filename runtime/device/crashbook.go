package device

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// diskPatience is how long a move waits at most for the disk to have that
	// the head is about to move. A disk that is slower must not keep a head
	// from being moved, perhaps back to where it is needed; until the disk has
	// caught up, a crash would leave the head moving.
	diskPatience = 250 * time.Millisecond
	// tellFor is how long each start tells of a head that was left moving by a
	// device that is no longer there.
	tellFor = 24 * time.Hour
)

// logbook has on disk which heads are in motion, for the start after a crash.
// A host without a state file has none.
type logbook struct {
	store *store.Store
	clk   clock.Clock
	log   *slog.Logger
	told  atomic.Bool // that the disk is too slow, or full
}

// address is where a device is, without its account.
func (d *Device) address() string {
	scheme, host, port := d.Address()
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// writeDown has the disk know that the head is about to move, before it does.
// decided is called when it is known what became of the move.
func (h *head) writeDown(ctx context.Context) (decided func()) {
	d := h.d
	if d.book == nil {
		return func() {}
	}
	m := store.Moving{
		Device: d.name, Channel: h.channel, Part: string(h.part), Address: d.address(),
		Task: ownerOf(ctx).Name, Since: d.clk.Now(),
	}
	d.mu.Lock()
	h.pending++
	h.note(m)
	d.mu.Unlock()

	limit, cancel := clock.WithTimeout(d.clk, ctx, diskPatience)
	err := d.book.store.SetMoving(limit, m)
	cancel()
	switch {
	case err == nil:
		d.book.told.Store(false)
	case clock.Cause(ctx) == nil && !d.book.told.Swap(true):
		d.book.log.Error("heads move before the disk has it: if hiklua is killed now, the next start does not stop them",
			keyDevice, d.name, keyChannel, h.channel, keyError, err)
	}
	open := true
	return func() {
		if !open {
			return
		}
		open = false
		d.mu.Lock()
		defer d.mu.Unlock()
		h.pending--
		h.settle()
	}
}

// note keeps what is written down of the head. Called with mu held.
func (h *head) note(m store.Moving) {
	for i, old := range h.marks {
		if old.Device == m.Device && old.Address == m.Address {
			h.marks[i] = m
			return
		}
	}
	h.marks = append(h.marks, m)
}

// settle strikes out what is written down of the head, once it is at rest for
// all we know. A stop that was refused or never answered is no rest: the next
// start tries again. Called with mu held.
func (h *head) settle() {
	if h.motion != nil || h.stopping || h.doubtful || h.adrift || h.late > 0 || h.pending > 0 {
		return
	}
	for _, m := range h.marks {
		h.d.book.store.ClearMoving(m)
	}
	h.marks = nil
}

// stopLeftMoving has the heads stopped that an earlier process set moving and
// did not live to stop. Like other stops these are tried until they are
// answered.
func (s *Set) stopLeftMoving() {
	if s.book == nil {
		return
	}
	for _, m := range s.book.store.AllMoving() {
		attrs := []any{keyDevice, m.Device, keyChannel, m.Channel, "address", m.Address, keyTask, m.Task,
			"since", m.Since.In(s.site.Load().Timezone).Format(time.DateTime)}
		d := s.deviceOf(m)
		if d == nil {
			s.log.Error("a head was left moving when hiklua ended, and site.yaml does not have its device any more: look at it", attrs...)
			if s.clk.Now().Sub(m.Since) > tellFor {
				s.book.store.ClearMoving(m)
			}
			continue
		}
		s.log.Warn("a head was left moving when hiklua ended: it is stopped now", attrs...)
		part := d.head(m.Channel, luaapi.Lens(m.Part))
		d.mu.Lock()
		part.note(m)
		part.explicit = append(part.explicit, &stopRequest{waiter: d.clk.NewWaiter(), ctx: context.Background()})
		part.stopSoon()
		d.mu.Unlock()
	}
}

// deviceOf finds the device that has a head now: the one at its address, also
// under another name.
func (s *Set) deviceOf(m store.Moving) *Device {
	var found *Device
	for _, d := range s.Devices() {
		if d.address() == m.Address && (found == nil || d.name == m.Device) {
			found = d
		}
	}
	return found
}

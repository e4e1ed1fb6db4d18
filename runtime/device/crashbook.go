package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// markLimit is how long a move waits at most for the disk to have that
	// the head is about to move. A disk that is slower must not keep a head
	// from being moved, perhaps back to where it is needed; until the disk has
	// caught up, a crash would leave the head moving.
	markLimit = 250 * time.Millisecond
	// tellFor is how long each start tells of a head that was left moving by a
	// device that is no longer there.
	tellFor = 24 * time.Hour
)

// logbook has on disk which heads are in motion, for the start after a crash.
// A host without a state file has none.
type logbook struct {
	store      *store.Store
	slowLogged atomic.Bool // that the disk is too slow, or full
}

// writeDown has the disk know that the head is about to move, before it does.
// decided is called when it is known what became of the move. In a cluster an
// error says that it must not move: if this host died now, the next would not know
// that it has to be stopped.
func (h *head) writeDown(ctx context.Context, r *Ref) (decided func(), err error) {
	d, book := h.d, h.d.set.book
	if book == nil {
		return func() {}, nil
	}
	m := store.Moving{
		Device: r.name, Channel: h.channel, Part: string(h.part), Address: d.address,
		Task: ownerOf(ctx).Name, Since: d.clk.Now(),
	}
	d.mu.Lock()
	h.pending++
	h.note(m)
	d.mu.Unlock()

	limit, cancel := clock.WithTimeout(d.clk, ctx, markLimit)
	err = book.store.SetMoving(limit, m)
	cancel()
	switch {
	case err == nil:
		book.slowLogged.Store(false)
	case book.store.Logged():
		err = h.notNoted(ctx, r, err)
	case clock.Cause(ctx) == nil && !book.slowLogged.Swap(true):
		r.say(slog.LevelError, "heads move before the disk has it: if hiklua is killed now, the next start does not stop them",
			keyChannel, h.channel, keyError, err)
		err = nil
	default:
		err = nil
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		h.pending--
		h.settle()
	}, err
}

// notNoted is why a head of a cluster is not set moving.
func (h *head) notNoted(ctx context.Context, r *Ref, err error) error {
	switch {
	case clock.Cause(ctx) != nil:
		return clock.Cause(ctx)
	case errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrClosed):
		return &luaapi.Failure{
			Kind: "elsewhere", Message: "the head was not set moving: another host has taken this share",
			Device: r.name, Channel: h.channel, Err: errors.Join(isapi.ErrElsewhere, err),
		}
	}
	return &luaapi.Failure{
		Kind: "busy", Message: fmt.Sprintf("the head was not set moving: the cluster had not noted it after %v", markLimit),
		Device: r.name, Channel: h.channel, Err: err,
		Hint: "after the loss of a machine this lasts up to 10 s: ask again; `hiklua cluster status` tells who is missing",
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
	if h.moving() || h.pending > 0 || h.elsewhere {
		return
	}
	for _, m := range h.marks {
		h.d.set.book.store.ClearMoving(m)
	}
	h.marks = nil
}

// stopLeftMoving has the heads stopped that an earlier process set moving and
// did not live to stop. Like other stops these are tried until they are
// answered. A device that site.yaml does not have is stopped as soon as it does,
// or a script opens it: the password is not in the book.
func (s *Set) stopLeftMoving() {
	if s.book == nil {
		return
	}
	s.mu.Lock()
	s.left = s.book.store.AllMoving()
	for _, r := range s.refs {
		s.stopLeftAt(r.dev())
	}
	unknown := slices.Clone(s.left)
	s.mu.Unlock()
	for _, m := range unknown {
		s.log.Error("a head was left moving when hiklua ended, and site.yaml does not have its device: look at it",
			append([]any{keyDevice, m.Device}, s.leftAttrs(m)...)...)
		if s.clk.Now().Sub(m.Since) > tellFor {
			s.book.store.ClearMoving(m)
		}
	}
}

// stopLeftAt is stopLeftMoving for one device. Called with mu held.
func (s *Set) stopLeftAt(d *Device) {
	s.left = slices.DeleteFunc(s.left, func(m store.Moving) bool {
		if m.Address == d.address {
			s.stopLeft(d, m)
		}
		return m.Address == d.address
	})
}

func (s *Set) stopLeft(d *Device, m store.Moving) {
	d.first().ref.say(slog.LevelWarn, "a head was left moving when hiklua ended: it is stopped now", s.leftAttrs(m)...)
	h := d.head(m.Channel, luaapi.Lens(m.Part))
	d.mu.Lock()
	h.note(m)
	d.mu.Unlock()
	h.stopInsistently()
}

func (s *Set) leftAttrs(m store.Moving) []any {
	return []any{keyChannel, m.Channel, "address", m.Address, keyTask, m.Task,
		"since", m.Since.In(s.site.Load().Timezone).Format(time.DateTime)}
}

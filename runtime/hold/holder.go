package hold

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// ErrNotHeld: a share can only be handed over by the host that holds it.
var ErrNotHeld = errors.New("this host does not hold the share")

// Holder takes part in the lease of one share. The goroutine of Run alone asks the
// engine, one thing at a time. That the engine does not answer keeps nothing else from
// being done in time: the end of a tenure has timers of its own.
type Holder struct {
	cfg     Config
	times   times
	cell    string
	session string
	log     *slog.Logger
	group   *clock.Group // what the timers start

	// Of the goroutine of Run. Others read guarded while there is a tenure.
	guarded bool // the kernel timer can be armed
	unarmed bool // it could not be, the last time

	// driving is held over the calls of the driver that do not wait, so that they
	// come in the order of what they tell. It is taken before mu.
	driving sync.Mutex

	mu      sync.Mutex
	changed *clock.Cond // what Run waits for may have come
	want    bool
	tries   uint64           // N of the last own try
	heard   map[try]BootTime // when the tries of others were heard first
	twin    string           // ID of another host of this name
	twinAt  BootTime         // when it was heard last
	tenure  *tenure          // nil: the share is not held
	err     error            // of the engine's last answer
	look    bool             // a look is due now
	seen                     // the record, as far as this host knows
}

// try names an attempt to put a record.
type try struct {
	session string
	n       uint64
}

// seen is what is known of the record of the lease.
type seen struct {
	known  bool // the engine has answered
	number uint64
	record Record
	since  BootTime // the record was sent at this time or before
}

// New returns a Holder that wants its share and does nothing until Run.
func New(cfg Config) *Holder {
	h := &Holder{
		cfg:     cfg,
		times:   timesOf(cfg.Lease),
		cell:    "lease." + cfg.Share,
		session: rand.Text(),
		log:     cfg.Log,
		group:   clock.NewGroup(cfg.Clock),
		want:    true,
		heard:   map[try]BootTime{},
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.log = h.log.With("share", cfg.Share)
	h.changed = clock.NewCond(cfg.Clock, &h.mu)
	return h
}

// Run watches the share, claims it when that is due, and holds it while the engine
// confirms that. When ctx ends a share that is held is handed over to any host: Run
// returns when that is done. It is called once.
func (h *Holder) Run(ctx context.Context) {
	h.probeDeadman()
	defer h.cfg.Engine.Listen(h.cell, h.hear)()
	for {
		switch t := h.current(); {
		case t != nil:
			h.hold(ctx, t)
		case ctx.Err() != nil:
			h.group.Wait()
			return
		default:
			h.watch(ctx)
		}
	}
}

// probeDeadman finds out whether this system has a kernel timer: what this host puts
// says how long the others must wait for it.
func (h *Holder) probeDeadman() {
	if h.cfg.Deadman == nil {
		return
	}
	if err := h.cfg.Deadman.Arm(h.cfg.Boot().Add(time.Hour)); err != nil {
		h.log.Warn("no kernel timer guards the end of the lease: other hosts wait longer before they take over", "error", err)
		return
	}
	h.cfg.Deadman.Disarm()
	h.guarded = true
}

// Want says whether this host takes the share when it can. A share that is held is
// not let go by it.
func (h *Holder) Want(want bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.want = want
	h.changed.Broadcast()
}

// Status is what h knows.
func (h *Holder) Status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.cfg.Boot()
	s := Status{State: Watching, Record: h.record, Number: h.number, Err: h.err}
	if h.number > 0 {
		s.Age = now.Sub(h.since)
	}
	if now.Sub(h.twinAt) < h.times.lease+h.times.grace {
		s.Twin = h.twin
	}
	if t := h.tenure; t != nil && !t.shut {
		s.Term, s.Renewed = t.term, now.Sub(t.sent)
		switch {
		case t.leave != nil:
			s.State = Leaving
		case t.waning:
			s.State = Waning
		default:
			s.State = Held
		}
	}
	return s
}

func (h *Holder) current() *tenure {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tenure
}

// pause waits until d has passed, something has changed or ctx has ended. Called with
// mu held, which is free meanwhile.
func (h *Holder) pause(ctx context.Context, d time.Duration) {
	ctx, cancel := clock.WithTimeout(h.cfg.Clock, ctx, max(d, time.Millisecond))
	defer cancel()
	h.changed.Wait(ctx)
}

// put tries to have a record of this host follow the one that is known. What ctx of
// Run is does not matter: a try that was sent is waited for. sent is the boot clock
// before that.
func (h *Holder) put(r Record) (sent BootTime, err error) {
	h.mu.Lock()
	h.tries++
	r.Host, r.ID, r.Session, r.N = h.cfg.Host, h.cfg.ID, h.session, h.tries
	r.Lease, r.Unguarded = h.times.lease, !h.guarded
	after := h.number
	h.mu.Unlock()
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers
	}
	ctx, cancel := clock.WithTimeout(h.cfg.Clock, context.Background(), h.times.every)
	defer cancel()
	sent = h.cfg.Boot()
	number, err := h.cfg.Engine.CAS(ctx, h.cell, after, data)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.seen = seen{known: true, number: number, record: r, since: sent}
	}
	return sent, err
}

// ask has the engine tell which record stands.
func (h *Holder) ask(ctx context.Context) error {
	ctx, cancel := clock.WithTimeout(h.cfg.Clock, ctx, h.times.every)
	defer cancel()
	data, number, err := h.cfg.Engine.Last(ctx, h.cell)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	if err == nil {
		h.see(data, number)
	}
	return err
}

// mine reports whether the record that stands is of this Holder. Called with mu held.
func (h *Holder) mine() bool {
	return h.record.Session == h.session
}

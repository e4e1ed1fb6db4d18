package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// connectSpread lies between the first polls of two devices, up to
	// connectWithin for all of them.
	connectSpread = 20 * time.Millisecond
	connectWithin = 5 * time.Second
)

// Config is what a Set is made of.
type Config struct {
	Site  *site.Site
	Clock clock.Clock
	Log   *slog.Logger
	// Record, if it is set, is told of every command that was sent to a
	// device. It must not wait.
	Record func(journal.Entry)
	// Transport, if it is set, may give the way to a device instead of the
	// network: a simulated one. Nil for the network.
	Transport func(site.Device) (http.RoundTripper, error)
	// Gate, if it is set, is asked before each write to a device.
	Gate *isapi.Gate
	// Confirm, if it is set, is asked before each command that turns a head; stops
	// are left out. It waits for other machines; an error says that the command must
	// not be sent.
	Confirm func(ctx context.Context) error
	// Pin, if it is set, fills in what the client of a device with tls: pin has
	// to know.
	Pin func(site.Device, *isapi.Config) error
	// Login, if it is set, fills in what a client has to know of earlier logins at
	// that place, host and port. The Transport of config is set for a simulated device.
	Login func(conf site.Device, place string, config *isapi.Config)
}

// Set is the devices of a host, one for each address, and the names under which
// site.yaml, or scripts by hik.device{...}, know them. A name keeps its device:
// one that site.yaml has until site.yaml has it no more, one that scripts have
// opened until the last of their generations is released. A device whose last
// name has gone ends when its heads are at rest.
type Set struct {
	conf      Config
	clk       clock.Clock
	log       *slog.Logger
	hub       *Hub
	site      atomic.Pointer[site.Site] // whose limits and zone count
	book      *logbook                  // of heads in motion; nil: none is kept
	alarmBook *alarmBook                // nil: this is no cluster
	ctx       context.Context
	cancel    context.CancelFunc
	hurry     context.Context // ended by Hurry
	hasten    context.CancelFunc
	retiring  *clock.Group // of names that were given up

	logins  sync.Mutex
	clients map[accountKey]*isapi.Client // the latest of each account

	mu      sync.Mutex
	refs    []*Ref // of the site, in its order
	opened  []*Ref // by hik.device{...}
	gone    []*Ref // given up, and their heads not yet at rest
	devices map[string]*Device
	left    []store.Moving // heads in the book whose device is not there
	started bool
	closed  bool
	waning  bool // see Wane

	dropped atomic.Bool // see Drop
}

// NewSet checks the settings of the site's devices and sends nothing.
func NewSet(conf Config) (*Set, error) {
	s := &Set{
		conf: conf, clk: conf.Clock, log: conf.Log, hub: NewHub(conf.Record), retiring: clock.NewGroup(conf.Clock),
		clients: make(map[accountKey]*isapi.Client), devices: make(map[string]*Device),
	}
	s.site.Store(conf.Site)
	s.ctx, s.cancel = clock.WithCancel(context.Background())
	s.hurry, s.hasten = clock.WithCancel(context.Background())
	var problems []error
	for _, conf := range conf.Site.Devices {
		l, err := s.newLine(conf)
		if err != nil {
			problems = append(problems, fmt.Errorf("device %s: %w", conf.Name, err))
			continue
		}
		s.refs = append(s.refs, s.newRef(l, true))
	}
	return s, errors.Join(problems...)
}

// Remember has a file know which heads are in motion, for the start after a
// crash. In a cluster it also knows which alarms go on, and away is since when no
// host is known to have heard of events. It comes before Start.
func (s *Set) Remember(in *store.Store, away time.Time) {
	s.book = &logbook{store: in}
	if in.Logged() {
		s.alarmBook = &alarmBook{set: s, table: in.Script(alarmTable), away: away}
	}
}

// Start starts the devices, and has the heads stopped that an earlier process
// left moving.
func (s *Set) Start() {
	s.mu.Lock()
	s.started = true
	refs := slices.Clone(s.refs)
	s.mu.Unlock()
	spread := min(connectSpread, connectWithin/time.Duration(max(len(refs), 1)))
	for i, r := range refs {
		r.start(time.Duration(i) * spread)
	}
	s.stopLeftMoving()
	s.alarmBook.begin()
}

// Hub knows who listens to the devices.
func (s *Set) Hub() *Hub { return s.hub }

// Devices are those of the site, in its order.
func (s *Set) Devices() []*Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refs)
}

// All are the devices of the site, those that scripts have opened, and those
// that were given up and whose heads are not yet at rest.
func (s *Set) All() []*Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.refs, s.opened, s.gone)
}

// Open gives the device at an address under a name that site.yaml does not have.
// It stays until holder, a generation of a script, is released. The error is
// ErrClosed when the host stops.
func (s *Set) Open(holder any, conf site.Device) (*Ref, error) {
	s.mu.Lock()
	r, err := s.reopen(holder, conf)
	s.mu.Unlock()
	if r != nil || err != nil {
		return r, err
	}
	// Not under mu, which a stop of all heads needs: files may be read for it.
	l, err := s.newLine(conf)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, err := s.reopen(holder, conf); r != nil || err != nil {
		return r, err // another task was faster
	}
	r = s.newRef(l, false)
	r.asked, r.holders = conf, map[any]bool{holder: true}
	s.opened = append(s.opened, r)
	r.start(0)
	s.stopLeftAt(r.dev())
	return r, nil
}

// reopen finds what was opened before; nil: nothing was. Called with mu held.
func (s *Set) reopen(holder any, conf site.Device) (*Ref, error) {
	if s.closed {
		return nil, ErrClosed
	}
	for _, r := range s.opened {
		if r.asked.Equal(conf) {
			r.holders[holder] = true
			return r, nil
		}
	}
	return nil, nil
}

// LeftMoving are the heads that were moving when an earlier host was killed, and
// whose device the site does not have any more.
func (s *Set) LeftMoving() []store.Moving {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.left)
}

// Release ends what holder has opened and no other has.
func (s *Set) Release(holder any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = slices.DeleteFunc(s.opened, func(r *Ref) bool {
		delete(r.holders, holder)
		if len(r.holders) == 0 {
			s.giveUp(r)
			return true
		}
		return false
	})
}

// newRef makes a name for the device that l leads to, and the device if there is
// none yet. Called with mu held.
func (s *Set) newRef(l *line, ofSite bool) *Ref {
	r := &Ref{
		set: s, clk: s.clk, name: l.conf.Name, ofSite: ofSite, log: s.log.With(keyDevice, l.conf.Name),
		ended: clock.NewGroup(s.clk), state: StateUnknown,
	}
	r.logging, r.telling = clock.NewSequence(r.ended), clock.NewSequence(r.ended)
	r.watching, r.changed = clock.NewCond(s.clk, &r.mu), clock.NewCond(s.clk, &r.mu)
	r.ctx, r.cancel = clock.WithCancel(context.Background())
	s.connect(r, l)
	r.line.Store(l)
	return r
}

// connect makes l a line of r's to the device at its address. fresh: there was
// none yet. Called with mu held.
func (s *Set) connect(r *Ref, l *line) (fresh bool) {
	address := addressOf(l.conf)
	d := s.devices[address]
	if d == nil {
		d, fresh = s.newDevice(address), true
		s.devices[address] = d
	}
	l.ref, l.dev = r, d
	d.relined(func() { d.join(l, r.line.Load()) })
	return fresh
}

// giveUp ends a name: nothing more is asked under it, and what it has set moving
// is stopped. Called with mu held.
func (s *Set) giveUp(r *Ref) {
	r.gone.Store(true)
	s.gone = append(s.gone, r)
	l := r.line.Load()
	l.dev.relined(func() { l.dev.leave(l) })
	r.wakeChanged()
	s.retiring.Go(func() {
		if s.retire(l) == nil {
			r.close()
			s.mu.Lock()
			s.gone = slices.DeleteFunc(s.gone, func(o *Ref) bool { return o == r })
			s.mu.Unlock()
			s.forgetLogins()
		}
	})
}

// retire waits until nothing of a line that was given up is under way, and ends
// its device if that has no other name. It fails when the host closes before.
func (s *Set) retire(l *line) error {
	d := l.dev
	for {
		if err := d.awaitRest(s.ctx, l); err != nil {
			return err
		}
		// Under mu no name joins the device. One may have come, moved a head and
		// gone since the look before.
		s.mu.Lock()
		if d.worksFor(l) {
			s.mu.Unlock()
			continue
		}
		last := len(d.refs()) == 0 && s.devices[d.address] == d
		if last {
			delete(s.devices, d.address)
		}
		s.mu.Unlock()
		if last {
			d.close()
		}
		l.close()
		return nil
	}
}

// forgetLogins drops the accounts that no name has any more, except for those
// that were refused: they must not be tried again.
func (s *Set) forgetLogins() {
	used := make(map[*isapi.Account]bool)
	for _, r := range s.All() {
		used[r.Client().Account()] = true
	}
	s.logins.Lock()
	defer s.logins.Unlock()
	maps.DeleteFunc(s.clients, func(_ accountKey, c *isapi.Client) bool {
		return !used[c.Account()] && c.LoginError() == nil
	})
}

// each calls f with every device, in the order of addresses.
func (s *Set) each(f func(*Device)) {
	s.mu.Lock()
	devices := maps.Clone(s.devices)
	s.mu.Unlock()
	for _, address := range slices.Sorted(maps.Keys(devices)) {
		f(devices[address])
	}
}

// StopAll has every head stopped that moves, and drops the moves that wait. It
// does not wait.
func (s *Set) StopAll() { s.each((*Device).stopAll) }

// Hurry has stops wait for no PTZ command that is under way any more: it is
// broken off.
func (s *Set) Hurry() { s.hasten() }

// AllAtRest reports whether every head is known to rest. One whose stop was
// refused, or never answered, is not.
func (s *Set) AllAtRest() bool {
	rest := true
	s.each(func(d *Device) { rest = rest && d.atRest() })
	return rest
}

// Close stops every head and ends the devices, when all heads are at rest or
// limit ends. The error tells of heads that may still be moving.
func (s *Set) Close(limit context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.alarmBook.end()
	if s.dropped.Load() {
		return s.endAll(limit)
	}
	s.StopAll()
	s.cancel()
	s.retiring.Wait()
	for clock.Cause(limit) == nil && !s.AllAtRest() {
		s.StopAll()
		clock.Sleep(limit, s.clk, 20*time.Millisecond)
	}
	var moving []error
	closed := clock.NewGroup(s.clk)
	s.each(func(d *Device) {
		moving = append(moving, d.mayMove()...)
		closed.Go(d.close)
	})
	closed.Wait()
	for _, r := range s.All() {
		closed.Go(r.close)
	}
	closed.Wait()
	return errors.Join(moving...)
}

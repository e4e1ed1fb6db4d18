package device

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
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
	// Pin, if it is set, fills in what the client of a device with tls: pin has
	// to know.
	Pin func(site.Device, *isapi.Config) error
}

// Set is the devices of a host: those of site.yaml, and those that scripts
// have opened by hik.device{...}.
type Set struct {
	conf     Config
	clk      clock.Clock
	log      *slog.Logger
	hub      *Hub
	site     atomic.Pointer[site.Site] // whose limits and zone count
	accounts accounts
	book     *logbook // of heads in motion; nil: none is kept
	ctx      context.Context
	cancel   context.CancelFunc
	retiring *clock.Group // of devices that were taken out

	mu      sync.Mutex
	devices []*Device // of the site, in its order
	opened  []*Device // by hik.device{...}
	retired []*Device // taken out of the site, and not yet at rest
	started bool
	closed  bool
}

// NewSet checks the settings of the site's devices and sends nothing.
func NewSet(conf Config) (*Set, error) {
	s := &Set{conf: conf, clk: conf.Clock, log: conf.Log, hub: NewHub(), retiring: clock.NewGroup(conf.Clock)}
	s.site.Store(conf.Site)
	s.ctx, s.cancel = clock.WithCancel(context.Background())
	var problems []error
	for _, conf := range conf.Site.Devices {
		d, err := s.newDevice(conf)
		if err != nil {
			problems = append(problems, fmt.Errorf("device %s: %w", conf.Name, err))
			continue
		}
		s.devices = append(s.devices, d)
	}
	return s, errors.Join(problems...)
}

// Remember has a file know which heads are in motion, for the start after a
// crash. It comes before Start.
func (s *Set) Remember(in *store.Store) {
	s.book = &logbook{store: in, clk: s.clk, log: s.log}
	for _, d := range s.devices {
		d.book = s.book
	}
}

// Start starts the devices, and has the heads stopped that an earlier process
// left moving.
func (s *Set) Start() {
	s.mu.Lock()
	s.started = true
	devices := slices.Clone(s.devices)
	s.mu.Unlock()
	spread := min(connectSpread, connectWithin/time.Duration(max(len(devices), 1)))
	for i, d := range devices {
		d.start(time.Duration(i) * spread)
	}
	s.stopLeftMoving()
}

// Hub knows who listens to the devices.
func (s *Set) Hub() *Hub { return s.hub }

// Devices are those of the site, in its order.
func (s *Set) Devices() []*Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.devices)
}

// All are the devices of the site, those that scripts have opened, and those
// that are still at work after the site has lost them.
func (s *Set) All() []*Device {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.devices, s.opened, s.retired)
}

// Open makes a device that site.yaml does not have, or finds it if it was asked
// for before. It stays until holder, a generation of a script, is released.
func (s *Set) Open(holder any, conf site.Device) (*Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	for _, d := range s.opened {
		if d.conf().Equal(conf) {
			return d, nil
		}
	}
	d, err := s.newDevice(conf)
	if err != nil {
		return nil, err
	}
	s.opened = append(s.opened, d)
	d.start(0)
	return d, nil
}

// Release ends what holder has opened, as far as no other has.
func (s *Set) Release(holder any) {}

// StopAll has every head stopped that moves. It does not wait.
func (s *Set) StopAll() {
	for _, d := range s.All() {
		for _, m := range d.motions() {
			m.stop()
		}
	}
}

// AllAtRest reports whether no head has to be stopped any more.
func (s *Set) AllAtRest() bool {
	return !slices.ContainsFunc(s.All(), func(d *Device) bool { return !d.AtRest() })
}

// Close stops every head and ends the devices, when all heads are at rest or
// limit ends. The error tells of heads that may still be moving.
func (s *Set) Close(limit context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.StopAll()
	s.cancel()
	s.retiring.Wait()
	devices := s.All()
	for clock.Cause(limit) == nil && !s.AllAtRest() {
		clock.Sleep(limit, s.clk, 20*time.Millisecond)
	}
	var moving []error
	for _, d := range devices {
		if !d.AtRest() {
			moving = append(moving, fmt.Errorf("%s: a head may still be moving: its stop was not answered", d.Name()))
		}
	}
	closed := clock.NewGroup(s.clk)
	for _, d := range devices {
		closed.Go(d.stop)
	}
	closed.Wait()
	return errors.Join(moving...)
}

func (s *Set) newDevice(conf site.Device) (*Device, error) {
	l, err := s.newLine(conf)
	if err != nil {
		return nil, err
	}
	d := newDevice(l, s.clk, s.log, s.site.Load().Limits, s.conf.Record)
	d.feed.hub = s.hub
	d.book = s.book
	return d, nil
}

// newLine checks a device's settings and sends nothing.
func (s *Set) newLine(conf site.Device) (*line, error) {
	if conf.Simulate != "" {
		conf = simulated(conf)
	}
	config := isapi.Config{
		Name: conf.Name, Host: conf.Host, Port: conf.Port, Scheme: conf.Scheme,
		Username: conf.Username, Password: conf.Password,
		Auth: authModes[conf.AuthMode], TLS: tlsModes[conf.TLS], PTZID: ptzIDModes[conf.PTZID],
		// Callers wait for a client's locks by this clock, or virtual time would stand still.
		NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(s.clk, n) },
	}
	if s.conf.Transport != nil {
		transport, err := s.conf.Transport(conf)
		if err != nil {
			return nil, err
		}
		config.Transport = transport
	}
	if s.conf.Pin != nil {
		if err := s.conf.Pin(conf, &config); err != nil {
			return nil, err
		}
	}
	client, err := s.accounts.client(conf, config)
	if err != nil {
		return nil, err
	}
	return &line{conf, client, client.Urgent()}, nil
}

// simulated fills in what a simulated device may leave out.
func simulated(conf site.Device) site.Device {
	if conf.Host == "" {
		conf.Host = "simulated"
	}
	if conf.Username == "" {
		conf.Username = "admin"
	}
	if conf.Password.IsZero() {
		conf.Password = isapi.NewSecret("simulated")
	}
	return conf
}

var (
	authModes = map[site.AuthMode]isapi.AuthMode{
		site.AuthDigest: isapi.AuthDigest, site.AuthBasic: isapi.AuthBasic, site.AuthAuto: isapi.AuthAuto,
	}
	tlsModes = map[site.TLSMode]isapi.TLSMode{
		site.TLSAny: isapi.TLSAny, site.TLSPin: isapi.TLSPin, site.TLSVerify: isapi.TLSVerify,
	}
	ptzIDModes = map[site.PTZIDMode]isapi.PTZIDMode{
		site.PTZIDAuto: isapi.PTZIDAuto, site.PTZIDChannel: isapi.PTZIDChannel, site.PTZIDStream: isapi.PTZIDStream,
	}
)

var _ luaapi.Device = (*Device)(nil)

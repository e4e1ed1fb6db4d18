package isapi

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Gate lets the clients that have it (Config.Gate) write to their devices only
// while they may: where several hosts share the devices, one of them at a time.
// What is refused fails with ErrElsewhere.
//
// The question and the write that it allows are under one lock. So when Close has
// returned, nothing is under way: not in a write that was let in before, and not
// in the buffers of the system, which a reset empties.
type Gate struct {
	may func() bool

	lock sync.RWMutex // held for reading from the question to the end of its write
	shut bool         // guarded by lock

	mu     sync.Mutex
	conns  map[io.Closer]uint64 // that are open, and bodies of simulated devices, in the order of opening
	opened uint64
}

// errNotSent is within ErrElsewhere where nothing of the request was sent.
var errNotSent = errors.New("nothing was sent")

// roomTime is how long a write waits for room in the system's buffers, under the
// lock, before it asks again whether it may: a device that does not read must not
// hold up Close.
const roomTime = 20 * time.Millisecond

// NewGate makes an open gate. may is asked before each write to a device, by any
// goroutine; it must not wait, nor call the gate.
func NewGate(may func() bool) *Gate {
	return &Gate{may: may, conns: make(map[io.Closer]uint64)}
}

// Close shuts the gate for good: it waits for writes that were let in, refuses all
// later ones, and resets every connection, so that what the system has not sent yet
// is never sent, and answers under way break off. It may be called more than once.
func (g *Gate) Close() {
	g.lock.Lock()
	g.shut = true
	g.lock.Unlock()
	g.mu.Lock()
	conns := g.conns
	g.conns = nil
	g.mu.Unlock()
	for _, c := range slices.SortedFunc(maps.Keys(conns), func(a, b io.Closer) int { return cmp.Compare(conns[a], conns[b]) }) {
		_ = c.Close()
	}
}

// enter asks whether something may be written to a device. Where the error is nil,
// leave is called after that.
func (g *Gate) enter() error {
	g.lock.RLock()
	if g.shut || !g.may() {
		g.lock.RUnlock()
		return because(ErrElsewhere, errNotSent)
	}
	return nil
}

func (g *Gate) leave() { g.lock.RUnlock() }

// Shut reports whether nothing may be written at present. A nil Gate is open.
func (g *Gate) Shut() bool {
	if g == nil || g.enter() != nil {
		return g != nil
	}
	g.leave()
	return false
}

// add has Close close c, too. The error says that the gate is shut.
func (g *Gate) add(c io.Closer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns == nil {
		return because(ErrElsewhere, errNotSent)
	}
	g.opened++
	g.conns[c] = g.opened
	return nil
}

func (g *Gate) remove(c io.Closer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

// gatedTransport asks before each request to a simulated device.
type gatedTransport struct {
	http.RoundTripper
	gate *Gate
}

// RoundTrip implements http.RoundTripper.
func (t gatedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.gate.enter(); err != nil {
		return nil, err
	}
	t.gate.leave() // the device may take its time, by a clock of its own
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	b := &gatedBody{ReadCloser: resp.Body, gate: t.gate}
	if err := t.gate.add(b); err != nil {
		_ = resp.Body.Close()
		return nil, because(ErrElsewhere, net.ErrClosed)
	}
	resp.Body = b
	return resp, nil
}

// gatedBody is the body of an answer, which the gate closes.
type gatedBody struct {
	io.ReadCloser
	gate *Gate
}

// Close implements io.Closer.
func (b *gatedBody) Close() error {
	b.gate.remove(b)
	return b.ReadCloser.Close()
}

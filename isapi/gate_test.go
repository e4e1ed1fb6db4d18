package isapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func always() bool { return true }

// counted is a listener that counts the bytes that reach it.
type counted struct {
	net.Listener
	bytes atomic.Int64
}

func (l *counted) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{conn, l}, nil
}

type countedConn struct {
	net.Conn
	l *counted
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.l.bytes.Add(int64(n))
	return n, err
}

// gated is a client with a gate for h behind a socket of this machine.
func gated(t testing.TB, h http.Handler, g *Gate, secure bool, change ...func(*Config)) (*Client, *counted) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = quiet
	l := &counted{Listener: srv.Listener}
	srv.Listener = l
	scheme := "http"
	if secure {
		scheme = "https"
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	addr := srv.Listener.Addr().(*net.TCPAddr)
	cfg := Config{Name: "gate", Host: "127.0.0.1", Port: addr.Port, Scheme: scheme, Username: "admin", Password: NewSecret("right"), Gate: g}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, l
}

// within has f end before long, whatever the machine is busy with.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s does not end", what)
	}
}

// wantUnsent wants the error of what a gate has kept back.
func wantUnsent(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	e := wantKind(t, err, "elsewhere")
	if e.Retryable() || !Unsent(err) || !errors.Is(err, ErrElsewhere) || e.Hint == "" || errors.Is(err, ErrOffline) || errors.Is(err, ErrTimeout) {
		t.Errorf("%s: %v: retryable %v, unsent %v, hint %q", what, e, e.Retryable(), Unsent(err), e.Hint)
	}
}

// Once the gate is shut no byte reaches the device, over whatever client of it,
// whether its connections were open or not.
func TestGateShut(t *testing.T) {
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			g := NewGate(always)
			c, l := gated(t, newFake(okTree), g, secure)
			urgent, sibling, fresh := c.Urgent(), c.Sibling(), c.Sibling()
			for _, one := range []*Client{c, urgent, sibling} {
				if _, err := one.DeviceInfo(bg); err != nil {
					t.Fatal(err)
				}
			}
			g.Close()
			g.Close()
			before := l.bytes.Load()
			for what, f := range map[string]func() error{
				"move":         func() error { return c.Continuous(bg, 1, Velocity{Pan: 10}) },
				"stop":         func() error { return urgent.StopPTZ(bg, 1) },
				"poll":         func() error { _, err := sibling.DeviceInfo(bg); return err },
				"picture":      func() error { _, err := c.Picture(bg, 1, PictureOptions{}); return err },
				"event stream": func() error { _, err := sibling.OpenAlerts(bg); return err },
				"handshake":    func() error { return fresh.StopPTZ(bg, 1) },
			} {
				wantUnsent(t, what, f())
			}
			if after := l.bytes.Load(); after != before {
				t.Errorf("%d bytes reached the device", after-before)
			}
		})
	}
}

// The same while the gate is not shut, and the client may not write.
func TestGateMayNot(t *testing.T) {
	var no atomic.Bool
	c, l := gated(t, newFake(okTree), NewGate(func() bool { return !no.Load() }), false)
	if err := c.Continuous(bg, 1, Velocity{Pan: 10}); err != nil {
		t.Fatal(err)
	}
	if c.cfg.Gate.Shut() {
		t.Error("the gate is shut while the client may write")
	}
	no.Store(true)
	if !c.cfg.Gate.Shut() {
		t.Error("the gate is open while the client may not write")
	}
	before := l.bytes.Load()
	wantUnsent(t, "stop", c.StopPTZ(bg, 1))
	wantUnsent(t, "stop on a new connection", c.Urgent().StopPTZ(bg, 1))
	if after := l.bytes.Load(); after != before {
		t.Errorf("%d bytes reached the device", after-before)
	}
	no.Store(false)
	if err := c.StopPTZ(bg, 1); err != nil {
		t.Error(err)
	}
}

// An answer that is under way when the gate is shut breaks off. The request was
// sent, and nothing else is to be thought of the device.
func TestGateBreaksOff(t *testing.T) {
	arrived := make(chan struct{}, 10)
	begun := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		arrived <- struct{}{}
		<-r.Context().Done() // the client is gone
	}
	h := newFake(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case alertPath:
			w.Header().Set("Content-Type", "multipart/mixed; boundary=boundary")
			_, _ = io.WriteString(w, framed(vmd(1, "active")))
			begun(w, r)
		case "/ISAPI/Streaming/channels/101/picture":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write(testJPEG()[:100])
			begun(w, r)
		case "/ISAPI/PTZCtrl/channels/1/continuous":
			_, _ = io.ReadAll(r.Body) // or the server does not notice that the client is gone
			arrived <- struct{}{}
			<-r.Context().Done()
		default:
			okTree(w, r)
		}
	})
	limited, cancel := context.WithTimeout(bg, 50*time.Millisecond)
	defer cancel()
	for what, f := range map[string]func(c *Client) error{
		"move":    func(c *Client) error { return c.Continuous(bg, 1, Velocity{Pan: 10}) },
		"stop":    func(c *Client) error { return c.Urgent().StopPTZ(bg, 1) },
		"picture": func(c *Client) error { _, err := c.Picture(bg, 1, PictureOptions{}); return err },
		"event stream": func(c *Client) error {
			s, err := c.Sibling().OpenAlerts(bg)
			for err == nil {
				_, err = s.Next()
			}
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			g := NewGate(always)
			c, _ := gated(t, h, g, false)
			if _, err := c.DeviceInfo(bg); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- f(c) }()
			<-arrived
			g.Close()
			within(t, what, func() {
				err := <-ended
				if e := wantKind(t, err, "elsewhere"); e.Retryable() || Unsent(err) || e.HTTPStatus != 0 {
					t.Errorf("%v: retryable %v, unsent %v, status %d", e, e.Retryable(), Unsent(err), e.HTTPStatus)
				}
			})
		})
	}
	t.Run("too late", func(t *testing.T) { // a deadline that has passed with the gate is none of the device
		g := NewGate(always)
		c, _ := gated(t, h, g, false)
		g.Close()
		<-limited.Done()
		wantKind(t, c.Continuous(limited, 1, Velocity{Pan: 10}), "elsewhere")
	})
}

// closer notes that it was closed.
type closer func()

func (f closer) Close() error { f(); return nil }

// Connections are closed in the order in which they were opened: in virtual time all
// that follows has the same order each time.
func TestGateClosesInOrder(t *testing.T) {
	g := NewGate(always)
	var order []int
	for i := range 20 {
		f := closer(func() { order = append(order, i) })
		if err := g.add(&f); err != nil {
			t.Fatal(err)
		}
	}
	g.Close()
	if len(order) != 20 || !slices.IsSorted(order) {
		t.Errorf("closed in the order %v", order)
	}
}

// hooked is a connection that calls hook right before it writes, when it is asked
// whether it may.
type hooked struct {
	net.Conn
	hook  func()
	wrote chan struct{}
}

func (c *hooked) SetWriteDeadline(time.Time) error { c.hook(); return nil }
func (c *hooked) Write(p []byte) (int, error)      { close(c.wrote); return len(p), nil }

// From the question to the end of its write Close waits.
func TestGateClosesAfterWrite(t *testing.T) {
	g := NewGate(always)
	shut := make(chan struct{})
	c := &hooked{wrote: make(chan struct{})}
	c.hook = func() {
		go func() { g.Close(); close(shut) }()
		select {
		case <-shut:
			t.Error("the gate was shut between the question and the write")
		case <-time.After(50 * time.Millisecond):
		}
	}
	within(t, "the write", func() {
		if _, err := (&gatedConn{Conn: c, gate: g}).Write([]byte("x")); err != nil {
			t.Error(err)
		}
		<-shut
	})
	select {
	case <-c.wrote:
	default:
		t.Error("nothing was written")
	}
	if _, err := (&gatedConn{Conn: c, gate: g}).Write([]byte("x")); !errors.Is(err, ErrElsewhere) {
		t.Errorf("the second write: %v", err)
	}
}

// The same in real time with many writers: none writes once Close has returned.
func TestGateRace(t *testing.T) {
	for range 20 {
		g := NewGate(always)
		var shut, late atomic.Bool
		var writers sync.WaitGroup
		for range 4 {
			conn := &gatedConn{Conn: laterConn{&shut, &late}, gate: g}
			writers.Go(func() {
				for {
					if _, err := conn.Write([]byte("x")); err != nil {
						return
					}
				}
			})
		}
		time.Sleep(100 * time.Microsecond)
		g.Close()
		shut.Store(true)
		writers.Wait()
		if late.Load() {
			t.Fatal("something was written after the gate was shut")
		}
	}
}

// laterConn is a connection that notes a write after the gate was shut.
type laterConn struct{ shut, late *atomic.Bool }

func (c laterConn) Write(p []byte) (int, error) {
	if c.shut.Load() {
		c.late.Store(true)
	}
	return len(p), nil
}
func (c laterConn) SetWriteDeadline(time.Time) error { return nil }

func (laterConn) Read([]byte) (int, error)        { return 0, io.EOF }
func (laterConn) Close() error                    { return nil }
func (laterConn) LocalAddr() net.Addr             { return nil }
func (laterConn) RemoteAddr() net.Addr            { return nil }
func (laterConn) SetDeadline(time.Time) error     { return nil }
func (laterConn) SetReadDeadline(time.Time) error { return nil }

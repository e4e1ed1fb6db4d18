package isapi

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"testing"
	"time"
)

// pipe is a gated connection and its other end.
func pipe(t *testing.T, g *Gate) (here net.Conn, peer *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	here, err = g.dial(&net.Dialer{})(bg, "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); other.Close() })
	return here, other.(*net.TCPConn)
}

// A device that does not read holds Close up by no more than a moment, and what
// the system had not sent by then never arrives. Nor does that of a connection which
// was closed before.
func TestGateResets(t *testing.T) {
	for name, end := range map[string]func(g *Gate, c net.Conn){
		"gate":       func(g *Gate, _ net.Conn) { g.Close() },
		"connection": func(_ *Gate, c net.Conn) { c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGate(always)
			c, peer := pipe(t, g)
			_ = c.SetWriteDeadline(time.Now().Add(time.Hour)) // is no time for which Close waits
			wrote := make(chan int64, 1)
			go func() {
				n, _ := c.Write(make([]byte, 64<<20)) // more than any system takes
				wrote <- int64(n)
			}()
			within(t, "the first part of the write", func() { // after which it waits for room
				for c.(*gatedConn).wrote.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
			})
			within(t, "the end", func() { end(g, c) })
			sent := <-wrote
			got, err := io.Copy(io.Discard, peer)
			if got >= sent || err == nil {
				t.Errorf("%d of %d bytes arrived, then %v: want fewer, and a reset", got, sent, err)
			}
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Logf("the end is %v", err)
			}
		})
	}
}

// A connection that opens while the gate is being shut carries nothing.
func TestGateShutInDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := NewGate(always)
	dialer := &net.Dialer{Control: func(string, string, syscall.RawConn) error { g.Close(); return nil }}
	if c, err := g.dial(dialer)(bg, "tcp", l.Addr().String()); !errors.Is(err, ErrElsewhere) {
		t.Errorf("%v, %v", c, err)
	}
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	within(t, "the connection", func() { _, _ = peer.Read(make([]byte, 1)) })
}

// What has ended, or never began, is not kept for Close.
func TestGateForgetsWhatHasEnded(t *testing.T) {
	g := NewGate(always)
	inMemory := newFake(okTree).client(t, func(cfg *Config) { cfg.Transport, cfg.Gate = memory{newFake(okTree)}, g })
	overSocket, _ := gated(t, newFake(okTree), g, false)
	for _, c := range []*Client{inMemory, overSocket} {
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	gone, _ := gated(t, newFake(okTree), g, false, func(cfg *Config) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		cfg.Port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	})
	if _, err := gone.DeviceInfo(bg); !errors.Is(err, ErrOffline) {
		t.Errorf("where nothing listens: %v", err)
	}
	within(t, "the connections", func() {
		for {
			g.mu.Lock()
			n := len(g.conns)
			g.mu.Unlock()
			if n == 0 {
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// A write that is longer than the system has room for comes whole, and keeps to
// the deadline that it was given.
func TestGateLongWrite(t *testing.T) {
	g := NewGate(always)
	c, peer := pipe(t, g)
	const size = 32 << 20
	go func() {
		_, _ = c.Write(make([]byte, size))
		c.(*gatedConn).Conn.(*net.TCPConn).CloseWrite()
	}()
	time.Sleep(3 * roomTime)
	if n, err := io.Copy(io.Discard, peer); n != size || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	limited, _ := pipe(t, g)
	_ = limited.SetDeadline(time.Now().Add(3 * roomTime))
	within(t, "the write", func() {
		if _, err := limited.Write(make([]byte, 64<<20)); err == nil || !err.(net.Error).Timeout() {
			t.Errorf("a write with a deadline: %v", err)
		}
	})
}

// A connection with a gate has no method by which a write gets past it.
func TestGateHasNoOtherWrites(t *testing.T) {
	var c any = &gatedConn{}
	if _, ok := c.(io.ReaderFrom); ok {
		t.Error("ReadFrom passes the gate by")
	}
	if _, ok := c.(syscall.Conn); ok {
		t.Error("SyscallConn passes the gate by")
	}
}

// A client without a gate has the plain connection.
func TestNoGate(t *testing.T) {
	c, _ := gated(t, newFake(okTree), nil, false)
	var conn net.Conn
	ctx := httptrace.WithClientTrace(bg, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { conn = i.Conn }})
	if _, err := c.DeviceInfo(ctx); err != nil {
		t.Fatal(err)
	}
	if _, plain := conn.(*net.TCPConn); !plain {
		t.Errorf("the connection is a %T", conn)
	}
	m := memory{newFake(okTree)}
	if c := newFake(okTree).client(t, func(cfg *Config) { cfg.Transport = m }); c.rt != http.RoundTripper(m) {
		t.Errorf("the transport is a %T", c.rt)
	}
}

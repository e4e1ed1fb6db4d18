package isapi

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// dial is the DialContext of clients with a gate.
func (g *Gate) dial(dialer *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := g.enter(); err != nil {
			return nil, err
		}
		g.leave() // a connection that opens commands nothing
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &gatedConn{Conn: conn, gate: g}
		// However it is closed, also by the end of the process, the system drops what
		// it has not sent; by itself it would go on to send that for minutes.
		err = conn.(*net.TCPConn).SetLinger(0)
		if err == nil {
			err = g.add(c)
		}
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		return c, nil
	}
}

// gatedConn is a connection whose writes pass a gate. It has the methods of
// net.Conn and no other: those of a TCP connection that write, such as ReadFrom,
// would pass it by.
type gatedConn struct {
	net.Conn
	gate  *Gate
	wrote atomic.Int64 // bytes

	mu    sync.Mutex
	until time.Time // of SetWriteDeadline
}

// Write implements net.Conn.
func (c *gatedConn) Write(p []byte) (n int, err error) {
	for {
		wrote, again, err := c.writeOnce(p[n:])
		if n += wrote; !again {
			return n, err
		}
	}
}

// writeOnce writes what there is room for before long. again: there is more.
func (c *gatedConn) writeOnce(p []byte) (n int, again bool, err error) {
	if err := c.gate.enter(); err != nil {
		return 0, false, err
	}
	defer c.gate.leave()
	limit := time.Now().Add(roomTime)
	c.mu.Lock()
	if !c.until.IsZero() && c.until.Before(limit) {
		limit = c.until
	}
	err = c.Conn.SetWriteDeadline(limit)
	last := limit.Equal(c.until)
	c.mu.Unlock()
	if err == nil {
		n, err = c.Conn.Write(p)
		c.wrote.Add(int64(n))
	}
	return n, err != nil && !last && errors.Is(err, os.ErrDeadlineExceeded), err
}

// SetWriteDeadline implements net.Conn.
func (c *gatedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *gatedConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// Close implements net.Conn: the connection is reset.
func (c *gatedConn) Close() error {
	c.gate.remove(c)
	return c.Conn.Close()
}

// written tells whether anything of one request was written to a connection: net/http
// may try a second one, and it is that one which is kept back.
type written struct {
	conn   *gatedConn // the last one that the request had
	before int64      // what was written to it by then
	sent   bool
}

func traceWritten(r *http.Request) (*http.Request, *written) {
	w := new(written)
	return r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		w.settle()
		conn := i.Conn
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		if w.conn, _ = conn.(*gatedConn); w.conn != nil {
			w.before = w.conn.wrote.Load()
		}
	}})), w
}

func (w *written) settle() {
	if w.conn != nil && w.conn.wrote.Load() > w.before {
		w.sent = true
	}
}

// correct gives the error of a request, err being that of its last try.
func (w *written) correct(err error) error {
	if w == nil || !Unsent(err) {
		return err
	}
	if w.settle(); w.sent {
		return because(ErrElsewhere, net.ErrClosed)
	}
	return err
}

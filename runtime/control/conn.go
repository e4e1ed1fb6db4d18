package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// maxCalls bounds the calls of one connection at one time.
const maxCalls = 16

// hangUpTimeout is how long a client may take to read what is left.
const hangUpTimeout = 2 * time.Second

// Session is one client. Calls may come at the same time.
type Session interface {
	// Call answers one call: send gives the client a value, as often as there
	// is one, and fails when it has gone. ctx ends when the client breaks off
	// the call, goes, or the host closes. An error that is no *Fault reaches
	// the client as its message.
	Call(ctx context.Context, op string, args json.RawMessage, send func(value any) error) error
	// Close is called when the client has gone and its calls have ended.
	Close()
}

// conn is a client as the server sees it.
type conn struct {
	net     net.Conn
	session Session
	ctx     context.Context
	cancel  context.CancelFunc
	calls   sync.WaitGroup

	mu      sync.Mutex
	running map[int64]context.CancelFunc
	leaving bool // no call begins any more

	lines lineWriter
}

func newConn(c net.Conn) *conn {
	cn := &conn{net: c, running: make(map[int64]context.CancelFunc), lines: lineWriter{net: c}}
	cn.ctx, cn.cancel = clock.WithCancel(context.Background())
	return cn
}

// hangUp ends the calls and then the connection. A client that does not read
// their last lines is not waited for.
func (c *conn) hangUp() {
	c.mu.Lock()
	c.leaving = true
	c.mu.Unlock()
	c.cancel()
	late := clock.Real().AfterFunc(hangUpTimeout, func() { c.net.Close() })
	go func() {
		c.calls.Wait()
		late.Stop()
		c.net.Close()
	}()
}

// refuse tells the client why it is not served, and hangs up.
func (c *conn) refuse(why string) {
	c.net.SetWriteDeadline(clock.Real().Now().Add(hangUpTimeout))
	c.lines.write(reply{ID: refused, Done: true, Error: &Fault{Message: why}})
	c.net.Close()
}

// serve reads calls until the client goes.
func (c *conn) serve() {
	lines := bufio.NewScanner(c.net)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var r request
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			break // this is no client of ours
		}
		c.take(r)
	}
	c.cancel()
	c.net.Close()
	c.calls.Wait()
	c.session.Close()
}

func (c *conn) take(r request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cancel, known := c.running[r.ID]
	switch {
	case r.Cancel:
		if known {
			cancel()
		}
		return
	case c.leaving:
		return
	case known || len(c.running) >= maxCalls:
		c.calls.Go(func() { c.lines.write(reply{ID: r.ID, Done: true, Error: &Fault{Message: "too many calls at once"}}) })
		return
	}
	ctx, cancel := clock.WithCancel(c.ctx)
	c.running[r.ID] = cancel
	c.calls.Go(func() { c.answer(ctx, r) })
}

func (c *conn) answer(ctx context.Context, r request) {
	err := c.session.Call(ctx, r.Op, r.Args, func(value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		return c.lines.write(reply{ID: r.ID, Value: text})
	})
	c.mu.Lock()
	cancel := c.running[r.ID]
	delete(c.running, r.ID)
	c.mu.Unlock()
	cancel()
	last := reply{ID: r.ID, Done: true}
	if err != nil && !errors.As(err, &last.Error) {
		last.Error = &Fault{Message: err.Error()}
	}
	c.lines.write(last)
}

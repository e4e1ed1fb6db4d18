package upload

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// pace lets so many bytes a second through, those of all transfers together.
type pace struct {
	clk  clock.Clock
	ctx  context.Context // ends the waiting
	rate int64           // bytes a second; 0: no bound

	mu   sync.Mutex
	free time.Time // when what was let through so far has had its time
}

// wait takes n bytes.
func (p *pace) wait(n int) error {
	if p.rate == 0 {
		return nil
	}
	now := p.clk.Now()
	p.mu.Lock()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(float64(n) / float64(p.rate) * float64(time.Second)))
	until := p.free
	p.mu.Unlock()
	return clock.Sleep(p.ctx, p.clk, until.Sub(now))
}

// piece is how much is let through at once: a quarter of a second, so that the
// line is used evenly.
func (p *pace) piece() int { return int(min(max(p.rate/4, 256), 64<<10)) }

// paced is a reader that is read at the pace.
type paced struct {
	io.Reader
	pace *pace
}

func (r paced) Read(b []byte) (int, error) {
	if r.pace.rate > 0 && len(b) > r.pace.piece() {
		b = b[:r.pace.piece()]
	}
	n, err := r.Reader.Read(b)
	if waitErr := r.pace.wait(n); waitErr != nil {
		err = waitErr
	}
	return n, err
}

// pacedConn is a connection that is written to at the pace.
type pacedConn struct {
	net.Conn
	pace *pace
}

func (c pacedConn) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		some := min(len(b), c.pace.piece())
		if err = c.pace.wait(some); err != nil {
			break
		}
		var m int
		m, err = c.Conn.Write(b[:some])
		n, b = n+m, b[m:]
	}
	return n, err
}

// Package outlet is a writer that never waits for its reader: what is written
// waits in memory, up to a bound, and goes out on a goroutine of its own.
package outlet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// An outlet is full when that much waits for its reader, whichever is
	// reached first.
	maxLines = 10_000
	maxBytes = 4 << 20
	// pieceSize is how much goes out with one write: pipes keep such a piece
	// together.
	pieceSize = 4096
	// FlushTimeout is how long Flush waits for a reader after its context has ended.
	FlushTimeout = time.Second
)

// Outlet writes what it is given on a goroutine of its own, which runs while
// there is something to write: a reader that stalls does not delay the stop of a
// head.
type Outlet struct {
	w io.Writer

	mu      sync.Mutex
	waiting [][]byte // also what is being written
	bytes   int      // of them
	writing bool
	moved   *clock.Cond // less waits
	lost    int         // lines that were dropped since there was room
	err     error       // of the last write

	note   func(lost int) []byte // the line that tells of lost ones
	broken func()                // called at a write that fails; nil: no
}

// New makes an outlet that writes to w.
func New(w io.Writer) *Outlet {
	o := &Outlet{w: w, note: func(lost int) []byte { return []byte(LostText(lost) + "\n") }}
	o.moved = clock.NewCond(clock.Real(), &o.mu)
	return o
}

// LostText says that lines of a log were dropped.
func LostText(lost int) string {
	if lost == 1 {
		return "1 line lost: nobody read the log"
	}
	return fmt.Sprintf("%d lines lost: nobody read the log", lost)
}

// Writer is what the outlet writes to.
func (o *Outlet) Writer() io.Writer { return o.w }

// TellLost sets how it is told that lines were lost.
func (o *Outlet) TellLost(note func(lost int) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.note = note
}

// WhenBroken has f called at a write that fails.
func (o *Outlet) WhenBroken(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken = f
}

// Write takes p however much waits already. The error is that of the last
// write.
func (o *Outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.take(bytes.Clone(p))
	return len(p), o.err
}

// take is called with mu held.
func (o *Outlet) take(p []byte) {
	o.waiting = append(o.waiting, p)
	o.bytes += len(p)
	if !o.writing {
		o.writing = true
		go o.write()
	}
}

// Log is the outlet for those who must never wait, and whose lines may be lost:
// a full outlet drops them, and then as many as come until half of it is read.
func (o *Outlet) Log() io.Writer { return (*dropping)(o) }

type dropping Outlet

// Write implements io.Writer. It takes one line.
func (d *dropping) Write(p []byte) (int, error) {
	o := (*Outlet)(d)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost > 0 || o.full(1) {
		o.lost++
		return len(p), nil
	}
	o.take(bytes.Clone(p))
	return len(p), nil
}

// full reports whether one part in so many of the outlet is in use. Called with
// mu held.
func (o *Outlet) full(part int) bool {
	return len(o.waiting) >= maxLines/part || o.bytes >= maxBytes/part
}

// write writes until nothing waits.
func (o *Outlet) write() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) > 0 {
		n, piece := o.piece()
		broken := o.broken
		o.mu.Unlock()
		_, err := o.w.Write(piece)
		if err != nil && broken != nil {
			broken()
		}
		o.mu.Lock()
		o.err = err
		clear(o.waiting[:n])
		o.waiting = o.waiting[n:]
		o.bytes -= len(piece)
		if o.lost > 0 && !o.full(2) {
			lost := o.lost
			o.lost = 0
			o.take(o.note(lost))
		}
		o.moved.Broadcast()
	}
	o.writing = false
}

// piece is what goes out next, made of n of those that wait.
func (o *Outlet) piece() (n int, piece []byte) {
	size := 0
	for n == 0 || n < len(o.waiting) && size+len(o.waiting[n]) <= pieceSize {
		size += len(o.waiting[n])
		n++
	}
	if n == 1 {
		return n, o.waiting[0]
	}
	return n, bytes.Join(o.waiting[:n], nil)
}

// Full reports whether the reader lags so far behind that who has written has to
// wait.
func (o *Outlet) Full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.full(1)
}

// Room waits until half of the outlet is free, or ctx ends.
func (o *Outlet) Room(ctx context.Context) error {
	return o.until(ctx, func() bool { return !o.full(2) })
}

// until waits until reached, which is called with mu held, or ctx ends.
func (o *Outlet) until(ctx context.Context, reached func() bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !reached() {
		if err := o.moved.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Flush waits until all is written, or for FlushTimeout after ctx has ended.
func (o *Outlet) Flush(ctx context.Context) error {
	limit, cancel := clock.WithCancel(context.Background())
	defer cancel()
	defer clock.OnDone(ctx, func() { clock.Real().AfterFunc(FlushTimeout, cancel) })()
	return o.until(limit, func() bool { return len(o.waiting) == 0 })
}

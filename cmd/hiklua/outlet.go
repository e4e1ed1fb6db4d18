package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// An outlet is full when that much waits for its reader, whichever is
	// reached first.
	outletLines = 10_000
	outletBytes = 4 << 20
	// outletPiece is how much goes out with one write: pipes keep such a piece
	// together.
	outletPiece = 4096
	// outletTimeout is how long the end of the program waits for a reader.
	outletTimeout = time.Second
)

// outlet writes what it is given on a goroutine of its own, which runs while
// there is something to write: a reader that stalls does not delay the stop of a
// head.
type outlet struct {
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

var _ runtime.Outlet = (*outlet)(nil)

func newOutlet(w io.Writer) *outlet {
	o := &outlet{w: w, note: func(lost int) []byte { return []byte(lostText(lost) + "\n") }}
	o.moved = clock.NewCond(clock.Real(), &o.mu)
	return o
}

func lostText(lost int) string { return plural(lost, "line") + " lost: nobody read the log" }

// tellLost sets how it is told that lines were lost.
func (o *outlet) tellLost(note func(lost int) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.note = note
}

// whenBroken has f called at a write that fails.
func (o *outlet) whenBroken(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken = f
}

// Write takes p however much waits already. The error is that of the last
// write.
func (o *outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.take(bytes.Clone(p))
	return len(p), o.err
}

// take is called with mu held.
func (o *outlet) take(p []byte) {
	o.waiting = append(o.waiting, p)
	o.bytes += len(p)
	if !o.writing {
		o.writing = true
		go o.write()
	}
}

// log is the outlet for those who must never wait, and whose lines may be lost:
// a full outlet drops them, and then as many as come until half of it is read.
func (o *outlet) log() io.Writer { return (*dropping)(o) }

type dropping outlet

// Write implements io.Writer. It takes one line.
func (d *dropping) Write(p []byte) (int, error) {
	o := (*outlet)(d)
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
func (o *outlet) full(part int) bool {
	return len(o.waiting) >= outletLines/part || o.bytes >= outletBytes/part
}

// write writes until nothing waits.
func (o *outlet) write() {
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
func (o *outlet) piece() (n int, piece []byte) {
	size := 0
	for n == 0 || n < len(o.waiting) && size+len(o.waiting[n]) <= outletPiece {
		size += len(o.waiting[n])
		n++
	}
	if n == 1 {
		return n, o.waiting[0]
	}
	return n, bytes.Join(o.waiting[:n], nil)
}

// Full implements runtime.Outlet.
func (o *outlet) Full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.full(1)
}

// Room implements runtime.Outlet: half of the outlet is free.
func (o *outlet) Room(ctx context.Context) error {
	return o.until(ctx, func() bool { return !o.full(2) })
}

// until waits until reached, which is called with mu held, or ctx ends.
func (o *outlet) until(ctx context.Context, reached func() bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !reached() {
		if err := o.moved.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// flush waits until all is written, or for outletTimeout after ctx has ended.
func (o *outlet) flush(ctx context.Context) error {
	limit, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(outletTimeout, cancel) })()
	return o.until(limit, func() bool { return len(o.waiting) == 0 })
}

// over is a context that has ended.
func over() context.Context {
	ctx, end := context.WithCancel(context.Background())
	end()
	return ctx
}

// sameFile reports whether two streams are one: a terminal, or after 2>&1.
func sameFile(a, b io.Writer) bool {
	f, ok := a.(*os.File)
	g, also := b.(*os.File)
	if !ok || !also {
		return false
	}
	one, err := f.Stat()
	if err != nil {
		return false
	}
	other, err := g.Stat()
	return err == nil && os.SameFile(one, other)
}

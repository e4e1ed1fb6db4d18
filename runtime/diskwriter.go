package runtime

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// errDiskHangs is for a write that has not ended when its time was over.
var errDiskHangs = &archive.DiskError{Err: errors.New("the disk does not answer")}

// diskWriter writes to a disk that may hang. What waits for a camera's bytes has
// the camera's queue: it goes on when its context ends, and leaves the write
// behind.
type diskWriter struct {
	clk clock.Clock
	ctx context.Context // set before the first Write
	w   io.Writer
	buf []byte // of the write under way

	mu      sync.Mutex
	writing bool
	n       int // what the last write gave
	err     error
	left    bool   // the write is not waited for any more
	end     func() // what close was given; nil: not closed
}

// Write implements io.Writer.
func (d *diskWriter) Write(p []byte) (int, error) {
	d.mu.Lock()
	if d.left {
		d.mu.Unlock()
		return 0, errDiskHangs
	}
	d.writing = true
	d.mu.Unlock()
	d.buf = append(d.buf[:0], p...)
	written := d.clk.NewWaiter()
	d.clk.Go(func() {
		n, err := d.w.Write(d.buf)
		d.mu.Lock()
		d.writing, d.n, d.err = false, n, err
		end := d.end
		d.mu.Unlock()
		if end != nil {
			end()
		}
		written.Wake()
	})
	cause := clock.WaitFor(d.ctx, written)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writing {
		d.left = true
		return 0, errors.Join(errDiskHangs, cause)
	}
	return d.n, d.err
}

// close calls end when no write is under way: at once, or when the one that was
// left behind has ended.
func (d *diskWriter) close(end func()) {
	d.mu.Lock()
	if d.writing {
		d.end = end
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	end()
}

package metrics

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// diskPatience is how long a scrape waits for the disk of the archive, which
	// may be one of a network that hangs.
	diskPatience = time.Second
	// lookedBack is how far the index is searched for pictures that lie in the
	// archive since before the Collector.
	lookedBack = 24 * time.Hour
)

// disk knows the archive. Each scrape has it looked at, by one goroutine at most.
type disk struct {
	conf    Config
	picture func(device string, channel int, at float64)
	ctx     context.Context
	cancel  context.CancelFunc

	searched map[*index.Index]bool // of the goroutine that looks

	mu     sync.Mutex
	closed bool
	look   *diskLook // under way; nil: none is
}

// diskLook is one look.
type diskLook struct {
	done chan struct{}
	free *int64 // bytes; nil: not known
}

func newDisk(conf Config, picture func(device string, channel int, at float64)) *disk {
	d := &disk{conf: conf, picture: picture, searched: make(map[*index.Index]bool)}
	d.ctx, d.cancel = clock.WithCancel(context.Background())
	return d
}

// free gives the room on the disk, in bytes; nil: it is not known.
func (d *disk) free() *int64 {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	look := d.look
	if look == nil {
		look = &diskLook{done: make(chan struct{})}
		d.look = look
		go func() {
			look.free = d.ask()
			d.mu.Lock()
			d.look = nil
			d.mu.Unlock()
			close(look.done)
		}()
	}
	d.mu.Unlock()
	if !d.wait(look) {
		return nil
	}
	return look.free
}

// wait waits for a look to end, and reports whether it has.
func (d *disk) wait(look *diskLook) bool {
	late := make(chan struct{})
	defer d.conf.Clock.AfterFunc(diskPatience, func() { close(late) }).Stop()
	select {
	case <-look.done:
		return true
	case <-late:
		return false
	}
}

// ask asks the disk.
func (d *disk) ask() (free *int64) {
	err := d.conf.Host.UseArchives(d.ctx, func(archives []runtime.OpenArchive) error {
		for _, one := range archives {
			// Several lie on one disk, below archive.path.
			if n, err := one.Keeper.Free(); err == nil {
				free = &n
			}
			if d.searched[one.Index] {
				continue
			}
			err := one.Index.List(d.ctx, archive.Query{From: d.conf.Clock.Now().Add(-lookedBack)}, func(e archive.Entry) error {
				d.picture(e.Device, e.Channel, seconds(e.Taken))
				return nil
			})
			if err != nil {
				return err
			}
			d.searched[one.Index] = true
		}
		maps.DeleteFunc(d.searched, func(x *index.Index, _ bool) bool {
			return !slices.ContainsFunc(archives, func(one runtime.OpenArchive) bool { return one.Index == x })
		})
		return nil
	})
	if err != nil {
		d.conf.Log.Debug("the archive cannot be asked for metrics", "error", err)
	}
	return free
}

func (d *disk) close() {
	d.cancel()
	d.mu.Lock()
	d.closed = true
	look := d.look
	d.mu.Unlock()
	if look != nil {
		d.wait(look)
	}
}

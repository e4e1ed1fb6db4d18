package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

// op is one change that its submitter waits for.
type op struct {
	apply func(*change) error

	// Guarded by Index.mu.
	done    bool
	err     error
	waiters []clock.Waiter
}

// submit hands a change to the committer. Called with mu held.
func (x *Index) submit(apply func(*change) error) *op {
	o := &op{apply: apply}
	if x.closing {
		o.done, o.err = true, ErrClosed
		return o
	}
	x.ops = append(x.ops, o)
	x.begin()
	return o
}

// wait returns when the disk has o, with an error if it did not take it, or with
// the cause of ctx when that ends before.
func (x *Index) wait(ctx context.Context, o *op) error {
	x.mu.Lock()
	if !o.done {
		w := x.opt.Clock.NewWaiter()
		o.waiters = append(o.waiters, w)
		x.mu.Unlock()
		cause := clock.WaitFor(ctx, w)
		x.mu.Lock()
		if !o.done {
			x.mu.Unlock()
			return cause
		}
	}
	defer x.mu.Unlock()
	return o.err
}

// do makes a change and waits for it.
func (x *Index) do(ctx context.Context, apply func(*change) error) error {
	x.mu.Lock()
	o := x.submit(apply)
	x.mu.Unlock()
	return x.wait(ctx, o)
}

// begin has the committer look. Called with mu held.
func (x *Index) begin() {
	x.due = true
	if !x.running {
		x.running = true
		x.opt.Clock.Go(x.commit)
	}
}

// beginIn is begin after a while. Called with mu held.
func (x *Index) beginIn(d time.Duration) {
	if x.timer != nil || x.closing {
		return
	}
	x.timer = x.opt.Clock.AfterFunc(d, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.timer = nil
		if !x.closing {
			x.begin()
		}
	})
}

// commit writes until there is nothing left that is due.
func (x *Index) commit() {
	for {
		x.mu.Lock()
		if !x.due {
			x.running = false
			for _, w := range x.idle {
				w.Wake()
			}
			x.idle = nil
			x.mu.Unlock()
			return
		}
		x.due = false
		ops, added := x.ops, x.added
		x.ops, x.added = nil, nil
		x.mu.Unlock()

		err := x.ready()
		if x.anew {
			added, x.anew = nil, false
		}
		stale := x.noLonger(false)
		if err == nil && len(added)+len(ops)+len(stale) > 0 {
			err = x.transact(func(c *change) error {
				for _, e := range added {
					if err := c.put(e); err != nil {
						return err
					}
				}
				for _, o := range ops {
					if err := o.apply(c); err != nil {
						return err
					}
				}
				return c.forget(stale)
			})
		}

		x.mu.Lock()
		if err != nil {
			x.added = append(added, x.added...)
			x.added = x.added[:min(len(x.added), maxWaiting)]
		}
		x.settleFailure(err)
		for _, o := range ops {
			o.done, o.err = true, err
			for _, w := range o.waiters {
				w.Wake()
			}
		}
		x.mu.Unlock()
	}
}

// settleFailure keeps, and tells once, that pictures cannot be recorded, and
// that they can again. Called with mu held.
func (x *Index) settleFailure(err error) {
	was := x.failing
	x.failing = err
	switch {
	case err != nil:
		if was == nil || was.Error() != err.Error() {
			x.opt.Log.Error("the archive's index is not written; it is tried again", "error", err)
		}
		x.beginIn(retryAfter)
	case was != nil:
		x.opt.Log.Info("the archive's index is written again")
		for _, f := range x.folders {
			if !f.durable { // what was added meanwhile may not have been remembered
				x.recovered = false
			}
		}
		if !x.recovered {
			x.begin()
		}
	}
}

// noLonger are the folders into which no picture has gone for a while, or all.
// They are expected no more, and all that went there is recorded.
func (x *Index) noLonger(all bool) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.opt.Clock.Now()
	var list []string
	for dir, f := range x.folders {
		if all || now.Sub(f.used) > expectFor {
			list = append(list, dir)
			delete(x.folders, dir)
		}
	}
	slices.Sort(list)
	return list
}

func (c *change) forget(folders []string) error {
	for _, dir := range folders {
		if err := c.bucket(bucketExpected).Delete([]byte(dir)); err != nil {
			return err
		}
	}
	return nil
}

// transact makes one change of the file and of the manifest of today.
func (x *Index) transact(f func(*change) error) error {
	if x.disk != nil {
		if err := x.disk(); err != nil {
			return err
		}
	}
	root, err := x.Folder()
	if err != nil {
		return err
	}
	defer root.Close()
	if err := x.writeTail(root, false); err != nil {
		return err
	}
	c := new(change)
	var last *tail
	err = boltfile.Guard(func() error {
		return x.db.Load().Update(func(tx *bolt.Tx) error {
			if err := x.read(c, tx); err != nil {
				return err
			}
			before := c.totals
			if err := f(c); err != nil {
				return err
			}
			c.span()
			if c.totals != before {
				if err := putJSON(c.bucket(bucketMeta), metaTotals, c.totals); err != nil {
					return err
				}
			}
			last, err = x.list(c)
			return err
		})
	})
	if broken := (*boltfile.Panic)(nil); errors.As(err, &broken) {
		x.damaged = fmt.Errorf("%s was damaged while it was open (%v): start the host again", x.path, broken.Value)
		return x.damaged
	}
	if err != nil {
		return fmt.Errorf("%s: %w", x.path, err)
	}
	x.setTotals(c.totals)
	x.tail = last
	if err := x.writeTail(root, false); err != nil {
		return err
	}
	for _, day := range c.dropped {
		root.Remove(ManifestName(day)) // it is no fault if it stays
	}
	return nil
}

// writeTail writes what is on record to the manifest, if it is not there yet.
func (x *Index) writeTail(root *os.Root, again bool) error {
	if x.tail == nil {
		return nil
	}
	if err := x.write(root, x.tail, again); err != nil {
		return &FolderError{Dir: x.dir, Problem: ManifestName(x.tail.Day), Err: err}
	}
	x.tail = nil
	return nil
}

func (x *Index) setTotals(t Totals) {
	t.Oldest, t.Newest = x.zoned(t.Oldest), x.zoned(t.Newest)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.totals = t
}

// read begins a change.
func (x *Index) read(c *change, tx *bolt.Tx) error {
	c.tx = tx
	_, err := getJSON(c.bucket(bucketMeta), metaTotals, &c.totals)
	if err == nil {
		_, err = getJSON(c.bucket(bucketMeta), metaChain, &c.chain)
	}
	if err != nil {
		return err
	}
	now := x.opt.Clock.Now().In(x.opt.Zone)
	c.today = now.Format(time.DateOnly)
	// A clock that was set back opens no manifest again.
	closed := c.bucket(bucketDays).Get([]byte(c.today)) != nil
	if c.today < c.chain.Day && (closed || now.AddDate(0, 0, 1).Format(time.DateOnly) >= c.chain.Day) {
		c.today = c.chain.Day
	}
	return nil
}

// span notes when the oldest and the newest picture were taken.
func (c *change) span() {
	c.totals.Oldest, c.totals.Newest = time.Time{}, time.Time{}
	cur := c.bucket(bucketPictures).Cursor()
	var first, last Key
	if k, _ := cur.First(); copy(first[:], k) == len(first) {
		c.totals.Oldest = first.Time().UTC()
	}
	if k, _ := cur.Last(); copy(last[:], k) == len(last) {
		c.totals.Newest = last.Time().UTC()
	}
}

func (x *Index) zoned(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(x.opt.Zone)
}

var utc = time.UTC

// isDay tells the name of a day.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && !strings.ContainsAny(text, " /")
}

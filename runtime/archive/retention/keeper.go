package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Every is how often Run looks for what has had its time.
const Every = 10 * time.Minute

// Options are what a Keeper is made of.
type Options struct {
	Clock  clock.Clock
	Log    *slog.Logger
	Index  *index.Index
	Policy Policy
	// Waiting, if it is set, is when the first picture was taken that still has to
	// be copied to the second place; zero: none has.
	Waiting func() time.Time
}

// Removal is a picture that goes, with the rule that says so.
type Removal = index.Removal

// Keeper removes the pictures of one archive that have had their time. Its
// methods may be called from any goroutine of the clock.
type Keeper struct {
	opt  Options
	turn *clock.Semaphore                // for Plan and Prune
	free func(dir string) (int64, error) // freeBytes, but in tests

	mu      sync.Mutex
	problem error
	due     bool // Added has begun a Prune
}

// New makes a Keeper.
func New(o Options) *Keeper {
	return &Keeper{opt: o, turn: clock.NewSemaphore(o.Clock, 1), free: freeBytes}
}

// Free is the room on the disk of the archive, in bytes. It may wait for the disk.
func (k *Keeper) Free() (int64, error) { return k.free(k.opt.Index.Dir()) }

// Problem says why the last Prune could not do all it should; nil: it did.
func (k *Keeper) Problem() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.problem
}

// Run prunes at once and then from time to time, until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	for {
		k.Prune(ctx, nil) // Problem has the error
		if clock.Sleep(ctx, k.opt.Clock, Every) != nil {
			return
		}
	}
}

// Added is told of a picture that was archived. It waits for nothing: what is too
// much then goes on a goroutine of its own.
func (k *Keeper) Added(ctx context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.due || k.opt.Policy.MaxSize == 0 || k.opt.Index.Totals().Bytes <= k.opt.Policy.MaxSize {
		return
	}
	k.due = true
	k.opt.Clock.Go(func() {
		k.Prune(ctx, nil)
		k.mu.Lock()
		k.due = false
		k.mu.Unlock()
	})
}

// Plan tells what Prune would remove now, the first first: by age, then by
// size, the oldest first within each rule.
func (k *Keeper) Plan(ctx context.Context, fn func(Removal) error) error {
	if err := k.turn.Acquire(ctx); err != nil {
		return err
	}
	defer k.turn.Release()
	if err := k.opt.Index.Flush(ctx); err != nil {
		return err
	}
	r, err := k.begin()
	if err != nil {
		return err
	}
	for more := true; more; {
		err := k.opt.Index.View(func(v *index.View) (err error) {
			more, err = r.plan.next(v)
			return err
		})
		if err != nil {
			return err
		}
		for _, removal := range r.plan.list {
			if err := fn(removal); err != nil {
				return err
			}
		}
		if err := clock.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Result sums up a Prune.
type Result struct {
	Files int64 `json:"files"` // removed
	Bytes int64 `json:"bytes"` // of these
	Left  int64 `json:"left"`  // files that stay: changed or gone since they were written
}

// Prune removes what has had its time; fn, if it is not nil, is told of each
// picture that is gone.
func (k *Keeper) Prune(ctx context.Context, fn func(Removal)) (Result, error) {
	if err := k.turn.Acquire(ctx); err != nil {
		return Result{}, err
	}
	defer k.turn.Release()
	r, err := k.prune(ctx, fn)
	if errors.Is(err, index.ErrRebuilding) {
		err = nil // it goes on then
	}
	if clock.Cause(ctx) == nil {
		k.settle(err)
	}
	if r.Files > 0 {
		k.opt.Log.Info("archive: pictures have had their time", "files", r.Files, "bytes", r.Bytes)
	}
	return r, err
}

func (k *Keeper) prune(ctx context.Context, fn func(Removal)) (result Result, err error) {
	x := k.opt.Index
	if err := x.Flush(ctx); err != nil {
		return result, err
	}
	r, err := k.begin()
	if err != nil {
		return result, err
	}
	done := func(removal Removal) {
		result.Files++
		result.Bytes += removal.Size
		if fn != nil {
			fn(removal)
		}
	}
	for more := true; more; {
		err := x.View(func(v *index.View) (err error) {
			more, err = r.plan.next(v)
			return err
		})
		if err != nil {
			return result, err
		}
		if len(r.plan.list)+len(r.plan.moved) > 0 {
			left, err := x.Remove(ctx, r.plan.list, r.plan.moved, done)
			result.Left += int64(len(left))
			for _, l := range left {
				k.opt.Log.Warn("archive: a file stays and is the archive's no more", "file", l.Path, "why", l.Why)
			}
			if err != nil {
				return result, err
			}
		}
		if err := r.measure(); err != nil {
			return result, err
		}
		clear(r.plan.planned)
	}
	if excess, rule := r.excess(); excess > 0 {
		return result, &NoRoomError{Dir: x.Dir(), Rule: rule, Free: r.bytesFree}
	}
	return result, nil
}

// settle keeps, and tells once, why not all could be done.
func (k *Keeper) settle(err error) {
	k.mu.Lock()
	was := k.problem
	k.problem = err
	k.mu.Unlock()
	switch {
	case err != nil && (was == nil || was.Error() != err.Error()):
		k.opt.Log.Error("archive: what has had its time cannot be removed; it is tried again", "error", err)
	case err == nil && was != nil:
		k.opt.Log.Info("archive: what has had its time is removed again")
	}
}

// Admit makes room for one more picture if max_size or min_free ask for it. The
// error is a *NoRoomError if there is none, the cause of ctx, or why nothing can
// be removed.
func (k *Keeper) Admit(ctx context.Context) error {
	if err := k.opt.Index.Ready(ctx); err != nil {
		return err
	}
	p := k.opt.Policy
	if p.MaxSize == 0 && p.MinFree == 0 {
		return nil
	}
	r, err := k.begin()
	if err != nil {
		return nil // the picture tells what is wrong with the disk
	}
	if excess, _ := r.excess(); excess <= 0 {
		return nil
	}
	_, err = k.Prune(ctx, nil)
	var full *NoRoomError
	if errors.As(err, &full) || clock.Cause(ctx) != nil {
		return err
	}
	return nil
}

// room is what a run knows of the disk.
type room struct {
	k         *Keeper
	plan      *plan
	bytesFree int64
	total     int64
}

func (k *Keeper) begin() (*room, error) {
	r := &room{k: k}
	waiting := time.Time{}
	if k.opt.Waiting != nil {
		waiting = k.opt.Waiting()
	}
	r.plan = newPlan(k.opt.Policy, k.opt.Clock.Now(), waiting, r.excess)
	return r, r.measure()
}

// measure looks how much there is, and how much is free.
func (r *room) measure() (err error) {
	r.total = r.k.opt.Index.Totals().Bytes
	r.plan.bytes = 0
	if r.plan.MinFree > 0 {
		r.bytesFree, err = r.k.free(r.k.opt.Index.Dir())
	}
	return err
}

// excess is how many bytes there are too many, with what is planned gone, and
// the rule that says so.
func (r *room) excess() (int64, string) {
	p := r.plan
	if over := r.total - p.bytes - p.MaxSize; p.MaxSize > 0 && over > 0 {
		return over, "max_size " + site.FormatSize(p.MaxSize)
	}
	if lack := p.MinFree - r.bytesFree - p.bytes; p.MinFree > 0 && lack > 0 {
		return lack, "min_free " + site.FormatSize(p.MinFree)
	}
	return 0, ""
}

// NoRoomError says that the disk is too full, and that nothing of the archive is
// left to remove.
type NoRoomError struct {
	Dir  string
	Rule string // "min_free 5GB"
	Free int64  // bytes
}

func (e *NoRoomError) Error() string {
	return fmt.Sprintf("archive %s: no room for a picture: the disk has %s free, %s of site.yaml wants more, and no picture is left that could go", e.Dir, short(e.Free), e.Rule)
}

// Hint says what to do.
func (e *NoRoomError) Hint() string {
	return "remove other files from that disk, give the archive a larger one, or lower min_free"
}

// short writes a size for people.
func short(n int64) string {
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
		if f := float64(n) / u.bytes; f >= 1 {
			return fmt.Sprintf("%.1f%s", f, u.name)
		}
	}
	return fmt.Sprintf("%dB", n)
}

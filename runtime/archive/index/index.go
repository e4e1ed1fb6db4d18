package index

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

// FileName is the index below the site's data folder.
const FileName = "archive.db"

var (
	// ErrLocked is for an index that another process has open.
	ErrLocked = boltfile.ErrLocked
	// ErrClosed is for an Index after Close.
	ErrClosed = errors.New("the archive's index is closed")
)

const (
	// flushAfter is how long a picture may wait for others to be recorded with.
	flushAfter = 5 * time.Second
	// flushAt is how many pictures don't wait.
	flushAt = 500
	// retryAfter is when a write that failed is tried again.
	retryAfter = 10 * time.Second
	// maxWaiting bounds the memory for pictures that cannot be recorded yet.
	maxWaiting = 10_000
	// maxExpecting is how long a picture waits for its folder to be on record: a
	// disk of the index that hangs must not keep it.
	maxExpecting = 5 * time.Second
	// expectFor is how long a folder stays on record after its last picture.
	expectFor = 2 * time.Hour
)

// Options are what an Index needs besides its file.
type Options struct {
	Clock clock.Clock
	Log   *slog.Logger
	Zone  *time.Location // in which days begin
	// NoSync, for tests: a power cut may lose what was written last.
	NoSync bool
	// Layout is archive.layout: a file that no manifest lists is taken in again
	// where that puts it.
	Layout string
}

// Index is an open index.
type Index struct {
	path, dir string
	opt       Options
	sync      func(*os.File) error // (*os.File).Sync, but in tests
	disk      func() error         // nil, but in tests: an error of the disk before a write

	db   atomic.Pointer[bolt.DB] // nil: not opened yet
	turn *clock.Semaphore        // for one Remove or Rebuild

	// The committer's alone.
	ident     identity
	recovered bool  // what an earlier process left behind has been seen to
	damaged   error // while it was open: its locks may be held for ever
	tail      *tail // of the manifest, on record and not written yet; nil: none
	anew      bool  // the archive was begun anew: what waits to be recorded went with the one before

	mu         sync.Mutex
	ops        []*op           // for the committer
	added      []archive.Entry // for the committer
	folders    map[string]*expectation
	totals     Totals
	incomplete string // why pictures may be missing in it; "": none is
	refound    bool   // the folder is to be made an archive if it is none
	rebuilding bool
	failing    error
	running    bool // the committer
	due        bool // it is to look again
	timer      clock.Timer
	idle       []clock.Waiter // for its end
	closing    bool
}

// expectation is what is known of a folder that pictures go into.
type expectation struct {
	used    time.Time
	durable bool // it is on record
}

// Start begins to open the index in the file at path, or a new one, for the
// archive in the folder dir, and returns at once. What goes wrong is told by
// Problem and tried again. Close ends it.
func Start(path, dir string, o Options) *Index {
	x := newIndex(path, dir, o)
	x.mu.Lock()
	x.begin()
	x.mu.Unlock()
	return x
}

func newIndex(path, dir string, o Options) *Index {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	x := &Index{path: path, dir: dir, opt: o, turn: clock.NewSemaphore(o.Clock, 1), sync: (*os.File).Sync, folders: make(map[string]*expectation)}
	if o.NoSync {
		x.sync = func(*os.File) error { return nil }
	}
	return x
}

// Open is Start that waits until the index is open. The error wraps ErrLocked if
// another process has it, and is a *FolderError if the archive is not there.
func Open(ctx context.Context, path, dir string, o Options) (*Index, error) {
	x := Start(path, dir, o)
	if err := x.Flush(ctx); err != nil {
		return nil, errors.Join(err, x.Close(ctx))
	}
	return x, nil
}

// Dir is the folder of the archive.
func (x *Index) Dir() string { return x.dir }

// Expect puts on record that pictures come to lie in dir, a folder below the
// archive's with slashes, and returns when the disk has that: at once but for the
// first picture of a folder. If the index cannot be written the picture does not
// wait. The error is the cause of ctx.
func (x *Index) Expect(ctx context.Context, dir string) error {
	x.mu.Lock()
	f := x.folders[dir]
	if f == nil {
		f = new(expectation)
		x.folders[dir] = f
	}
	f.used = x.opt.Clock.Now()
	if f.durable || x.failing != nil || x.closing {
		x.mu.Unlock()
		return nil
	}
	o := x.submit(func(c *change) error { return c.bucket(bucketExpected).Put([]byte(dir), nil) })
	x.mu.Unlock()
	limit, cancel := clock.WithTimeout(x.opt.Clock, ctx, maxExpecting)
	defer cancel()
	if x.wait(limit, o) == nil {
		x.mu.Lock()
		f.durable = true
		x.mu.Unlock()
	}
	return clock.Cause(ctx)
}

// Add takes in a picture that has its name. It waits for nothing.
func (x *Index) Add(e archive.Entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closing || len(x.added) >= maxWaiting {
		return // its folder is expected: recover finds it
	}
	x.added = append(x.added, e)
	switch {
	case x.failing != nil: // the timer is set
	case len(x.added) >= flushAt:
		x.begin()
	default:
		x.beginIn(flushAfter)
	}
}

// Totals is what the archive holds.
type Totals struct {
	Files  int64     `json:"files"`
	Bytes  int64     `json:"bytes"`
	Oldest time.Time `json:"oldest,omitzero"` // zero: there is none
	Newest time.Time `json:"newest,omitzero"`
}

// Totals tells what the archive holds, with what is not recorded yet. It waits
// for no disk.
func (x *Index) Totals() Totals {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.totals
	for i := range x.added {
		e := &x.added[i]
		t.Files++
		t.Bytes += e.Size
		if t.Oldest.IsZero() || e.Taken.Before(t.Oldest) {
			t.Oldest = x.zoned(e.Taken)
		}
		if e.Taken.After(t.Newest) {
			t.Newest = x.zoned(e.Taken)
		}
	}
	return t
}

// Problem says why pictures are not recorded, or that older ones are not; nil:
// all is well.
func (x *Index) Problem() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.failing != nil:
		return x.failing
	case x.incomplete != "":
		return &IncompleteError{x.incomplete}
	}
	return nil
}

// IncompleteError says that the index lacks pictures that are there.
type IncompleteError struct{ Why string }

func (e *IncompleteError) Error() string { return "archive: " + e.Why }

// Hint says what to do.
func (e *IncompleteError) Hint() string {
	return "new pictures are recorded; `hiklua archive verify --rebuild` takes the older ones in again"
}

// Ready returns when the index is open, or could not be opened. The error is the
// cause of ctx.
func (x *Index) Ready(ctx context.Context) error {
	x.mu.Lock()
	known := x.ident.Archive != "" || x.failing != nil || x.closing
	x.mu.Unlock()
	if !known {
		x.Flush(ctx)
	}
	return clock.Cause(ctx)
}

// Flush returns when what was added so far is recorded.
func (x *Index) Flush(ctx context.Context) error {
	x.mu.Lock()
	idle := x.ident.Archive != "" && x.failing == nil && !x.running && len(x.added) == 0 && !x.refound
	x.mu.Unlock()
	if idle {
		return clock.Cause(ctx)
	}
	return x.do(ctx, func(*change) error { return nil })
}

// Close records what is left, as far as that goes before ctx ends, and closes the
// file.
func (x *Index) Close(ctx context.Context) error {
	x.mu.Lock()
	if x.closing {
		x.mu.Unlock()
		return nil
	}
	x.failing = nil // one more try
	o := x.submit(func(c *change) error { return c.forget(x.noLonger(true)) })
	x.closing = true
	if x.timer != nil {
		x.timer.Stop()
	}
	x.mu.Unlock()
	err := x.wait(ctx, o)
	if away := (*FolderError)(nil); errors.As(err, &away) {
		err = nil // Problem has told, and the next Open finds what was not recorded
	}
	x.mu.Lock()
	for x.running {
		w := x.opt.Clock.NewWaiter()
		x.idle = append(x.idle, w)
		x.mu.Unlock()
		if cause := clock.WaitFor(ctx, w); cause != nil {
			return errors.Join(err, cause) // the disk hangs: the file is left open
		}
		x.mu.Lock()
	}
	x.mu.Unlock()
	if db := x.db.Swap(nil); db != nil && x.damaged == nil {
		err = errors.Join(err, db.Close())
	}
	return err
}

package upload

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// FolderName is the folder of the list below the site's data folder.
const FolderName = "archive.copy"

const (
	// atOnce is how many pictures are under way at once.
	atOnce = 4
	// The first pause after a failure, and what the pauses grow to, each twice
	// the one before.
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
	// oneTakes is how long one picture may take, besides what the rate costs.
	oneTakes = 2 * time.Minute
	// margin is how far before the newest picture of the list others are looked
	// for that a crash has kept out of it: some take longer than others.
	margin = 10 * time.Minute
	// maxPending bounds what waits in memory for the list's disk.
	maxPending = 1 << 16
	// expireEvery is how often copies that are too old are looked for.
	expireEvery = 10 * time.Minute
)

// Picture is a file of the archive that is to be copied.
type Picture struct {
	Path   string // below the archive, with slashes; the copy has the same
	Taken  time.Time
	SHA256 [32]byte
}

const (
	keyError   = "error"
	keyHint    = "hint"
	keyPicture = "picture"
	keyPlace   = "place"
	keyWaiting = "waiting"
)

// Config is what an Uploader is made of.
type Config struct {
	Clock clock.Clock
	Log   *slog.Logger
	Dir   string      // of the site, to which a folder in To is relative
	Data  string      // the site's data folder
	To    site.CopyTo // the second place
	Keep  time.Duration
	Rate  int64 // bytes a second; 0: no bound
	// Getenv gives the account of a bucket.
	Getenv func(string) (string, bool)

	// Open opens a picture of the archive by its path.
	Open func(path string) (*os.File, error)
	// Present says why the archive is not there: its disk is gone. Nil: it is.
	Present func() error
	// Since gives the pictures of the archive that were taken at a time or later,
	// the oldest first, until fn returns an error, which it returns.
	Since func(ctx context.Context, from time.Time, fn func(Picture) error) error

	// Place, if it is set, stands in for what To says. For tests.
	Place Place
}

// Uploader copies the pictures of one archive. New makes it, Start starts it,
// Close ends it. Its methods may be called from any goroutine.
type Uploader struct {
	conf   Config
	clk    clock.Clock
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	ended  *clock.Group
	pace   *pace

	// Of the sender.
	reading spool // what is read and dropped
	place   Place // nil: not open
	state   state
	saved   time.Time
	expire  time.Time // when copies are looked through next

	goneLogged bool // pictures were gone, in the last round too

	disk    sync.Mutex // for one append at a time
	writing spool      // guarded by disk

	mu       sync.Mutex
	pending  []Picture // not on the list yet
	open     bool      // the list is: it may be written
	missing  bool      // the index has pictures that the list lacks, perhaps
	writer   bool      // one runs
	appended int       // counts the appends
	wake     clock.Waiter
	status   Status
	lastAt   time.Time // the newest picture on the list
}

// Status tells how far the second place is behind. Times are zero where there
// is nothing to say.
type Status struct {
	Place   string
	Waiting int       // pictures
	Oldest  time.Time // when the first of them was taken
	Failing error     // why nothing can be copied; nil: it can
	Since   time.Time // when that began
	RetryAt time.Time // when it is tried again
	Copied  int       // pictures, since the start
	Gone    int       // pictures that were gone before they were copied, since the start
	Refused int       // pictures that could not be copied, and never will, since the start
}

// New makes an Uploader. It reads and sends nothing.
func New(conf Config) *Uploader {
	u := &Uploader{conf: conf, clk: conf.Clock, log: conf.Log, ended: clock.NewGroup(conf.Clock)}
	u.ctx, u.cancel = clock.WithCancel(context.Background())
	u.pace = &pace{clk: u.clk, ctx: u.ctx, rate: conf.Rate}
	dir := filepath.Join(conf.Data, FolderName)
	u.reading.dir, u.writing.dir = dir, dir
	u.status.Place = conf.To.Address
	u.missing = true
	return u
}

// Start starts the sender. It waits for nothing.
func (u *Uploader) Start() { u.ended.Go(u.send) }

// Close ends the copying at once, and waits for what is under way, and for the
// list to be written, as long as ctx lasts. What is not copied by then is copied
// after the next start.
func (u *Uploader) Close(ctx context.Context) {
	u.cancel()
	u.ended.WaitFor(ctx)
}

// Add puts a picture on the list. It waits for nothing.
func (u *Uploader) Add(p Picture) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.pending) >= maxPending {
		u.missing = true
		return
	}
	u.pending = append(u.pending, p)
	u.status.Waiting++
	if u.status.Oldest.IsZero() {
		u.status.Oldest = p.Taken
	}
	u.startWriter()
}

// startWriter is called with mu held. Before the sender has opened the list
// nothing is written.
func (u *Uploader) startWriter() {
	if u.writer || !u.open || len(u.pending) == 0 {
		return
	}
	u.writer = true
	u.ended.Go(u.write)
}

// Oldest is when the first picture was taken that waits to be copied; zero:
// none does. Retention by age leaves what is not older. Before it is known what
// waits, that is everything.
func (u *Uploader) Oldest() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.open || u.missing {
		return time.Unix(0, 0)
	}
	return u.status.Oldest
}

// Status tells how far the second place is behind. It waits for no disk.
func (u *Uploader) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
}

// write is the writer: it puts what is pending on the list.
func (u *Uploader) write() {
	failing := false
	for {
		u.mu.Lock()
		batch := u.pending
		u.pending = nil
		if len(batch) == 0 {
			u.writer = false
			u.mu.Unlock()
			return
		}
		u.mu.Unlock()
		err := u.append(batch)
		if err == nil {
			failing = false
			continue
		}
		if !failing {
			failing = true
			u.log.Error("the list of pictures that are to be copied cannot be written; it is tried again", keyError, err)
		}
		u.mu.Lock()
		u.pending = append(batch, u.pending...)
		u.mu.Unlock()
		if clock.Sleep(u.ctx, u.clk, retryFirst) != nil {
			u.mu.Lock()
			u.writer = false // the index has them, for the next start
			u.mu.Unlock()
			return
		}
	}
}

// append writes pictures to the list. Some may be there although it failed: they
// are then copied once, and found in their place the second time.
func (u *Uploader) append(batch []Picture) error {
	u.disk.Lock()
	err := u.writing.append(batch)
	u.disk.Unlock()
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, p := range batch {
		if p.Taken.After(u.lastAt) {
			u.lastAt = p.Taken
		}
	}
	u.appended++
	if u.wake != nil {
		u.wake.Wake()
	}
	return nil
}

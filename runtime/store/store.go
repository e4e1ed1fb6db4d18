package store

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/clock"
)

// ErrClosed is for what comes after Close.
var ErrClosed = errors.New("the store is closed")

const (
	// lazyAfter is how long a change that no task waits for may stay in
	// memory alone.
	lazyAfter = 10 * time.Second
	// retryAfter is how long after a failed commit the disk is left alone.
	retryAfter = 2 * time.Second
)

// Options is what a store needs of its host.
type Options struct {
	Clock clock.Clock
	// Log gets a line when commits begin to fail, and one when they work
	// again. Nil: no log.
	Log *slog.Logger
	// Disk, if it is set, stands before the file: a commit begins when it
	// returns, and fails with its error. For tests of disks that are slow or
	// full. It runs on a goroutine of the clock.
	Disk func() error
	// Shared has the file for others between commits: a command that runs once
	// must not keep a host from starting. A commit fails with ErrLocked while
	// another process has the file, and with ErrChanged if one has written to
	// it since, unless it is about last runs and heads alone.
	Shared bool
	// Cluster is the log of the cluster, if there is one: a commit is an entry of it
	// first, and is then written to the file, which is a copy. Open and Close then
	// run on a goroutine of the clock.
	Cluster Log
	// Before is the state file of the host that ran the site by itself: a new log
	// begins with what is in it, unless the file of this store has something. ""
	// for none.
	Before string
}

// Store is the memory of one site. Open or Memory makes it, Close ends it.
type Store struct {
	clk    clock.Clock
	log    *slog.Logger
	disk   func() error
	path   string // "": nothing is kept
	shared bool
	notice string

	// Of the committer, as long as it runs.
	db       *bolt.DB
	txid     uint64      // shared: the last transaction that we know of
	examined os.FileInfo // what load found at path
	damaged  error       // bbolt gave up: nothing is written any more
	cluster  *clusterLog // nil: the file is all there is

	mu     sync.Mutex
	states map[string]*State // by prefix
	runs   *jobTable[time.Time]
	latest *jobTable[Run]
	marks  map[string]*mark // by their key on disk

	next      *batch // collects what the committer writes next; nil: nothing
	running   bool
	committed *clock.Cond // a batch, or the committer has ended
	lazy      clock.Timer
	failing   error // of the last commit
	gone      error // why nothing can be written any more: ErrFenced, or Drop
	retryAt   time.Time
	closing   bool
	closed    bool
}

func newStore(path string, o Options) *Store {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		clk: o.Clock, log: o.Log, disk: o.Disk, path: path, shared: o.Shared && path != "",
		states: make(map[string]*State), runs: lastRuns(), latest: latestRuns(), marks: make(map[string]*mark),
	}
	s.committed = clock.NewCond(s.clk, &s.mu)
	if o.Cluster != nil {
		s.cluster = newClusterLog(o.Cluster)
	}
	return s
}

// Memory is a store that keeps nothing, for rehearsal and for scripts without
// a site. It waits, fails and refuses like any other.
func Memory(o Options) *Store { return newStore("", o) }

// Notice says what was set aside when the store was opened, and why; "" if all
// was well.
func (s *Store) Notice() string { return s.notice }

// Failing is why the last write failed; nil if it did not.
func (s *Store) Failing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		return s.gone
	}
	return s.failing
}

// Script is the table of the script of that name. The same name gives the same
// table.
func (s *Store) Script(name string) *State {
	return s.state(string(binary.BigEndian.AppendUint16([]byte{'p'}, uint16(len(name)))) + name)
}

// Shared is the table that all scripts share.
func (s *Store) Shared() *State { return s.state("s") }

func (s *Store) state(prefix string) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.states[prefix]
	if st == nil {
		st = &State{store: s, prefix: prefix}
		s.states[prefix] = st
	}
	return st
}

// Flush writes last runs and whatever was published, and waits until the disk
// has it. It runs on a goroutine of the clock.
func (s *Store) Flush(ctx context.Context) error {
	s.mu.Lock()
	t := s.begin()
	s.mu.Unlock()
	return t.Wait(ctx)
}

// Hurry is Flush without the wait.
func (s *Store) Hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
}

// Close publishes what is left, writes it, and closes the file. It waits for
// the disk, on a goroutine of the clock. The error says what was not written.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return nil
	}
	s.closing = true
	s.failing = nil // one more try
	if s.lazy != nil {
		s.lazy.Stop()
	}
	s.mu.Unlock()
	for _, st := range s.sorted(func(*State) bool { return true }) {
		st.Publish()
	}
	err := s.Flush(context.Background())

	s.mu.Lock()
	if s.shared && !s.anyBehind() && (errors.Is(err, ErrLocked) || errors.Is(err, ErrChanged)) {
		err = nil // only heads that came to rest, which the host that has the file stops itself
	}
	s.closed = true
	for s.running {
		s.committed.Wait(context.Background())
	}
	s.mu.Unlock()
	return errors.Join(err, s.closeFile())
}

// Drop ends the store of a host that has lost its share: what is not written yet is
// given up, as by a crash, and the file is closed. A Close that is under way fails.
// It returns when that is done, or ctx has ended, on a goroutine of the clock.
func (s *Store) Drop(ctx context.Context) {
	s.mu.Lock()
	again := s.closing
	s.closing, s.closed = true, true
	if s.gone == nil {
		s.gone = ErrClosed
	}
	if s.lazy != nil {
		s.lazy.Stop()
	}
	s.mu.Unlock()
	if s.cluster != nil {
		s.cluster.cancel()
	}
	if again {
		return
	}
	closed := clock.NewGroup(s.clk)
	closed.Go(func() {
		s.mu.Lock()
		for s.running {
			s.committed.Wait(context.Background())
		}
		s.mu.Unlock()
		s.closeFile()
	})
	closed.WaitFor(ctx)
}

// closeFile is called when the committer has ended.
func (s *Store) closeFile() error {
	switch {
	case s.db == nil, s.damaged != nil:
		return nil
	case s.cluster != nil:
		return errors.Join(s.db.Sync(), s.db.Close())
	}
	return s.db.Close()
}

// syncDir makes a rename or a new file in dir last over a power cut. Where
// folders cannot be synced nothing is lost but that.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}

package store

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// appendLimit bounds an append: the engine may be electing a leader, which
	// takes up to 9 s. Afterwards the tasks that wait are told that it failed.
	appendLimit = 10 * time.Second
	// entryMost is how much of one commit lies in one entry. What a script hands
	// over as one is never split; all that a script may keep is less than this.
	entryMost = 4 << 20
)

// clusterLog is the log, to the committer. Until that runs it belongs to Open.
type clusterLog struct {
	Log
	history history
	began   time.Time // when the last entry was written that Open has read
	last    copyOf
	failed  bool // the last append did: it may still get in
	hole    bool // the file may lack what is in the log
	quiet   bool // that the file does not take it is in the log of the host

	entries, size int // since the last snapshot
	most          int // of size, before a snapshot is due
	least, slice  int // logMost and sliceSize; tests have smaller ones
	snap          *snapshot
	rest          int // entries until another snapshot is tried

	ctx    context.Context // ended by Drop
	cancel context.CancelFunc
}

func newClusterLog(log Log) *clusterLog {
	c := &clusterLog{Log: log, most: logMost, least: logMost, slice: sliceSize}
	c.ctx, c.cancel = clock.WithCancel(context.Background())
	return c
}

// part is what one entry has of a commit.
type part struct {
	ops []op
	of  copyOf
}

// place is where state is kept, for people.
func (s *Store) place() string {
	if s.cluster != nil {
		return "the log of the cluster"
	}
	return s.path
}

// append adds a commit to the log, as one entry unless it is very large. It returns
// those parts of it that the log has.
func (s *Store) append(b *batch) (written []part, err error) {
	for from := 0; from < len(b.ops); {
		changes, to := b.encode(from)
		of, err := s.appendEntry(0, changes)
		if err != nil {
			return written, err
		}
		written = append(written, part{b.ops[from:to], of})
		from = to
	}
	return written, nil
}

// encode are the changes from one on that fit into an entry, and where the next
// ones begin.
func (b *batch) encode(from int) (changes []byte, to int) {
	whole, size, last := from, 0, ""
	for to = from; to < len(b.ops); to++ {
		if len(b.cuts) > 0 && b.cuts[0] == to {
			b.cuts = b.cuts[1:]
			whole, size = to, len(changes)
		} else if len(b.cuts) == 0 {
			whole, size = to, len(changes) // last runs and heads, each by itself
		}
		if len(changes) > entryMost && whole > from {
			return changes[:size], whole
		}
		changes = appendOp(changes, b.ops[to], last)
		last = b.ops[to].key
	}
	return changes, to
}

// appendEntry adds an entry.
func (s *Store) appendEntry(marks byte, changes []byte) (copyOf, error) {
	c := s.cluster
	data := c.history.encode(marks, s.clk.Now(), changes)
	ctx, cancel := clock.WithTimeout(s.clk, c.ctx, appendLimit)
	defer cancel()
	seq, err := c.Append(ctx, data)
	c.failed = err != nil
	if err != nil {
		c.hole = true
		return copyOf{}, err
	}
	if marks&markSlice == 0 {
		c.entries++
		c.size += len(data)
		c.rest--
	}
	c.last = copyOf{c.history, seq, sumOf(data)}
	return c.last, nil
}

// copy writes to the file what the log has. A file that does not take it costs
// nothing but the copy: the log is what counts.
func (s *Store) copy(written []part) {
	if len(written) == 0 || s.damaged != nil {
		return
	}
	err := s.copyDisk()
	if err == nil {
		err = s.update(func(tx *bolt.Tx) error {
			for _, p := range written {
				if err := applyAll(tx, p.ops); err != nil {
					return err
				}
			}
			return putCopyOf(tx, written[len(written)-1].of)
		})
	}
	c := s.cluster
	if err != nil && !c.quiet {
		s.log.Warn("this host's copy of the state is not written: the cluster has it", "file", s.path, "error", err)
	}
	c.hole, c.quiet = c.hole || err != nil, err != nil
}

func (s *Store) copyDisk() error {
	if s.disk == nil {
		return nil
	}
	return s.disk()
}

// newHistory is a name for a log that is begun.
func newHistory() (h history) {
	rand.Read(h[:]) // never fails
	return h
}

// Logged reports whether the state is in the log of a cluster before it counts as
// kept.
func (s *Store) Logged() bool { return s.cluster != nil }

// LastEntry is when the last entry of the log was written before the store was
// opened, by the clock of the host that wrote it; zero: the log is new.
func (s *Store) LastEntry() time.Time {
	if s.cluster == nil {
		return time.Time{}
	}
	return s.cluster.began
}

// openCopy opens the file of a host of a cluster, and makes it what the log says. A
// new log begins with what the file has.
func openCopy(path string, o Options) (*Store, error) {
	if path == "." {
		return nil, errors.New("the state of a cluster needs a file")
	}
	story, err := readStory(context.Background(), o.Clock, o.Cluster)
	if err != nil {
		return nil, err
	}
	costs := lost
	if story.began {
		costs = "it is written anew from the log of the cluster"
	}
	s, heads, err := openFile(path, o, costs)
	if err != nil {
		return nil, err
	}
	s.db.NoSync = true // the log has it
	if story.began {
		s, err = s.follow(story, o)
		heads = nil
	} else {
		err = s.beginLog(o.Before)
	}
	if err != nil {
		s.db.Close()
		return nil, err
	}
	s.restore(heads)
	return s, nil
}

// follow makes the store what the log says.
func (s *Store) follow(story *story, o Options) (*Store, error) {
	why, err := s.foreign(story)
	if err != nil {
		return s, err
	}
	if why != "" {
		notice, err := s.moveAside(why)
		if err != nil {
			return s, err
		}
		again, _, err := openFile(s.path, o, lost)
		if err != nil {
			return s, err
		}
		s = again
		s.notice, s.db.NoSync = notice, true
	}
	if err := s.replay(story); err != nil {
		return s, err
	}
	s.cluster.follow(story)
	return s, s.reload()
}

// reload takes into memory what the file has.
func (s *Store) reload() error {
	s.states, s.marks = make(map[string]*State), make(map[string]*mark)
	s.runs, s.latest = lastRuns(), latestRuns()
	return s.read(s.db)
}

// follow notes where the log ends.
func (c *clusterLog) follow(story *story) {
	last := story.entries[len(story.entries)-1]
	c.history, c.began, c.last = last.history, last.at, copyOf{last.history, last.seq, last.sum}
	slices := 0
	c.entries = story.terms // a host that is started again and again adds one each time
	for _, e := range story.entries {
		if e.marks&markSlice != 0 {
			slices += e.size
			continue
		}
		c.entries++
		c.size += e.size
	}
	c.most = max(c.least, slices)
}

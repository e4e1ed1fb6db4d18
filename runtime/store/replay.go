package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

// readLimit bounds the reading of the log when a store is opened.
const readLimit = 20 * time.Second

// bucketLog has, in a file that is a copy, of what: the history and the number of
// the last entry.
const (
	bucketLog = "log"
	keyCopyOf = "copy of"
)

// copyOf is what a file is a copy of.
type copyOf struct {
	history history
	seq     uint64
	sum     uint32
}

// story is what is read of a log.
type story struct {
	entries []logEntry // of the last whole snapshot, and what came after it
	terms   int        // that began after it
	all     map[uint64]uint32
	last    time.Time // when the last entry was written
	began   bool      // it has a whole snapshot: without one nothing in it counts
}

// readStory reads a log from its first entry. It is read whole, for it is short,
// and then it does not matter what the file has: it may lag behind, or have been
// written under another history.
func readStory(ctx context.Context, clk clock.Clock, log Log) (*story, error) {
	ctx, cancel := clock.WithTimeout(clk, ctx, readLimit)
	defer cancel()
	s := &story{all: make(map[uint64]uint32)}
	first := -1 // of the snapshot that is being read
	err := log.Read(ctx, 0, func(seq uint64, data []byte) error {
		if len(data) == 0 {
			s.terms++
			return nil
		}
		e, err := parseEntry(seq, data)
		if err != nil {
			return &EntryError{seq, err}
		}
		e.changes = append([]byte(nil), e.changes...)
		if len(s.entries) == 0 && e.marks&markFirst == 0 {
			return &EntryError{seq, errors.New("what came before it is missing")}
		}
		if e.marks&markFirst != 0 {
			first = len(s.entries)
		}
		s.entries = append(s.entries, e)
		s.all[seq], s.last = e.sum, e.at
		if e.marks&markLast != 0 && first >= 0 {
			s.entries = append([]logEntry(nil), s.entries[first:]...)
			s.began, s.terms, first = true, 0, -1
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the log of the cluster cannot be read: %w", err)
	}
	for _, e := range s.entries {
		if s.began && e.history != s.entries[0].history {
			return nil, fmt.Errorf("the log of the cluster cannot be read: %w", &EntryError{e.seq, errors.New("it is of another history")})
		}
	}
	return s, nil
}

// EntryError is an entry of the log that is not right. The other hosts have the same
// one, so that it is for a person to decide what is to become of the log.
type EntryError struct {
	Seq uint64
	Err error
}

func (e *EntryError) Error() string { return fmt.Sprintf("entry %d is damaged: %v", e.Seq, e.Err) }

// Unwrap is why.
func (e *EntryError) Unwrap() error { return e.Err }

// replay makes the file what the log says, as one transaction.
func (s *Store) replay(story *story) error {
	last := story.entries[len(story.entries)-1]
	return s.update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if tx.Bucket([]byte(name)) != nil {
				if err := tx.DeleteBucket([]byte(name)); err != nil {
					return err
				}
			}
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		for _, e := range story.entries {
			err := e.each(func(o op) error { return o.apply(tx.Bucket([]byte(o.bucket))) })
			if err != nil {
				return &EntryError{e.seq, err}
			}
		}
		return putCopyOf(tx, copyOf{last.history, last.seq, last.sum})
	})
}

// update is a transaction on a file that may be damaged while it is open.
func (s *Store) update(f func(tx *bolt.Tx) error) error {
	err := boltfile.Guard(func() error { return s.db.Update(f) })
	if broken := (*boltfile.Panic)(nil); errors.As(err, &broken) {
		err = fmt.Errorf("the file was damaged while it was open: %v", broken.Value)
		s.damaged = err
	}
	return err
}

func putCopyOf(tx *bolt.Tx, c copyOf) error {
	b, err := tx.CreateBucketIfNotExists([]byte(bucketLog))
	if err != nil {
		return err
	}
	return b.Put([]byte(keyCopyOf), boltfile.Seal([]byte(keyCopyOf), c.encode()))
}

// copyOf reads what the file is a copy of; false: of nothing.
func (s *Store) copyOf() (c copyOf, is bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucketLog))
		if b == nil {
			return nil
		}
		data, err := boltfile.Unseal([]byte(keyCopyOf), b.Get([]byte(keyCopyOf)))
		if err != nil {
			return err
		}
		c, is = parseCopyOf(data)
		return nil
	})
	return c, is, err
}

// foreign is why the file is no copy of a log, or a later one than the log itself;
// "": it may be written anew without a loss.
func (s *Store) foreign(story *story) (string, error) {
	if s.empty() {
		return "", nil
	}
	c, is, err := s.copyOf()
	if err != nil {
		return "", err
	}
	last := story.entries[len(story.entries)-1]
	sum, known := story.all[c.seq]
	switch {
	case !is:
		return "it is of a host that ran by itself", nil
	case c.history != last.history:
		return "it is of another cluster, or of this one before its log was begun anew", nil
	case c.seq > last.seq, known && sum != c.sum:
		return "it has what the cluster's log has not", nil
	}
	return "", nil
}

// empty reports whether the file has nothing.
func (s *Store) empty() bool {
	for _, st := range s.states {
		if len(st.root.entries) > 0 {
			return false
		}
	}
	return len(s.runs.rows) == 0 && len(s.latest.rows) == 0 && len(s.marks) == 0
}

// moveAside closes a file that is no copy of the log and renames it.
func (s *Store) moveAside(why string) (notice string, err error) {
	if err := s.db.Close(); err != nil {
		return "", err
	}
	to, err := boltfile.Rename(s.path, "before-cluster", s.clk.Now())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is no copy of the state that the hosts of the cluster share: %s. It was set aside as %s; what the cluster has counts",
		filepath.Base(s.path), why, filepath.Base(to)), nil
}

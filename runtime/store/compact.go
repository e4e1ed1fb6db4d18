package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// logMost and entriesMost are how much the log has, in bytes and entries, before
	// a snapshot takes the place of what was before it.
	logMost     = 4 << 20
	entriesMost = 10_000
	// sliceSize is how much of a snapshot is written between two commits.
	sliceSize = 256 << 10
	// restAfter is how many entries later one is tried again that did not succeed.
	restAfter = 100
	// purgeLimit bounds a purge. One that fails is made up for by the next.
	purgeLimit = 2 * time.Second
)

// A snapshot is all that the file has, slice after slice. Commits go on between two
// slices: what they change before the place that the snapshot has come to follows in
// the log, and what they change after it is in a later slice, and in the log before
// it, which does no harm. Of what they delete the same is true.
type snapshot struct {
	first  uint64 // its first entry; 0: none is written
	size   int
	bucket int    // the place that it has come to
	after  []byte // the last key; nil: none of this bucket
}

// compacts reports whether a snapshot is due, or goes on. Called with mu held.
func (s *Store) compacts() bool {
	c := s.cluster
	if c == nil || s.closing || s.gone != nil || s.damaged != nil || c.failed {
		return false
	}
	return c.snap != nil || c.rest <= 0 && (c.entries >= entriesMost || c.size >= c.most)
}

// compact writes the next slice of a snapshot, and purges what was before it once
// it is whole.
func (s *Store) compact() {
	c := s.cluster
	if c.failed {
		c.snap, c.rest = nil, restAfter
		return
	}
	err := s.mendCopy()
	if err == nil {
		err = s.writeSlice()
	}
	if err != nil {
		c.snap, c.rest = nil, restAfter
		s.mu.Lock()
		if errors.Is(err, ErrFenced) && s.gone == nil {
			s.gone = fmt.Errorf("state could not be written to %s: %w", s.place(), err)
		}
		s.mu.Unlock()
	}
}

// mendCopy makes the file what the log says, if it lacks something of it: a
// snapshot is read from the file.
func (s *Store) mendCopy() error {
	c := s.cluster
	if !c.hole {
		return nil
	}
	c.snap = nil
	story, err := readStory(c.ctx, s.clk, c.Log)
	if err != nil {
		return err
	}
	if err := s.replay(story); err != nil {
		return err
	}
	c.hole = false
	return nil
}

// writeSlice writes the next slice.
func (s *Store) writeSlice() error {
	c := s.cluster
	if c.snap == nil {
		c.snap = new(snapshot)
	}
	snap, marks := c.snap, byte(markSlice)
	if snap.first == 0 {
		marks |= markFirst
	}
	changes, err := s.slice(snap)
	if err != nil {
		return err
	}
	if snap.bucket == len(buckets) {
		marks |= markLast
	}
	of, err := s.appendEntry(marks, changes)
	if err != nil {
		return err
	}
	if snap.first == 0 {
		snap.first = of.seq
	}
	snap.size += len(changes)
	if marks&markLast == 0 {
		return nil
	}
	c.snap, c.entries, c.size, c.most = nil, 0, 0, max(c.least, snap.size)
	ctx, cancel := clock.WithTimeout(s.clk, c.ctx, purgeLimit)
	defer cancel()
	_ = c.Purge(ctx, snap.first) // the next snapshot purges it, too
	return nil
}

// slice reads the next slice from the file, and moves the snapshot on.
func (s *Store) slice(snap *snapshot) (changes []byte, err error) {
	last := ""
	err = boltfile.Guard(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			for ; snap.bucket < len(buckets); snap.bucket, snap.after = snap.bucket+1, nil {
				name := buckets[snap.bucket]
				cursor := tx.Bucket([]byte(name)).Cursor()
				key, data := cursor.Seek(snap.after)
				if snap.after != nil && bytes.Equal(key, snap.after) {
					key, data = cursor.Next()
				}
				for ; key != nil; key, data = cursor.Next() {
					if len(changes) >= s.cluster.slice {
						return nil
					}
					value, err := boltfile.Unseal(key, data)
					if err != nil {
						return err
					}
					changes = appendOp(changes, op{bucket: name, key: string(key), value: value}, last)
					last, snap.after = string(key), slices.Clone(key)
				}
			}
			return nil
		})
	})
	return changes, err
}

// beginLog begins a new log with what the file has, or, if that has nothing, with
// what is in the file of the host that ran the site by itself.
func (s *Store) beginLog(before string) error {
	c := s.cluster
	c.history = newHistory()
	if s.empty() && before != "" {
		if err := s.takeFrom(before); err != nil {
			return err
		}
	}
	for {
		if err := s.writeSlice(); err != nil {
			return fmt.Errorf("the log of the cluster cannot be begun: %w", err)
		}
		if c.snap == nil {
			return s.update(func(tx *bolt.Tx) error { return putCopyOf(tx, c.last) })
		}
	}
}

// takeFrom fills the file, which has nothing, from another one, which stays as it
// is. One that cannot be read is told of, and costs what it has.
func (s *Store) takeFrom(before string) error {
	copied := s.path + ".before"
	defer os.Remove(copied)
	switch err := boltfile.Copy(before, copied); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		s.notice = fmt.Sprintf("%s cannot be read: %v; %s", before, err, lost)
		return nil
	}
	db, _, err := boltfile.Examine(copied, time.Second)
	if err == nil {
		defer db.Close()
		err = newStore("", Options{Clock: s.clk}).read(db)
	}
	if err != nil {
		s.notice = fmt.Sprintf("%s cannot be read: %v; %s", before, err, lost)
		return nil
	}
	err = db.View(func(from *bolt.Tx) error {
		return s.update(func(to *bolt.Tx) error {
			for _, name := range buckets {
				b := from.Bucket([]byte(name))
				if b == nil {
					continue
				}
				if err := b.ForEach(to.Bucket([]byte(name)).Put); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return s.reload()
}

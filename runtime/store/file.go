package store

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/owner"
)

// The buckets of the file.
const (
	bucketState  = "state"
	bucketRuns   = "runs"
	bucketLatest = "latest"
	bucketMoving = "moving"
)

var buckets = []string{bucketMoving, bucketRuns, bucketLatest, bucketState}

// write carries out ops as one transaction. A file that was damaged while it
// was open makes bbolt panic, or fault where it maps what is gone; both are an
// error here.
func (s *Store) write(ops []op) error {
	switch {
	case s.damaged != nil:
		return s.damaged
	case s.inMemory() || len(ops) == 0:
		return nil
	}
	if s.disk != nil {
		if err := s.disk(); err != nil {
			return err
		}
	}
	err := boltfile.Guard(func() error {
		if s.shared {
			return s.writeShared(ops)
		}
		return s.db.Update(func(tx *bolt.Tx) error { return applyAll(tx, ops) })
	})
	if broken := (*boltfile.Panic)(nil); errors.As(err, &broken) {
		err = fmt.Errorf("the file was damaged while it was open: %v", broken.Value)
		s.damaged = err
	}
	return err
}

// inMemory reports whether there is no file.
func (s *Store) inMemory() bool { return s.db == nil && !s.shared }

// writeShared has the file for one transaction. What others wrote to the tables
// in between must not be mixed with what is in memory here.
func (s *Store) writeShared(ops []op) (err error) {
	if err := owner.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	db, err := boltfile.Open(s.path, false, s.lockTimeout())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ours := false
	err = db.Update(func(tx *bolt.Tx) error {
		ours = uint64(tx.ID()) == s.txid+1
		for i := 0; i < len(buckets) && ours; i++ { // the file may be new
			if _, err := tx.CreateBucketIfNotExists([]byte(buckets[i])); err != nil {
				return err
			}
		}
		if !ours && slices.ContainsFunc(ops, func(o op) bool { return o.bucket == bucketState }) {
			return ErrChanged
		}
		return applyAll(tx, ops)
	})
	if err == nil && ours {
		s.txid++
	}
	return err
}

func applyAll(tx *bolt.Tx, ops []op) error {
	for _, o := range ops {
		b := tx.Bucket([]byte(o.bucket))
		if b == nil {
			return ErrChanged // the file was begun anew
		}
		if err := o.apply(b); err != nil {
			return err
		}
	}
	return nil
}

func (o op) apply(b *bolt.Bucket) error {
	key := []byte(o.key)
	switch {
	case o.below:
		c := b.Cursor()
		for k, _ := c.Seek(key); bytes.HasPrefix(k, key); k, _ = c.Seek(key) {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		return nil
	case o.value == nil:
		return b.Delete(key)
	}
	return b.Put(key, boltfile.Seal(key, o.value))
}

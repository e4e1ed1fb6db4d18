package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"runtime/debug"
	"slices"

	bolt "go.etcd.io/bbolt"

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
func (s *Store) write(ops []op) (err error) {
	switch {
	case s.damaged != nil:
		return s.damaged
	case s.db == nil && !s.shared || len(ops) == 0:
		return nil
	}
	if s.disk != nil {
		if err := s.disk(); err != nil {
			return err
		}
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the file was damaged while it was open: %v", v)
			s.damaged = err // bbolt's locks may be held for ever
		}
	}()
	if s.shared {
		return s.writeShared(ops)
	}
	return s.db.Update(func(tx *bolt.Tx) error { return applyAll(tx, ops) })
}

// writeShared has the file for one transaction. What others wrote to the tables
// in between must not be mixed with what is in memory here.
func (s *Store) writeShared(ops []op) (err error) {
	if err := owner.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	db, err := openFile(s.path, false, s.lockTimeout())
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
	return b.Put(key, seal(key, o.value))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal adds a checksum: bbolt has one for its first two pages only.
func seal(key, data []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, data)
	return append(slices.Clip(data), byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// unseal checks what seal added. The result does not lie in the file's memory.
func unseal(key, data []byte) ([]byte, error) {
	if n := len(data) - 4; n >= 0 && bytes.Equal(seal(key, data[:n:n]), data) {
		return bytes.Clone(data[:n]), nil
	}
	return nil, errors.New("the checksum of an entry is wrong")
}

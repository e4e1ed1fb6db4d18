package boltfile

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A file that another one writes to all the while is copied whole: as it was
// after some transaction. Each of them sets two keys to one number.
func TestCopyOfAFileInUse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	db, err := Open(path, false, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.NoSync = true // as fast as it can
	var stop atomic.Bool
	written := make(chan error, 1)
	set := func(n uint64) error {
		return db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("numbers"))
			if err != nil {
				return err
			}
			value := make([]byte, 200_000) // many pages
			binary.BigEndian.PutUint64(value, n)
			if err := b.Put([]byte("a"), value); err != nil {
				return err
			}
			return b.Put([]byte("z"), value)
		})
	}
	if err := set(0); err != nil {
		t.Fatal(err)
	}
	go func() {
		for n := uint64(1); !stop.Load(); n++ {
			time.Sleep(time.Millisecond) // a host has something else to do, too
			if err := set(n); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	copies := 30
	if testing.Short() {
		copies = 3 // each is tried 50 times
	}
	for i := range copies {
		to := filepath.Join(dir, "copy.db")
		switch err := Copy(path, to); {
		case errors.Is(err, ErrChanged): // a busy machine
			continue
		case err != nil:
			t.Fatal(err)
		}
		copied, _, err := Examine(to, time.Second)
		if err != nil {
			t.Fatalf("copy %d: %v", i, err)
		}
		err = copied.View(func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte("numbers"))
			a, z := binary.BigEndian.Uint64(b.Get([]byte("a"))), binary.BigEndian.Uint64(b.Get([]byte("z")))
			if a != z {
				t.Errorf("copy %d: %d and %d", i, a, z)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		copied.Close()
		if err := os.Remove(to); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	if err := <-written; err != nil {
		t.Error(err)
	}
	if err := Copy(path, filepath.Join(dir, "copy.db")); err != nil {
		t.Error("nothing writes to it:", err)
	}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

// A file with bbolt's own list of free pages, as other tools leave it.
func TestAFileOfAnotherTool(t *testing.T) {
	s := newSite(t)
	must(t, s.Script("x").Set(at("a"), 1))
	s.close()
	db, err := bolt.Open(s.path, 0o600, nil) // writes the list
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte(bucketRuns)).Delete([]byte("none")) }))
	must(t, db.Close())
	s.open()
	if v, _ := s.Script("x").Get(at("a")); v != 1.0 || s.Notice() != "" {
		t.Error(v, s.Notice())
	}
	must(t, s.Script("x").Set(at("a"), 2))
	s.reopen()
}

func TestALockedFileNamesItsHolder(t *testing.T) {
	s := newSite(t)
	since := clock.NewStopwatch()
	_, err := Open(s.path, Options{Clock: s.clk})
	if since.Elapsed() > 2*time.Second {
		t.Error("the lock was waited for")
	}
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), s.path) {
		t.Fatal(err)
	}
	if goruntime.GOOS == "linux" && !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid(), ":")) {
		t.Errorf("%v: it does not say that %d has it", err, os.Getpid())
	}
	if entries, _ := os.ReadDir(filepath.Dir(s.path)); len(entries) != 1 {
		t.Error("the file of another was set aside:", entries)
	}
}

// Between our reading a file and our having it for ourselves another process
// may write to it: then it is read again.
func TestAFileThatChangesWhileItIsOpened(t *testing.T) {
	s := newSite(t)
	must(t, s.Script("x").Set(at("a"), 1))
	s.close()
	slow := newStore(s.path, Options{Clock: s.clk})
	txid, err := slow.load()
	must(t, err)
	prepare := func() error {
		db, err := boltfile.Open(s.path, false, time.Nanosecond)
		must(t, err)
		defer db.Close()
		slow.db = db
		return slow.prepare(txid)
	}
	must(t, prepare())
	s.open()
	must(t, s.Script("x").Set(at("a"), 2))
	s.close()
	if err := prepare(); err != ErrChanged {
		t.Error(err)
	}
}

// A system that cannot read now is no damage: nothing is set aside.
func TestNoPermissionIsNoDamage(t *testing.T) {
	for _, err := range []error{syscall.EMFILE, &os.PathError{Err: syscall.EACCES}, fmt.Errorf("page 3: %w", syscall.ENOMEM)} {
		if boltfile.IsDamage(err) {
			t.Error(err)
		}
	}
	for _, err := range []error{&os.PathError{Err: syscall.EIO}, bolterrors.ErrInvalid, io.ErrUnexpectedEOF} {
		if !boltfile.IsDamage(err) {
			t.Error(err)
		}
	}
}

// The file is cut off while it is open: bbolt faults in its mapping. That is
// an error like that of a full disk, and the memory stays.
func TestAFileThatGoesWhileItIsOpen(t *testing.T) {
	s := newSite(t)
	st := s.Script("x")
	must(t, st.Set(at("big"), manyStrings(10)))
	s.sync(st)
	must(t, os.Truncate(s.path, 0))
	s.clk.Do(func() {
		must(t, st.Set(at("big", 1), "changed"))
		if err := st.Sync(context.Background()); err == nil || !strings.Contains(err.Error(), "damaged while it was open") {
			t.Error(err)
		}
	})
	s.clk.RunFor(time.Hour)
	if v, _ := st.Get(at("big", 1)); v != "changed" {
		t.Error(v)
	}
	s.clk.Do(func() {
		if err := s.Close(); err == nil {
			t.Error("no error")
		}
	})
	s.Store = nil
}

package boltfile

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/hiklua/hiklua/runtime/owner"
)

// ErrLocked is for a file that another process has open.
var ErrLocked = errors.New("is in use by another process")

// ErrChanged is for a file that another process has written to since it was
// read.
var ErrChanged = errors.New("another hiklua has written to it since")

// Open opens a bbolt file, or begins one with mode 0600, and waits that long
// for its lock. A panic is an error.
func Open(path string, readOnly bool, timeout time.Duration) (db *bolt.DB, err error) {
	var file *os.File
	defer func() {
		if err != nil && file != nil {
			file.Close() // and with it the lock
		}
	}()
	err = Guard(func() error {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			ReadOnly: readOnly,
			Timeout:  timeout,
			// What is free is found anew from what is in use: one thing less that
			// can be wrong in the file.
			NoFreelistSync: true,
			NoStatistics:   true,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				f, err := owner.OpenFile(name, flag, mode)
				file = f
				return f, err
			},
		})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s %w%s: does another hiklua run this site?", path, ErrLocked, holder(path))
	case err != nil:
		return nil, err
	}
	return db, nil
}

// Examine opens a file to be read and checks its structure before bbolt follows
// what is in it. It tells its last transaction.
func Examine(path string, timeout time.Duration) (db *bolt.DB, txid uint64, err error) {
	db, err = Open(path, true, timeout)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	// Before we had the lock another process may have written to it.
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	txid, err = Check(file, info.Size())
	return db, txid, err
}

// Guard makes an error of a panic of bbolt in f, and of a fault in its mapping.
// The locks of that bolt.DB may then be held for ever: it cannot be used again,
// nor closed.
func Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{v}
		}
	}()
	return f()
}

// Panic is what bbolt said when it gave up on a file.
type Panic struct{ Value any }

func (p *Panic) Error() string { return fmt.Sprintf("bbolt gave up: %v", p.Value) }

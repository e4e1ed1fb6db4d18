package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/owner"
)

// ErrLocked is for a file that another process has open, and ErrChanged for one
// that another process has written to since it was read.
var (
	ErrLocked  = boltfile.ErrLocked
	ErrChanged = boltfile.ErrChanged
)

// Open opens the file at path, or begins one, with mode 0600 in a folder of
// mode 0700; a shared one is begun by the first write. A file that cannot be read is renamed to path.broken-TIME, and
// Notice says why; the store then begins empty, but for the heads in motion as
// far as they could be read. The error is ErrLocked if another process has the
// file, or says why it could be neither read nor replaced. In a cluster the file
// becomes what the log says; the error may wrap ErrFenced or an *EntryError.
func Open(path string, o Options) (*Store, error) {
	path = filepath.Clean(path)
	if o.Cluster != nil {
		return openCopy(path, o)
	}
	s, heads, err := openFile(path, o, lost)
	if err == nil {
		s.restore(heads)
	}
	return s, err
}

// openFile opens the file. heads are those that could be read of a file that was
// set aside, which costs what lost says.
func openFile(path string, o Options, lost string) (_ *Store, heads map[string]*mark, _ error) {
	dir := filepath.Dir(path)
	if !o.Shared {
		if err := owner.MkdirAll(dir, 0o700); err != nil {
			return nil, nil, err
		}
	}
	var notice string
	for {
		s, err := try(path, o)
		switch {
		case err == nil:
			if !o.Shared {
				syncDir(dir)
			}
			s.notice = cmp.Or(notice, s.notice)
			return s, heads, nil
		case errors.Is(err, ErrChanged):
			continue
		case errors.Is(err, ErrLocked):
			return nil, nil, err
		case !boltfile.IsDamage(err), notice != "": // also what was begun anew is not right
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		report, err := boltfile.SetAside(path, s.examined, o.Clock.Now(), err, lost)
		switch {
		case errors.Is(err, ErrChanged):
			continue
		case err != nil:
			return nil, nil, err
		}
		notice, heads = report, s.marks
	}
}

// try reads the file and opens it for writing. After an error the store holds
// what could be read.
func try(path string, o Options) (*Store, error) {
	s := newStore(path, o)
	txid, err := s.load()
	if err != nil {
		return s, err
	}
	if s.shared {
		s.txid = txid
		return s, nil
	}
	if s.db, err = boltfile.Open(path, false, s.lockTimeout()); err != nil {
		return s, err
	}
	if err := s.prepare(txid); err != nil {
		s.db.Close()
		return s, err
	}
	return s, nil
}

// maxLockTimeout is how long a host waits for the file: a command that shares it
// has it for the moment of a commit.
const maxLockTimeout = time.Second

// lockTimeout is how long the lock of the file is waited for.
func (s *Store) lockTimeout() time.Duration {
	if s.shared {
		return time.Nanosecond
	}
	return maxLockTimeout
}

// lost is what a state file that cannot be read costs.
const lost = "what scripts kept in hik.state, and when jobs last ran, begins anew"

// freshTxid is the last transaction of a file that bbolt has just begun.
const freshTxid = 1

// load reads the file, if there is one, and tells its last transaction. It
// checks the file before bbolt follows what is in it.
func (s *Store) load() (txid uint64, err error) {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return freshTxid, nil
	case err != nil:
		return 0, err
	}
	s.examined = info
	if info.IsDir() {
		return 0, errors.New("it is a folder")
	}
	db, txid, err := boltfile.Examine(s.path, s.lockTimeout())
	switch {
	case err != nil && !errors.Is(err, ErrLocked) && info.Size() == 0:
		// bbolt begins it. Nothing is set aside: perhaps another process has
		// just made it, and is about to begin it, too.
		s.notice = filepath.Base(s.path) + " is empty; " + lost
		return freshTxid, nil
	case err != nil:
		return 0, err
	}
	defer db.Close()
	return txid, s.read(db)
}

// read takes everything into memory, the heads in motion first.
func (s *Store) read(db *bolt.DB) error {
	load := map[string]func(key, data []byte) error{
		bucketMoving: s.loadMark, bucketRuns: s.runs.load, bucketLatest: s.latest.load, bucketState: s.loadValue,
	}
	return boltfile.Guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			for _, name := range buckets {
				b := tx.Bucket([]byte(name))
				if b == nil {
					continue // the process before ended while it began the file
				}
				err := b.ForEach(func(key, data []byte) error {
					data, err := boltfile.Unseal(key, data)
					if err != nil {
						return err
					}
					return load[name](key, data)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// loadValue puts one entry of a table where it belongs: what lies in a table
// comes after the table itself.
func (s *Store) loadValue(name, data []byte) error {
	v, err := parseValue(data)
	if err != nil {
		return err
	}
	prefix, path := string(name[:1]), string(name[1:])
	if prefix == "p" {
		if len(name) < 3 || len(name) < 3+int(name[1])<<8+int(name[2]) {
			return errors.New("the name of a script is cut off")
		}
		n := 3 + int(name[1])<<8 + int(name[2])
		prefix, path = string(name[:n]), string(name[n:])
	}
	keys, err := parsePath(path)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errors.New("a value without a key")
	}
	st := s.state(prefix)
	parent, err := st.parent(keys)
	if err != nil {
		return err
	}
	last := keys[len(keys)-1]
	parent.put(last, v)
	st.size += size(last, v)
	return nil
}

// prepare makes the buckets and the mode right, if the file is as it was when
// it was loaded.
func (s *Store) prepare(txid uint64) error {
	if err := os.Chmod(s.path, 0o600); err != nil {
		return err
	}
	missing, wasCopy := false, false
	err := s.db.View(func(tx *bolt.Tx) error {
		if uint64(tx.ID()) != txid {
			return ErrChanged
		}
		for _, name := range buckets {
			missing = missing || tx.Bucket([]byte(name)) == nil
		}
		wasCopy = s.cluster == nil && tx.Bucket([]byte(bucketLog)) != nil
		return nil
	})
	if err != nil || !missing && !wasCopy {
		return err
	}
	return s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		if wasCopy { // from here on it is the state of a host by itself
			return tx.DeleteBucket([]byte(bucketLog))
		}
		return nil
	})
}

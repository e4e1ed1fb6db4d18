package index

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/owner"
)

// ready opens what is not open yet. It runs on the committer.
func (x *Index) ready() error {
	if x.damaged != nil {
		return x.damaged
	}
	if x.db.Load() == nil {
		if err := x.openFile(); err != nil {
			return err
		}
	}
	if x.ident == (identity{}) {
		if err := x.settle(); err != nil {
			return err
		}
	}
	x.mu.Lock()
	refound := x.refound
	x.refound = false
	x.mu.Unlock()
	if refound {
		if err := x.refind(); err != nil {
			return err
		}
	}
	if !x.recovered {
		return x.recover()
	}
	return nil
}

// lost is what an index that cannot be read costs.
const lost = "pictures go on being taken, and `hiklua archive verify --rebuild` takes the older ones in again"

// openFile opens the index, or begins a new one if what is there is damaged.
func (x *Index) openFile() error {
	if err := owner.MkdirAll(filepath.Dir(x.path), 0o700); err != nil {
		return err
	}
	for aside := false; ; {
		info, statErr := os.Stat(x.path)
		db, err := x.tryFile()
		switch {
		case err == nil:
			x.db.Store(db)
			return nil
		case errors.Is(err, boltfile.ErrChanged):
			continue
		case errors.Is(err, ErrLocked):
			return err
		case !boltfile.IsDamage(err) || statErr != nil || aside:
			return fmt.Errorf("%s: %w", x.path, err)
		case info.IsDir():
			return fmt.Errorf("%s is a folder: move it away", x.path)
		}
		notice, err := boltfile.SetAside(x.path, info, x.opt.Clock.Now(), err, lost)
		if errors.Is(err, boltfile.ErrChanged) {
			continue
		}
		if err != nil {
			return err
		}
		x.opt.Log.Error(notice)
		aside = true
	}
}

// lockTimeout is how long the file is waited for.
const lockTimeout = 1

// tryFile reads the file to its end before it is trusted.
func (x *Index) tryFile() (*bolt.DB, error) {
	txid := uint64(0)
	if info, err := os.Stat(x.path); err == nil && info.Size() > 0 && !info.IsDir() {
		db, id, err := boltfile.Examine(x.path, lockTimeout)
		if err != nil {
			return nil, err
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
		txid = id
	}
	db, err := boltfile.Open(x.path, false, lockTimeout)
	if err != nil {
		return nil, err
	}
	db.NoSync = x.opt.NoSync
	err = boltfile.Guard(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			if txid > 0 && uint64(tx.ID()) != txid+1 {
				return boltfile.ErrChanged
			}
			for _, name := range buckets {
				if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return err
				}
			}
			for _, name := range []string{metaIdentity, metaChain, metaTail, metaTotals} { // their checksums
				if _, err := getJSON(tx.Bucket([]byte(bucketMeta)), name, new(map[string]any)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if broken := (*boltfile.Panic)(nil); errors.As(err, &broken) {
		return nil, err
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// settle finds out which archive this is, and makes the folder one if it is new.
func (x *Index) settle() error {
	var id identity
	err := x.db.Load().View(func(tx *bolt.Tx) error {
		_, err := getJSON(tx.Bucket([]byte(bucketMeta)), metaIdentity, &id)
		return err
	})
	if err != nil {
		return err
	}
	if id.Archive != "" && id.Dir != x.dir {
		there := x.peek()
		if there.Archive != id.Archive {
			return x.leave(id)
		}
		id.Dir = x.dir // it was moved
		if err := x.keepIdentity(id); err != nil {
			return err
		}
	}
	if id.Archive != "" {
		x.know(id)
		return nil
	}
	return x.found()
}

// peek reads the marker of the folder as far as there is one.
func (x *Index) peek() marker {
	root, err := os.OpenRoot(x.dir)
	if err != nil {
		return marker{}
	}
	defer root.Close()
	m, _ := readMarker(root, marker{})
	return m
}

// leave sets aside the index of an archive that site.yaml has no more, and
// begins one for that which it has now.
func (x *Index) leave(id identity) error {
	if err := x.db.Swap(nil).Close(); err != nil {
		return err
	}
	to := fmt.Sprintf("%s.of-%s", x.path, id.Archive)
	if err := os.Rename(x.path, to); err != nil {
		return err
	}
	x.opt.Log.Info("site.yaml has another archive now: the index of the one before was set aside", "before", id.Dir, "file", filepath.Base(to))
	if err := x.openFile(); err != nil {
		return err
	}
	return x.found()
}

// found begins the archive, or takes over the one that is there.
func (x *Index) found() error {
	if err := owner.MkdirAll(x.dir, 0o700); err != nil {
		return x.away(err)
	}
	root, err := os.OpenRoot(x.dir)
	if err != nil {
		return x.away(err)
	}
	defer root.Close()
	switch err := root.Mkdir(archive.OwnFolder, 0o700); {
	case err == nil:
		d, err := root.Open(archive.OwnFolder)
		if err == nil {
			err = errors.Join(owner.Give(d, x.dir), d.Close())
		}
		if err != nil {
			return x.away(err)
		}
	case !errors.Is(err, fs.ErrExist):
		return x.away(err)
	}
	m, err := readMarker(root, marker{})
	if err != nil {
		m.Archive = newIdentity() // a damaged one is as good as none: what is there is taken over by name
	}
	id := identity{marker: marker{m.Archive, newIdentity()}, Dir: x.dir}
	days, err := manifestDays(root)
	if err != nil {
		return x.away(err)
	}
	var c chain
	if len(days) > 0 {
		id.Incomplete = "the index begins anew and lacks what was archived before"
		today := x.opt.Clock.Now().In(x.opt.Zone).Format(time.DateOnly)
		for len(days) > 1 && days[len(days)-1] > today {
			days = days[:len(days)-1]
		}
		if c, err = resume(root, days[len(days)-1]); err != nil {
			return x.away(err)
		}
	}
	if err := x.writeMarker(root, id.marker); err != nil {
		return x.away(err)
	}
	err = x.db.Load().Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(bucketMeta))
		return errorOf(putJSON(meta, metaIdentity, id), putJSON(meta, metaChain, c))
	})
	if err == nil {
		x.know(id)
	}
	return err
}

// refind makes an archive of the folder that site.yaml names, if it is none: its
// disk was replaced, or it was emptied.
func (x *Index) refind() error {
	root, err := x.Folder()
	if err == nil {
		return root.Close()
	}
	var gone *FolderError
	if !errors.As(err, &gone) || gone.Advice != comeBack && gone.Advice != madeAgain {
		return err
	}
	err = x.db.Load().Update(func(tx *bolt.Tx) error {
		return errorOf(clearTables(tx), tx.Bucket([]byte(bucketMeta)).Delete([]byte(metaTail)))
	})
	if err != nil {
		return err
	}
	x.tail = nil
	if err := x.found(); err != nil {
		return err
	}
	x.anew = true
	return nil
}

// clearTables forgets every picture.
func clearTables(tx *bolt.Tx) error {
	for _, name := range buckets {
		if name == bucketMeta || name == bucketExpected {
			continue
		}
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return putJSON(tx.Bucket([]byte(bucketMeta)), metaTotals, Totals{})
}

// know has everybody know which archive this is.
func (x *Index) know(id identity) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ident, x.incomplete = id, id.Incomplete
}

func (x *Index) keepIdentity(id identity) error {
	return x.db.Load().Update(func(tx *bolt.Tx) error {
		return putJSON(tx.Bucket([]byte(bucketMeta)), metaIdentity, id)
	})
}

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/boltfile"
)

// Snapshot is a store in memory that begins with what scripts keep in the file
// at path, which another process may have open. That file is only read: what is
// needed of the disk lies in the folder scratch. When jobs last ran and which
// heads are in motion is the other process's affair. Without a file the store is
// empty.
func Snapshot(path, scratch string, o Options) (*Store, error) {
	s := newStore("", o)
	copied := filepath.Join(scratch, filepath.Base(path))
	switch err := boltfile.Copy(path, copied); {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, err
	}
	db, _, err := boltfile.Examine(copied, time.Second)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer db.Close()
	if err := s.read(db); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.runs, s.latest, s.marks = lastRuns(), latestRuns(), make(map[string]*mark)
	return s, nil
}

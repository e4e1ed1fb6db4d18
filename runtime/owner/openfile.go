package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// OpenFile is os.OpenFile that gives a file which it makes to the user whom the
// folder belongs to, as Give does. A file that is there stays whose it is.
func OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if flag&os.O_CREATE == 0 {
		return os.OpenFile(name, flag, perm)
	}
	f, err := os.OpenFile(name, flag|os.O_EXCL, perm)
	switch {
	case errors.Is(err, fs.ErrExist) && flag&os.O_EXCL == 0:
		return os.OpenFile(name, flag, perm)
	case err != nil:
		return nil, err
	}
	if err := Give(f, filepath.Dir(name)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

package export

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// ErrInArchive says that a result would lie among the pictures.
var ErrInArchive = errors.New("lies inside the archive, where only its pictures are")

// output is a file that appears under its name when it is whole, or not at all.
type output struct {
	*os.File
	path    string
	replace bool
}

// create begins a file beside its place.
func (s *Source) create(o Options) (*output, error) {
	path, err := filepath.Abs(o.File)
	if err != nil {
		return nil, err
	}
	if err := free(path, o); err != nil {
		return nil, err
	}
	inside, err := s.holds(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if inside {
		return nil, fmt.Errorf("%s %w", o.File, ErrInArchive)
	}
	file, err := partFile(path)
	if err != nil {
		return nil, err
	}
	return &output{file, path, o.Replace}, nil
}

// partFile makes a file beside path, which no other export has.
func partFile(path string) (*os.File, error) {
	part := filepath.Join(filepath.Dir(path), fmt.Sprintf(".hiklua-%016x.part", rand.Uint64()))
	return os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// free sees that the place is there, and free.
func free(path string, o Options) error {
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return fmt.Errorf("%s: there is no folder %s", o.File, filepath.Dir(path))
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder", o.File)
	case !o.Replace:
		return fmt.Errorf("%s: %w", o.File, fs.ErrExist)
	}
	return nil
}

// holds reports whether a folder is the archive's, or lies in it: by what the
// system knows of them, so that no link or other spelling hides it.
func (s *Source) holds(dir string) (bool, error) {
	own, err := s.Folder.Stat(".")
	if err != nil {
		return false, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false, err
	}
	for {
		info, err := os.Stat(dir)
		if err == nil && os.SameFile(own, info) {
			return true, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return false, nil
		}
		dir = above
	}
}

// end gives the file its name if err is nil, and removes it otherwise.
func (o *output) end(err error) error {
	if err == nil {
		err = o.Sync()
	}
	if closed := o.Close(); err == nil {
		err = closed
	}
	if err == nil && !o.replace {
		err = free(o.path, Options{File: o.path}) // it may have come meanwhile
	}
	if err == nil {
		err = os.Rename(o.Name(), o.path)
	}
	if err != nil {
		os.Remove(o.Name()) // the error tells of more
	}
	return err
}

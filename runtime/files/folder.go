// Package files keeps the files that scripts write: each is whole or absent,
// and none lies outside its folder.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hiklua/hiklua/runtime/owner"
)

// Folder is a folder that files are written below. Its methods may be called
// from any goroutine.
type Folder struct {
	dir    string
	sync   func(*os.File) error // (*os.File).Sync, but in tests
	number func() uint64        // rand.Uint64, but in tests
	listed int                  // MaxListed, but in tests

	appending sync.Mutex // one Append at a time
	swept     sweeper
}

// NewFolder names the folder; it is made when the first file is written.
func NewFolder(dir string) *Folder {
	return &Folder{dir: dir, sync: (*os.File).Sync, number: rand.Uint64, listed: MaxListed}
}

// NoSync has files written without waiting for the disk: a power cut may lose
// them.
func (f *Folder) NoSync() { f.sync = func(*os.File) error { return nil } }

// Dir is the folder's own path.
func (f *Folder) Dir() string { return f.dir }

// PathError says that a file was asked for that would lie outside the folder,
// or could not be named.
type PathError struct{ Path, Problem string }

func (e *PathError) Error() string { return fmt.Sprintf("path %q %s", e.Path, e.Problem) }

// Clean checks a path as scripts give it: with slashes, relative, and without
// a way out. What symbolic links would do is seen to when it is opened.
func Clean(name string) (string, error) {
	switch {
	case name == "":
		return "", &PathError{name, "is empty"}
	case strings.ContainsRune(name, 0):
		return "", &PathError{name, "has a zero byte in it"}
	case path.IsAbs(name) || filepath.IsAbs(name) || filepath.VolumeName(name) != "":
		return "", &PathError{name, "is absolute: files are named from the data folder on"}
	case strings.HasSuffix(name, "/"):
		return "", &PathError{name, "names a folder, not a file"}
	}
	clean := path.Clean(filepath.ToSlash(name))
	if clean == "." || clean == ".." || strings.HasPrefix(clean, "../") {
		return "", &PathError{name, "leads out of the data folder"}
	}
	return clean, nil
}

// Write writes a file whole or not at all: beside, synced, renamed. It returns
// where the file lies.
func (f *Folder) Write(name string, data []byte) (string, error) {
	return f.WriteFrom(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteFrom is Write for content that fill produces. If fill fails, no file is
// left behind and a file of that name stays as it was.
func (f *Folder) WriteFrom(name string, fill func(io.Writer) error) (full string, err error) {
	clean, err := Clean(name)
	if err != nil {
		return "", err
	}
	if err := owner.MkdirAll(f.dir, 0o700); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if err := MkdirAll(root, path.Dir(clean)); err != nil {
		return "", escaped(name, err)
	}
	part := path.Join(path.Dir(clean), PartName(f.number()))
	file, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", escaped(name, err)
	}
	if err := owner.Give(file, f.dir); err != nil {
		return "", errors.Join(err, file.Close(), root.Remove(part))
	}
	f.swept.sweep(root, path.Dir(clean), file)
	defer func() {
		if err != nil {
			root.Remove(part)
		}
	}()
	err = fill(file)
	if err == nil {
		err = f.sync(file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	if err := root.Rename(part, clean); err != nil {
		return "", escaped(name, err)
	}
	f.syncDir(root, path.Dir(clean))
	return filepath.Join(f.dir, filepath.FromSlash(clean)), nil
}

// MkdirAll makes a folder below root and those above it, for the user whom root
// belongs to.
func MkdirAll(root *os.Root, dir string) error {
	if info, err := root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if above := path.Dir(dir); above != dir {
		if err := MkdirAll(root, above); err != nil {
			return err
		}
	}
	switch err := root.Mkdir(dir, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return root.MkdirAll(dir, 0o700) // another task was faster, or it is no folder
	case err != nil:
		return err
	}
	made, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(owner.Give(made, root.Name()), made.Close())
}

// syncDir makes the renaming itself last over a power cut, where the file
// system can; the file is whole either way.
func (f *Folder) syncDir(root *os.Root, dir string) {
	if d, err := root.Open(dir); err == nil {
		f.sync(d)
		d.Close()
	}
}

// escaped turns what os.Root says of links that lead out into our own words.
func escaped(name string, err error) error {
	if strings.Contains(err.Error(), "escapes from parent") {
		return &PathError{name, "leads out of the data folder by a link"}
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", name, pathErr.Err)
	}
	if linkErr, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", name, linkErr.Err)
	}
	return err
}

package site

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hiklua/hiklua/runtime/owner"
)

// WriteSaved makes s the content of DIR/devices.yaml, whole or not at all, and
// reports whether that differs from what was there. A new file can be read by
// all: there are no secrets in it.
func WriteSaved(dir string, s *Saved) (changed bool, err error) {
	text, err := s.Text()
	if err != nil {
		return false, err
	}
	path := filepath.Join(dir, SavedName)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the file may be a link
	} else if target, err := os.Readlink(path); err == nil {
		path = target // to a file that is not there yet
		if !filepath.IsAbs(target) {
			path = filepath.Join(dir, target)
		}
	}
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
		return false, nil
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := replaceFile(path, text, mode); err != nil {
		return false, &fs.PathError{Op: "write", Path: path, Err: reasonOf(err)}
	}
	return true, nil
}

// replaceFile writes beside the file, syncs and renames.
func replaceFile(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+SavedName+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, owner.Give(f, filepath.Dir(path)), f.Chmod(mode))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// reasonOf is an error of the file system without the name of a file that is gone
// again.
func reasonOf(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/owner"
)

const (
	// MaxRead is the largest file that Read gives, in bytes.
	MaxRead = 16 << 20
	// MaxAppended is how large a file may become by Append, in bytes.
	MaxAppended = 1 << 30
	// MaxListed is how many entries List gives.
	MaxListed = 100_000
)

// SizeError says that a file or a folder is larger than a call takes.
type SizeError struct{ Path, Problem string }

func (e *SizeError) Error() string { return fmt.Sprintf("path %q %s", e.Path, e.Problem) }

// Info is one file or folder of a listing.
type Info struct {
	Name string
	Size int64 // bytes; 0 for a folder
	Time time.Time
	Dir  bool
}

// open opens the folder itself; fs.ErrNotExist if nothing was written yet.
func (f *Folder) open() (*os.Root, error) { return os.OpenRoot(f.dir) }

// Read gives a file of at most MaxRead bytes. A file that is not there is
// fs.ErrNotExist.
func (f *Folder) Read(name string) ([]byte, error) {
	clean, err := Clean(name)
	if err != nil {
		return nil, err
	}
	root, err := f.open()
	if err != nil {
		return nil, named(name, err)
	}
	defer root.Close()
	if _, err := plainFile(root, name, clean); err != nil {
		return nil, err
	}
	file, err := root.Open(clean)
	if err != nil {
		return nil, named(name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxRead+1))
	switch {
	case err != nil:
		return nil, named(name, err)
	case len(data) > MaxRead:
		return nil, &SizeError{name, fmt.Sprintf("is larger than %d MB", MaxRead>>20)}
	}
	return data, nil
}

// plainFile looks before anything is opened: a pipe would wait for ever.
func plainFile(root *os.Root, name, clean string) (fs.FileInfo, error) {
	info, err := root.Stat(clean)
	switch {
	case err != nil:
		return nil, named(name, err)
	case info.IsDir():
		return nil, &PathError{name, "is a folder"}
	case !info.Mode().IsRegular():
		return nil, &PathError{name, "is not a plain file"}
	}
	return info, nil
}

// Append adds data to the end of a file, and makes it if it is not there. Two
// who append to one file do so one after the other; if the disk is full nothing
// is added. The file is not synced: a power cut may lose what was added last.
func (f *Folder) Append(name string, data []byte) error {
	clean, err := Clean(name)
	if err != nil {
		return err
	}
	if err := owner.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	root, err := f.open()
	if err != nil {
		return named(name, err)
	}
	defer root.Close()
	if err := MkdirAll(root, path.Dir(clean)); err != nil {
		return named(name, err)
	}
	f.appending.Lock()
	defer f.appending.Unlock()
	size, made := int64(0), false
	switch info, err := plainFile(root, name, clean); {
	case err == nil:
		size = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		made = true
	}
	if size+int64(len(data)) > MaxAppended {
		return &SizeError{name, fmt.Sprintf("would become larger than %d MB; begin another file", MaxAppended>>20)}
	}
	file, err := root.OpenFile(clean, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return named(name, err)
	}
	if made {
		if err := owner.Give(file, f.dir); err != nil {
			return named(name, errors.Join(err, file.Close()))
		}
	}
	if n, err := file.Write(data); err != nil {
		return named(name, errors.Join(err, takeBack(file, n), file.Close()))
	}
	return file.Close()
}

// takeBack cuts off the last n bytes of a file, which this process has just
// appended, unless another process has appended something behind them.
func takeBack(file *os.File, n int) error {
	end, err := file.Seek(0, io.SeekCurrent)
	if err != nil || n == 0 {
		return err
	}
	info, err := file.Stat()
	if err != nil || info.Size() != end {
		return err
	}
	return file.Truncate(end - int64(n))
}

// List lists a folder in the order of names; "" is the Folder itself, which is
// empty before anything was written. Files that are being written are left
// out. More than MaxListed entries are a *SizeError.
func (f *Folder) List(name string) ([]Info, error) {
	clean, err := f.cleanFolder(name)
	if err != nil {
		return nil, err
	}
	root, err := f.open()
	if errors.Is(err, fs.ErrNotExist) && clean == "." {
		return nil, nil
	}
	if err != nil {
		return nil, named(name, err)
	}
	defer root.Close()
	info, err := root.Stat(clean)
	if err != nil {
		return nil, named(name, err)
	}
	if !info.IsDir() {
		return nil, &PathError{name, "is a file, not a folder"}
	}
	dir, err := root.Open(clean)
	if err != nil {
		return nil, named(name, err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(f.listed + 1)
	switch {
	case err != nil && err != io.EOF:
		return nil, named(name, err)
	case len(entries) > f.listed:
		return nil, &SizeError{name, fmt.Sprintf("has more than %d files", f.listed)}
	}
	var list []Info
	for _, e := range entries {
		if unfinished(e.Name()) {
			continue
		}
		// What is gone by now, or a link that leads out, is not listed.
		info, err := root.Stat(path.Join(clean, e.Name()))
		if err != nil {
			continue
		}
		item := Info{Name: e.Name(), Size: info.Size(), Time: info.ModTime(), Dir: info.IsDir()}
		if item.Dir {
			item.Size = 0
		}
		list = append(list, item)
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// cleanFolder is Clean for folders.
func (f *Folder) cleanFolder(name string) (string, error) {
	trimmed := strings.TrimSuffix(name, "/")
	if trimmed == "" && name == "" || trimmed == "." {
		return ".", nil
	}
	return Clean(trimmed)
}

// Remove removes a file, or a folder that is empty. A link is removed itself,
// not what it leads to.
func (f *Folder) Remove(name string) error {
	clean, err := Clean(strings.TrimSuffix(name, "/"))
	if err != nil {
		return err
	}
	root, err := f.open()
	if err != nil {
		return named(name, err)
	}
	defer root.Close()
	return named(name, root.Remove(clean))
}

// Exists says whether there is a file or a folder of that name.
func (f *Folder) Exists(name string) (bool, error) {
	clean, err := Clean(strings.TrimSuffix(name, "/"))
	if err != nil {
		return false, err
	}
	root, err := f.open()
	if err == nil {
		defer root.Close()
		_, err = root.Stat(clean)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil, named(name, err)
}

// Rename gives a plain file another name, in another folder too, which is made. A file that has the name is replaced; one
// always has it, the old or the new. Folders are left alone: there may be files in them that are not the caller's.
func (f *Folder) Rename(from, to string) error {
	old, err := Clean(from)
	if err != nil {
		return err
	}
	clean, err := Clean(to)
	if err != nil {
		return err
	}
	root, err := f.open()
	if err != nil {
		return named(from, err)
	}
	defer root.Close()
	if _, err := plainFile(root, from, old); err != nil {
		return err
	}
	if _, err := plainFile(root, to, clean); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := MkdirAll(root, path.Dir(clean)); err != nil {
		return named(to, err)
	}
	if err := root.Rename(old, clean); err != nil {
		return named(to, err)
	}
	f.syncDir(root, path.Dir(clean))
	if path.Dir(old) != path.Dir(clean) {
		f.syncDir(root, path.Dir(old))
	}
	return nil
}

// named is escaped for errors that may be nil.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return escaped(name, err)
}

package index

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/archive"
)

// pictureExt is what the names of pictures end in.
const pictureExt = ".jpg"

// recover sees to what a process that was killed has left behind: pictures that
// were being removed, and pictures that were not recorded yet. It runs on the
// committer.
func (x *Index) recover() error {
	root, err := x.Folder()
	if err != nil {
		return err
	}
	defer root.Close()
	if err := x.remember(root); err != nil {
		return err
	}
	if err := x.finishRemovals(root); err != nil {
		return err
	}
	var list []string
	err = x.db.Load().View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketExpected)).ForEach(func(dir, _ []byte) error {
			list = append(list, string(dir))
			return nil
		})
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	var done []string // what is on record of an earlier process
	for _, dir := range list {
		if x.folders[dir] == nil {
			done = append(done, dir)
		}
	}
	for dir := range x.folders {
		list = append(list, dir)
	}
	x.mu.Unlock()
	slices.Sort(list)
	found := 0
	for _, dir := range slices.Compact(list) {
		n, err := x.takeIn(root, dir)
		if err != nil {
			return err
		}
		found += n
	}
	if found > 0 {
		x.opt.Log.Info("pictures that an earlier run had not recorded are now", "files", found)
	}
	if err := x.transact(func(c *change) error { return c.forget(done) }); err != nil {
		return err
	}
	x.recovered = true
	return nil
}

// remember takes up what the file says of the archive, and writes the end of the
// manifest if that was not done.
func (x *Index) remember(root *os.Root) error {
	var t Totals
	var last tail
	err := x.db.Load().View(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(bucketMeta))
		if _, err := getJSON(meta, metaTotals, &t); err != nil {
			return err
		}
		_, err := getJSON(meta, metaTail, &last)
		return err
	})
	if err != nil {
		return err
	}
	x.setTotals(t)
	if x.tail == nil && last.Day != "" {
		x.tail = &last
	}
	return x.writeTail(root, true)
}

// takeIn records the pictures of one folder that the index lacks.
func (x *Index) takeIn(root *os.Root, dir string) (found int, err error) {
	err = eachName(root, dir, func(names []string) error {
		var entries []archive.Entry
		for _, name := range names {
			e, ok, err := x.unlisted(root, path.Join(dir, name))
			if err != nil {
				return err
			}
			if ok {
				entries = append(entries, e)
			}
		}
		if len(entries) == 0 {
			return nil
		}
		found += len(entries)
		return x.transact(func(c *change) error {
			for _, e := range entries {
				if err := c.put(e); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil // no picture ever came
	}
	return found, err
}

// eachName gives the names in a folder, some at a time.
func eachName(root *os.Root, dir string, f func(names []string) error) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(500)
		if len(names) > 0 {
			slices.Sort(names)
			if err := f(names); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// unlisted reads a file that may be a picture of this archive which the index
// lacks.
func (x *Index) unlisted(root *os.Root, name string) (e archive.Entry, ok bool, err error) {
	if !strings.HasSuffix(name, pictureExt) {
		return e, false, nil
	}
	known := false
	err = x.db.Load().View(func(tx *bolt.Tx) error {
		known = tx.Bucket([]byte(bucketPaths)).Get([]byte(name)) != nil
		return nil
	})
	if err != nil || known {
		return e, false, err
	}
	return x.describe(root, name)
}

// describe reads what a file says of itself; ok is false if the archive did not
// write it where it is.
func (x *Index) describe(root *os.Root, name string) (e archive.Entry, ok bool, err error) {
	file, err := openPlain(root, name)
	if err != nil {
		return e, false, err
	}
	if file == nil {
		return e, false, nil
	}
	defer file.Close()
	e, err = archive.ReadEntry(file)
	var diskErr *fs.PathError
	if errors.As(err, &diskErr) {
		return e, false, err
	}
	e.Path = name
	return e, err == nil && x.belongs(&e), nil
}

// numbered is the end of a name that was taken already.
var numbered = regexp.MustCompile(`-[0-9]+(\.[^./]*)$`)

// belongs tells whether a picture lies where archive.layout puts it: the copy
// that a person has put elsewhere does not.
func (x *Index) belongs(e *archive.Entry) bool {
	layout, err := archive.ParseLayout(x.opt.Layout)
	if err != nil {
		return false
	}
	want := layout.Path(e, x.opt.Zone)
	return want == e.Path || want == numbered.ReplaceAllString(e.Path, "$1")
}

// openPlain opens a plain file of the archive; nil if there is none of that
// name, or something else.
func openPlain(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, nil
	}
	file, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return file, err
}

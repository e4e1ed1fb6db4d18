package cluster

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/files"
)

// folder is the folder of a site on this host, in which people edit. Files that are
// as a release had them follow the releases; others are left alone. Its methods are
// called one after another.
type folder struct {
	dir  string // of the site
	book string // the file that knows base

	// base has, by path, the sum with which a file here was last as a release had it:
	// an edit of the file began from that. A path without one was never so.
	base map[string]string
	seen map[string]stamp // what was read last
	// told has, by path, what was refused because a release has changed the file, too.
	// A file that was edited again since was edited with that release in view.
	told map[string]conflict
}

// conflict is a file as it was here and in a release when one was refused for it.
type conflict struct{ here, released string }

// stamp tells whether a file may have been written to.
type stamp struct {
	modified time.Time
	size     int64
	sum      string
}

// openFolder reads what is known of a folder. What cannot be read is not known: then
// files that differ from the release count as edited.
func openFolder(dir, book string) *folder {
	f := &folder{dir: dir, book: book, base: make(map[string]string), seen: make(map[string]stamp), told: make(map[string]conflict)}
	if data, err := os.ReadFile(book); err == nil {
		var base map[string]string
		if json.Unmarshal(data, &base) == nil && base != nil {
			f.base = base
		}
	}
	return f
}

// sum is that of a file of the folder; "" if there is none. A link is never as a
// release has it.
func (f *folder) sum(root *os.Root, name string) (string, error) {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if s, ok := f.seen[name]; ok && s.modified.Equal(info.ModTime()) && s.size == info.Size() {
		return s.sum, nil
	}
	data, err := readFile(root, name)
	if err != nil {
		return "", err
	}
	s := stamp{info.ModTime(), info.Size(), sumOf(data)}
	f.seen[name] = s
	return s.sum, nil
}

// follow brings the files that were as a release had them to how r has them, and
// tells which differ from it: edited by hand. The error tells of files that could not
// be written.
func (f *folder) follow(r *release) (edited []string, err error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	base := maps.Clone(f.base)
	var failed []error
	for _, name := range f.names(root, r) {
		want := r.Files[name]
		have, err := f.sum(root, name)
		switch {
		case err != nil:
			edited = append(edited, name) // a link, or no file: it is not touched
		case have == want:
			f.asReleased(name, want)
		// A file that is gone here and was changed by the release comes back.
		case have == f.base[name], have == "" && f.base[name] != want:
			if err := f.take(root, r, name); err != nil {
				failed = append(failed, err)
				edited = append(edited, name)
				continue
			}
			f.asReleased(name, want)
		default:
			edited = append(edited, name)
		}
	}
	if !maps.Equal(base, f.base) {
		failed = append(failed, f.save())
	}
	return edited, errors.Join(failed...)
}

// names are the files of a release, of the releases before it, and of the folder.
func (f *folder) names(root *os.Root, r *release) []string {
	names := slices.Concat(r.paths(), slices.Collect(maps.Keys(f.base)))
	here, _ := sourceFiles(root) // what is odd is told when it is to be released
	for _, name := range here {
		if checkPath(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// asReleased notes that a file is as a release has it; "": the release has none.
func (f *folder) asReleased(name, sum string) {
	if sum == "" {
		delete(f.base, name)
		return
	}
	f.base[name] = sum
}

// take puts a file in its place as the release has it.
func (f *folder) take(root *os.Root, r *release, name string) error {
	delete(f.seen, name)
	if r.Files[name] == "" {
		err := root.Remove(name)
		for above := path.Dir(name); strings.Contains(above, "/"); above = path.Dir(above) {
			if root.Remove(above) != nil { // it has other files
				break
			}
		}
		return err
	}
	return writeFile(root, f.dir, name, r.content[name])
}

func (f *folder) save() error {
	data, err := json.Marshal(f.base)
	if err == nil {
		_, err = files.NewFolder(filepath.Dir(f.book)).Write(filepath.Base(f.book), data)
	}
	return err
}

// changes are the files that a release of files would change, and those of them that
// the release r has otherwise than the edit here began from.
func (f *folder) changes(files map[string][]byte, r *release) (changed, conflicts []string) {
	names := slices.Sorted(maps.Keys(files))
	for name := range r.Files {
		if _, here := files[name]; !here {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		sum := ""
		if data, here := files[name]; here {
			sum = sumOf(data)
		}
		if sum == r.Files[name] {
			continue
		}
		changed = append(changed, name)
		before, told := f.told[name]
		if f.base[name] == r.Files[name] || told && before.released == r.Files[name] && before.here != sum {
			continue
		}
		conflicts = append(conflicts, name)
		f.told[name] = conflict{sum, r.Files[name]}
	}
	return changed, conflicts
}

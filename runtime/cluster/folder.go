package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/owner"
	"github.com/hiklua/hiklua/runtime/site"
)

// sourceFolders hold what a release has beside site.yaml.
var sourceFolders = []string{"scripts", "lib"}

// readSource reads what a release of the folder dir would have, by path.
func readSource(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := make(map[string][]byte)
	size := 0
	read := func(name string) error {
		data, err := readFile(root, name)
		if err != nil {
			return err
		}
		files[name] = data
		if size += len(data); size > maxUnpacked-maxFiles*1024 || len(files) > maxFiles {
			return fmt.Errorf("site.yaml, scripts/ and lib/ have too many files, or too large ones, for a release")
		}
		return nil
	}
	names, err := sourceFiles(root)
	for _, name := range names {
		if err == nil {
			err = checkPath(name)
		}
		if err == nil {
			err = read(name)
		}
	}
	if err != nil {
		return nil, err
	}
	seen := make(map[string]string, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if other := seen[strings.ToLower(name)]; other != "" {
			return nil, fmt.Errorf("%s and %s would be one file on some systems: rename one", other, name)
		}
		seen[strings.ToLower(name)] = name
	}
	return files, nil
}

// sourceFiles lists site.yaml and the files below scripts/ and lib/, in order. Links
// are an error: a release has files alone.
func sourceFiles(root *os.Root) ([]string, error) {
	names := []string{site.FileName}
	var odd []error
	for _, folder := range sourceFolders {
		err := fs.WalkDir(root.FS(), folder, func(name string, e fs.DirEntry, err error) error {
			switch {
			case name == folder && errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case name != folder && passedOver(name) && e.IsDir():
				return fs.SkipDir
			case e.IsDir() || passedOver(name):
				return nil
			case !e.Type().IsRegular():
				odd = append(odd, notPlain(name))
				return nil
			}
			names = append(names, name)
			return nil
		})
		if err != nil {
			odd = append(odd, err)
		}
	}
	return names, errors.Join(odd...)
}

func notPlain(name string) error {
	return fmt.Errorf("%s is a link, or no plain file: a release takes files alone; put a copy in its place", name)
}

// readFile reads a plain file.
func readFile(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = notPlain(name)
	}
	if err == nil && info.Size() > maxUnpacked {
		err = fmt.Errorf("%s is larger than %d MB", name, maxUnpacked>>20)
	}
	if err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxUnpacked+1))
}

// lay writes the files of a release, and its manifest, into a folder of its own.
func (r *release) lay(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := owner.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range r.paths() {
		if err := checkPath(name); err != nil {
			return err
		}
		if err := writeFile(root, dir, name, r.content[name]); err != nil {
			return err
		}
	}
	manifest, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFile(root, dir, manifestName, manifest)
}

// writeFile puts a file in its place by a rename, with the folders above it.
func writeFile(root *os.Root, dir, name string, data []byte) error {
	if above := path.Dir(name); above != "." {
		if err := root.MkdirAll(above, 0o755); err != nil {
			return err
		}
	}
	mode := os.FileMode(0o644)
	if info, err := root.Lstat(name); err == nil {
		mode = info.Mode().Perm() // site.yaml may have passwords that are not for all
	}
	beside := path.Join(path.Dir(name), ".hiklua-"+path.Base(name))
	f, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = f.Chmod(mode)
	if err == nil {
		_, err = f.Write(data)
	}
	err = errors.Join(err, owner.Give(f, filepath.Join(dir, path.Dir(name))), f.Sync(), f.Close())
	if err == nil {
		err = root.Rename(beside, name)
	}
	if err != nil {
		root.Remove(beside)
	}
	return err
}

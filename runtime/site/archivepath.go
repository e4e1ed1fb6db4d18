package site

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

func readArchivePath(r *reader, n *yaml.Node, a *Archive) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	a.Path = filepath.FromSlash(text)
	r.checkArchivePath(n, a.Path)
}

// checkArchivePath says at n why a folder can't be the archive's.
func (r *reader) checkArchivePath(n *yaml.Node, path string) {
	if r.dir == "" {
		return
	}
	word := quoted(filepath.ToSlash(path))
	full := resolved(inFolder(r.dir, path))
	for _, c := range []struct{ folder, why string }{
		{"scripts", "is in scripts/: what is saved there is run"},
		{"lib", "is in lib/, which is for modules"},
	} {
		if within(full, resolved(filepath.Join(r.dir, c.folder))) {
			r.fail(n, "%s %s", word, c.why)
			return
		}
	}
	// The site itself and data/ hold what is no picture, and so does a folder
	// around them.
	if within(resolved(filepath.Join(r.dir, "data")), full) {
		r.fail(n, "%s holds hiklua's own files too: give the archive a folder of its own, such as data/archive", word)
		return
	}
	switch info, err := os.Stat(full); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		r.fail(n, "%s: %s", word, reason(err))
	case !info.IsDir():
		r.fail(n, "%s is a file, not a folder", word)
	}
}

// resolved is a path with the symbolic links of what is there followed.
func resolved(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	for above, below := path, ""; ; {
		if real, err := filepath.EvalSymlinks(above); err == nil {
			return filepath.Join(real, below)
		}
		up := filepath.Dir(above)
		if up == above {
			return path
		}
		above, below = up, filepath.Join(filepath.Base(above), below)
	}
}

// within reports whether a path is a folder or lies in it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

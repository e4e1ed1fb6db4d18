package rehearsal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/timeline"
)

const (
	// mostCopied bounds what is copied of the site's files, in bytes.
	mostCopied = 64 << 20
	// mostSeen bounds how many files are looked at.
	mostSeen = 20_000
)

// errEnough says that not all is copied.
var errEnough = errors.New("enough")

// copyData copies to a folder what hik.file.read would give of the site's files, so
// that scripts find their lists and go on with them. Pictures are not copied, nor
// what is the host's own. It reports whether some were left out.
func (r *rehearsal) copyData(to string) (leftOut bool, err error) {
	if r.o.Data == "" {
		return false, nil
	}
	root, err := os.OpenRoot(r.o.Data)
	if err != nil {
		return false, nil // nothing was written yet
	}
	defer root.Close()
	archive := ""
	if a := r.o.Site.Archive; a != nil {
		archive = r.o.Site.Path(a.Path)
	}
	left, seen := int64(mostCopied), 0
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // a script would not get it either
		}
		if seen++; seen > mostSeen {
			return errEnough
		}
		if name != "." && files.Reserved(name) || filepath.Join(r.o.Data, filepath.FromSlash(name)) == archive {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		target := filepath.Join(to, filepath.FromSlash(name))
		if e.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		info, err := root.Stat(name)
		if err != nil || !info.Mode().IsRegular() || info.Size() > files.MaxRead || isPicture(name) {
			return nil
		}
		if left -= info.Size(); left < 0 {
			return errEnough
		}
		if err := copyFile(root, name, target); err != nil {
			return err
		}
		return os.Chtimes(target, info.ModTime(), info.ModTime())
	})
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

func isPicture(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return true
	}
	return false
}

// copyFile copies a file; one that can't be read is left out.
func copyFile(root *os.Root, name, target string) error {
	from, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, io.LimitReader(from, files.MaxRead))
	return errors.Join(err, to.Close())
}

// tellLeftOut tells that scripts do not find all their files.
func (f *finder) tellLeftOut() {
	f.note("", timeline.Finding{
		Kind: hostWarning, Time: f.from,
		Text:   fmt.Sprintf("data/ has more than a rehearsal copies (%d MB, %d files): hik.file does not find all of it", mostCopied>>20, mostSeen),
		Remedy: "move or remove what scripts do not read",
	})
}

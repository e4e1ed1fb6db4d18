package runtime

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// version is what a generation of a script was made of.
type version struct {
	source [sha256.Size]byte
	site   *site.Site // that it was loaded under
	seen   *lookups   // what it has looked for, also after the load
}

// isCurrent reports whether a load of source would give this version again.
func (v *version) isCurrent(h *Host, source [sha256.Size]byte) bool {
	if v.source != source || v.seen.concerns(v.site, h.site()) {
		return false
	}
	for file, sum := range v.seen.modules() {
		if _, now, _ := h.readModule(file); now != sum {
			return false
		}
	}
	return true
}

// readPlain reads a file of a site. It opens regular files only: a pipe would
// wait for its other end, and a task that waits in a read cannot be ended.
func readPlain(dir, file string) ([]byte, error) {
	path := filepath.Join(dir, filepath.FromSlash(file))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, linked := os.Readlink(path); linked == nil {
			return nil, &luaapi.Failure{
				Kind: "misuse", Message: file + " is a link to a file that is not there",
				Hint: "give it a target, or delete it",
			}
		}
	}
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, notPlain(file, "a folder")
	case info.Mode()&fs.ModeNamedPipe != 0:
		return nil, notPlain(file, "a pipe")
	case !info.Mode().IsRegular():
		return nil, notPlain(file, "a device or a socket")
	}
	return os.ReadFile(path)
}

func notPlain(file, kind string) error {
	return &luaapi.Failure{
		Kind: "misuse", Message: fmt.Sprintf("%s is %s, not a file, and is left alone", file, kind),
		Hint: "move it elsewhere, or give it another name",
	}
}

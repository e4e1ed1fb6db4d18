package files

import (
	"path/filepath"
	"slices"
	"strings"
)

// The host's own files in the data folder. Scripts can neither read nor change
// them: the state of every script is in the first.
var (
	reservedNames    = []string{"control.sock", "hiklua.lock", "lock", "journal", "pins", "refused-logins", "archive.copy", "archive.gaps"}
	reservedPrefixes = []string{"state.db", "archive.db", "hiklua.log", "journal.", ".control-", "page.key"}
)

// ownFolder is the host's in each archive: its manifests are there.
const ownFolder = ".hiklua"

// Reserved reports whether a path below the data folder, as Clean gives it, is
// the host's own or lies inside what is. Spelling in capitals counts as the
// same: on some file systems it is.
func Reserved(clean string) bool {
	names := strings.Split(strings.ToLower(clean), "/")
	for i, name := range names {
		names[i] = strings.TrimRight(name, ". ")
	}
	if slices.Contains(names, ownFolder) {
		return true
	}
	top := names[0]
	for _, name := range reservedNames {
		if top == name {
			return true
		}
	}
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(top, prefix) {
			return true
		}
	}
	return strings.HasSuffix(top, ".lock") || strings.HasSuffix(top, ".sock")
}

// ForScripts is Clean for a path that a script gave: the host's own files are
// refused too. A path may begin with the folder's own name, as Shown gives it.
func (f *Folder) ForScripts(name string) (string, error) {
	clean, err := Clean(name)
	if own := f.own(); own != "" {
		clean = strings.TrimPrefix(clean, own)
	}
	if err == nil && Reserved(clean) {
		err = &PathError{name, "is hiklua's own"}
	}
	return clean, err
}

// Shown is how scripts and people are told of a file: "data/yard/a.jpg".
func (f *Folder) Shown(clean string) string { return f.own() + clean }

// own is the folder's name with a slash; "" for the current folder.
func (f *Folder) own() string {
	name := filepath.Base(f.dir)
	if name == "." || name == ".." || name == string(filepath.Separator) {
		return ""
	}
	return name + "/"
}

package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// KeepBroken is how many files that were set aside are kept.
const KeepBroken = 5

// IsDamage tells a file that is not right from a system that cannot read it
// now: too many open files, no permission, no memory.
func IsDamage(err error) bool {
	var errno syscall.Errno
	return !errors.As(err, &errno) || errno == syscall.EIO
}

// SetAside renames a file that cannot be read for the reason why, and says so,
// and what is lost by it. The error is
// ErrChanged if path is no longer the file that was examined, as it was then:
// another process is at work on it, or has set it aside and begun a new one.
func SetAside(path string, examined os.FileInfo, now time.Time, why error, lost string) (notice string, err error) {
	unlock, ok := lockForRename(path, examined)
	defer unlock()
	info, err := os.Stat(path)
	if !ok || err != nil || !os.SameFile(info, examined) || info.Size() != examined.Size() || !info.ModTime().Equal(examined.ModTime()) {
		return "", ErrChanged
	}
	to, err := Rename(path, "broken", now)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read (%v), nor set aside: %w", path, why, err)
	}
	return fmt.Sprintf("%s cannot be read: %v. It was set aside as %s; %s",
		filepath.Base(path), why, filepath.Base(to), lost), nil
}

// Rename puts a file aside as path.WHY-TIME; of these the last are kept.
func Rename(path, why string, now time.Time) (to string, err error) {
	prefix := path + "." + why + "-"
	base := prefix + now.Format("20060102-150405")
	to = base
	for i := 2; ; i++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = fmt.Sprintf("%s-%d", base, i)
	}
	if err := os.Rename(path, to); err != nil {
		return "", err
	}
	dropOldest(prefix)
	return to, nil
}

// dropOldest keeps a disk that breaks files for a year from being filled.
func dropOldest(prefix string) {
	entries, _ := os.ReadDir(filepath.Dir(prefix))
	var broken []string
	for _, e := range entries {
		if name := filepath.Join(filepath.Dir(prefix), e.Name()); strings.HasPrefix(name, prefix) {
			broken = append(broken, name)
		}
	}
	for _, name := range broken[:max(len(broken)-KeepBroken, 0)] {
		os.Remove(name)
	}
}

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package boltfile

import (
	"os"
	"syscall"
)

// lockForRename keeps other processes from examining or renaming the file at
// path until unlock. It waits for those that examine it, as this one did; not
// ok: it is another file now. It is bbolt's own lock.
func lockForRename(path string, examined os.FileInfo) (unlock func(), ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return func() {}, true // then no other can open it either
	}
	unlock = func() { file.Close() }
	if info, err := file.Stat(); err != nil || !os.SameFile(info, examined) {
		return unlock, false
	}
	for syscall.Flock(int(file.Fd()), syscall.LOCK_EX) == syscall.EINTR {
	}
	return unlock, true
}

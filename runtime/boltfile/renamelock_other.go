//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package boltfile

import "os"

// lockForRename does nothing: Windows renames no file that is open.
func lockForRename(string, os.FileInfo) (unlock func(), ok bool) { return func() {}, true }

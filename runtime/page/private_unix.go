//go:build unix

package page

import "os"

// private reports whether only its owner can read or change a file.
func private(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 == 0
}

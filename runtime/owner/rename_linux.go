package owner

import (
	"errors"

	"golang.org/x/sys/unix"
)

// renameNew is os.Rename that replaces nothing, also no empty folder.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return renameUnseen(from, to) // a file system or a kernel that can't
	}
	return err
}

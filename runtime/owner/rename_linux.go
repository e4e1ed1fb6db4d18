package owner

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// renameNew is os.Rename that replaces nothing, also no empty folder.
func renameNew(from, to string) error {
	err := renameAt(unix.AT_FDCWD, from, unix.AT_FDCWD, to)
	if errors.Is(err, errors.ErrUnsupported) {
		return renameUnseen(from, to)
	}
	return err
}

// RenameNew renames a file below root to a name in the folder dir and replaces
// nothing: the error is fs.ErrExist if the name is taken, and errors.ErrUnsupported
// where the system or the file system cannot do so in one step.
func RenameNew(root *os.Root, from string, dir *os.File, to string) error {
	old, err := root.OpenFile(path.Dir(from), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	return renameAt(int(old.Fd()), path.Base(from), int(dir.Fd()), to)
}

// renameAt gives a file of the folder old a name in the folder dir that is not
// taken.
func renameAt(old int, from string, dir int, to string) error {
	err := unix.Renameat2(old, from, dir, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) { // a file system that can't; ENOSYS, of a kernel, is ErrUnsupported
		return errors.ErrUnsupported
	}
	return err
}

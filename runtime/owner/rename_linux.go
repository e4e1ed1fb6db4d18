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

// RenameNew is root.Rename that replaces nothing: the error is fs.ErrExist if the
// name is taken, and errors.ErrUnsupported where the system or the file system
// cannot do so in one step.
func RenameNew(root *os.Root, from, to string) error {
	old, err := root.OpenFile(path.Dir(from), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	dir, err := root.OpenFile(path.Dir(to), os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer dir.Close()
	return renameAt(int(old.Fd()), path.Base(from), int(dir.Fd()), path.Base(to))
}

// renameAt gives a file of the folder old a name in the folder dir that is not
// taken.
func renameAt(old int, from string, dir int, to string) error {
	err := unix.Renameat2(old, from, dir, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return errors.ErrUnsupported // a file system or a kernel that can't
	}
	return err
}

//go:build unix

package owner

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// of tells whose a file is.
func of(info fs.FileInfo) (uid, gid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

// Give gives a file that this process has just made in dir to the user whom
// dir belongs to, if the process is root's. Otherwise it does nothing.
func Give(file *os.File, dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	uid, gid, ok := of(info)
	if !ok || uid == 0 {
		return nil
	}
	return file.Chown(uid, gid)
}

// MkdirAll is os.MkdirAll that gives each folder it makes to the user whom the
// one above belongs to, as Give does.
func MkdirAll(dir string, perm fs.FileMode) error {
	dir = filepath.Clean(dir)
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	above := filepath.Dir(dir)
	if above != dir {
		if err := MkdirAll(above, perm); err != nil {
			return err
		}
	}
	if os.Geteuid() != 0 {
		return os.MkdirAll(dir, perm)
	}
	// Another process or goroutine may look for dir at any moment: dir appears
	// when it is given already, for what is made in a folder of root's stays
	// root's.
	made, err := os.MkdirTemp(above, ".new-")
	if err != nil {
		return err
	}
	err = give(made, above, perm)
	if err == nil {
		if err = renameNew(made, dir); err == nil {
			return nil
		}
	}
	os.Remove(made)
	if errors.Is(err, fs.ErrExist) {
		return os.MkdirAll(dir, perm) // another was faster, or dir is no folder
	}
	return err
}

// give sets the permissions and the user of a folder that was just made. The
// user of the folder above may have put a link in its place meanwhile.
func give(made, above string, perm fs.FileMode) error {
	f, err := os.OpenFile(made, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(perm), Give(f, above), f.Close())
}

// renameUnseen is os.Rename to a name that is not taken; an empty folder that
// appears there meanwhile is replaced.
func renameUnseen(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// Name names the user whom the first of some files that is there belongs to, by
// number if need be; "" if none can be seen.
func Name(paths ...string) string {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		uid, _, ok := of(info)
		if !ok {
			continue
		}
		id := strconv.Itoa(uid)
		if u, err := user.LookupId(id); err == nil {
			return u.Username
		}
		return "#" + id // as sudo takes it
	}
	return ""
}

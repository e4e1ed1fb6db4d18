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
	switch err := os.Mkdir(dir, perm); {
	case errors.Is(err, fs.ErrExist):
		return os.MkdirAll(dir, perm) // another process was faster, or it is no folder
	case err != nil:
		return err
	case os.Geteuid() != 0:
		return nil
	}
	// Whoever owns the folder above may have put a link in its place meanwhile.
	made, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return errors.Join(Give(made, above), made.Close())
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

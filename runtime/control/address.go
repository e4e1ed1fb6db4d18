package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
)

// maxPath is what an address of a Unix socket can hold on every system.
const maxPath = 100

var errLongPath = errors.New("the path is too long for a socket")

// reach makes an address of a path that may be too long for one: through the
// open folder, which Linux names in /proc. done is to be called once the
// address has been used.
func reach(path string) (address string, done func(), err error) {
	if len(path) <= maxPath {
		return path, func() {}, nil
	}
	if goruntime.GOOS != "linux" {
		return "", nil, fmt.Errorf("%s: %w: %d bytes, at most %d", path, errLongPath, len(path), maxPath)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { dir.Close() }, nil
}

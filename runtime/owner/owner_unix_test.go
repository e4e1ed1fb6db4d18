//go:build unix

package owner

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// stranger is a user that no machine has.
const stranger = 65432

// TestGive: what root makes in the folder of another user is that user's.
func TestGive(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for other users")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, stranger, stranger+1); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data", "deep")
	if err := MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(data, "f"), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := Give(file, data); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(data), data, file.Name()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if uid, gid, _ := of(info); uid != stranger || gid != stranger+1 {
			t.Errorf("%s belongs to %d:%d", path, uid, gid)
		}
	}
	if name := Name(filepath.Join(dir, "none"), dir); name != "#65432" {
		t.Errorf("%q", name)
	}
	// What is there already stays whose it is.
	roots := filepath.Join(dir, "roots")
	if err := os.Mkdir(roots, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := MkdirAll(roots, 0o700); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(roots); info.Mode().Perm() != 0o755 {
		t.Errorf("%v", info.Mode())
	}
}

// TestMkdirAllAtOnce: of two that make the same folder none makes a file there
// before it is given.
func TestMkdirAllAtOnce(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for other users")
	}
	for range 200 {
		dir := t.TempDir()
		if err := os.Chown(dir, stranger, stranger); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(dir, "data")
		var both sync.WaitGroup
		for i := range 2 {
			both.Go(func() {
				if err := MkdirAll(data, 0o700); err != nil {
					t.Error(err)
				}
				f, err := OpenFile(filepath.Join(data, strconv.Itoa(i)), os.O_CREATE|os.O_RDWR, 0o600)
				if err != nil {
					t.Error(err)
					return
				}
				defer f.Close()
				info, err := f.Stat()
				if err != nil {
					t.Error(err)
					return
				}
				if uid, _, _ := of(info); uid != stranger {
					t.Errorf("%s belongs to %d", f.Name(), uid)
				}
			})
		}
		both.Wait()
		if info, _ := os.Stat(data); info.Mode().Perm() != 0o700 {
			t.Errorf("%v", info.Mode())
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

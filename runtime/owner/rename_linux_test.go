package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// tree has a folder with a folder and two files in it.
func tree(t *testing.T) (root *os.Root, inner *os.File) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "outer/inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"outer/new", "outer/inner/old"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	if inner, err = root.Open("outer/inner"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inner.Close() })
	return root, inner
}

func TestRenameNew(t *testing.T) {
	root, inner := tree(t)
	if err := RenameNew(root, "outer/new", inner, "old"); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if data, _ := root.ReadFile("outer/inner/old"); string(data) != "outer/inner/old" {
		t.Errorf("%q", data)
	}
	if err := RenameNew(root, "outer/new", inner, "free"); err != nil {
		t.Error(err)
	}
	if data, _ := root.ReadFile("outer/inner/free"); string(data) != "outer/new" {
		t.Errorf("%q", data)
	}
	if err := RenameNew(root, "outer/new", inner, "again"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := RenameNew(root, "none/new", inner, "again"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// A file system that cannot rename without replacing answers EINVAL, an old kernel
// ENOSYS. EINVAL is also the answer to a folder that is to go into itself.
func TestRenameNewCannot(t *testing.T) {
	root, inner := tree(t)
	if err := RenameNew(root, "outer", inner, "outer"); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if !errors.Is(unix.ENOSYS, errors.ErrUnsupported) {
		t.Error("ENOSYS is not known as unsupported")
	}
	// Then a folder is renamed as best it can be.
	outer := filepath.Join(root.Name(), "outer")
	var link *os.LinkError
	if err := renameNew(outer, filepath.Join(outer, "inner/outer")); !errors.As(err, &link) || !errors.Is(err, unix.EINVAL) {
		t.Error(err)
	}
	if err := renameNew(outer, outer+"/inner/old"); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}

package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// files lists what lies below a folder, unfinished files too.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	return all
}

func TestWriteMakesFoldersThatKeepOthersOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	full, err := NewFolder(dir).Write("archive/gate/1.jpg", []byte("picture"))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "archive", "gate", "1.jpg"); full != want {
		t.Errorf("got %s, want %s", full, want)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "archive/gate"): 0o700, full: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got&^want != 0 {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

// A file is whole or absent: invariant 3. What fails leaves the old one.
func TestFailedWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f := NewFolder(dir)
	if _, err := f.Write("a.jpg", []byte("old")); err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{syscall.ENOSPC, io.ErrUnexpectedEOF, errors.New("the camera went away")} {
		_, err := f.WriteFrom("a.jpg", func(w io.Writer) error {
			w.Write(bytes.Repeat([]byte("x"), 1<<16))
			return cause
		})
		if !errors.Is(err, cause) {
			t.Errorf("got %v, want %v", err, cause)
		}
		_, err = f.WriteFrom("new/b.jpg", func(w io.Writer) error { return cause })
		if !errors.Is(err, cause) {
			t.Errorf("got %v, want %v", err, cause)
		}
	}
	if got := fmt.Sprint(files(t, dir)); got != "[a.jpg]" {
		t.Errorf("left behind: %s", got)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "a.jpg")); string(got) != "old" {
		t.Errorf("the old file holds %q", got)
	}
}

// A real disk that is full, where the machine has one to lend.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	dir := t.TempDir()
	f := NewFolder(dir)
	_, err := f.WriteFrom("a.jpg", func(io.Writer) error {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer full.Close()
		_, err = full.Write([]byte("picture"))
		return err
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestNoWayOut(t *testing.T) {
	outside := t.TempDir()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"away": outside, "up": "..", "file.jpg": filepath.Join(outside, "x")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	f := NewFolder(dir)
	for _, name := range []string{
		"", ".", "..", "../x", "a/../../x", "/etc/passwd", "a/", "x\x00y", "away/x", "up/x", "away/deep/x",
		strings.Repeat("../", 30) + "tmp/x",
	} {
		if full, err := f.Write(name, []byte("x")); err == nil {
			t.Errorf("%q was written to %s", name, full)
		}
	}
	// A link in the place of the file is replaced, not followed.
	if _, err := f.Write("file.jpg", []byte("x")); err != nil {
		t.Error(err)
	}
	if got := files(t, outside); len(got) != 0 {
		t.Errorf("written outside: %v", got)
	}
	var bad *PathError
	if _, err := f.Write("../x", nil); !errors.As(err, &bad) || bad.Path != "../x" {
		t.Errorf("got %v", err)
	}
}

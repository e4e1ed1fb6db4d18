//go:build unix

package files

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in the place of a file would be waited for until somebody writes.
func TestPipesAreNotOpened(t *testing.T) {
	dir := t.TempDir()
	f := NewFolder(dir)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	var bad *PathError
	if _, err := f.Read("pipe"); !errors.As(err, &bad) || !strings.Contains(err.Error(), "not a plain file") {
		t.Error(err)
	}
	if err := f.Append("pipe", []byte("x")); !errors.As(err, &bad) {
		t.Error(err)
	}
	if _, err := f.List("pipe"); !errors.As(err, &bad) {
		t.Error(err)
	}
}

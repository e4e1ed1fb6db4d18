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
	"sync"
	"testing"
	"time"
)

// Two processes that write one site, as run and exec do, have a Folder each.
func TestManyWritersOfOneName(t *testing.T) {
	dir := t.TempDir()
	folders := []*Folder{NewFolder(dir), NewFolder(dir)}
	const size = 64 << 10
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			f := folders[i%2]
			for range 20 {
				_, err := f.WriteFrom("a.jpg", func(w io.Writer) error {
					for range 16 {
						if _, err := w.Write(bytes.Repeat([]byte{byte('a' + i)}, size/16)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				got, err := f.Read("a.jpg")
				if err != nil || len(got) != size || bytes.Count(got, got[:1]) != len(got) {
					t.Errorf("a reader saw %d bytes, %v", len(got), err)
				}
			}
		})
	}
	all.Wait()
	if got := fmt.Sprint(files(t, dir)); got != "[a.jpg]" {
		t.Errorf("left behind: %s", got)
	}
}

// Should two writers draw one number, the second fails and the first is whole.
func TestANumberDrawnTwice(t *testing.T) {
	dir := t.TempDir()
	f, other := NewFolder(dir), NewFolder(dir)
	f.number = func() uint64 { return 7 }
	other.number = f.number
	_, err := f.WriteFrom("a.jpg", func(w io.Writer) error {
		io.WriteString(w, "pic")
		if _, err := other.Write("b.jpg", []byte("x")); !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
		_, err := io.WriteString(w, "ture")
		return err
	})
	if got, _ := f.Read("a.jpg"); err != nil || string(got) != "picture" {
		t.Errorf("%q %v", got, err)
	}
}

// Before a file has its name its content is on the disk, and then the name is.
func TestSyncedBeforeRenamed(t *testing.T) {
	dir := t.TempDir()
	f := NewFolder(dir)
	var steps []string
	f.sync = func(file *os.File) error {
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		what := "folder"
		if !info.IsDir() {
			what = fmt.Sprint(info.Size(), " bytes")
		}
		_, err = os.Stat(filepath.Join(dir, "night/a.jpg"))
		steps = append(steps, fmt.Sprintf("%s, named %v", what, err == nil))
		return nil
	}
	if _, err := f.Write("night/a.jpg", []byte("picture")); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(steps, "; "), "7 bytes, named false; folder, named true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// What the disk has not taken is not there.
	broken := errors.New("the disk is broken")
	f.sync = func(*os.File) error { return broken }
	if _, err := f.Write("night/b.jpg", []byte("picture")); !errors.Is(err, broken) {
		t.Error(err)
	}
	if got := fmt.Sprint(files(t, dir)); got != "[night/a.jpg]" {
		t.Errorf("left behind: %s", got)
	}
}

func TestWhatKilledProcessesLeftIsRemoved(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{
		".0123456789abcdef.part":         25 * time.Hour,
		".0000000000000000.part":         time.Hour, // may be written now
		".mine.part":                     25 * time.Hour,
		"x.0123456789abcdef.part":        25 * time.Hour,
		".0123456789abcdef.part.jpg":     25 * time.Hour,
		"night/.0123456789abcdef.part":   25 * time.Hour,
		"other/.0123456789abcdef.part":   25 * time.Hour,
		"night/.fedcba9876543210.part":   1000 * time.Hour,
		"night/.fedcba9876543210.PART":   25 * time.Hour,
		"night/.0123456789abcdef0.part":  25 * time.Hour,
		"night/.0123456789abcde.part":    25 * time.Hour,
		"night/.0123456789abcdeg.part":   25 * time.Hour,
		"night/.1111111111111111.part/x": 25 * time.Hour,
	} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte("half a picture"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(full, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	f := NewFolder(dir)
	for _, name := range []string{"a.jpg", "night/a.jpg", "night/b.jpg"} {
		if _, err := f.Write(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := `.0000000000000000.part
.0123456789abcdef.part.jpg
.mine.part
a.jpg
night/.0123456789abcde.part
night/.0123456789abcdef0.part
night/.0123456789abcdeg.part
night/.1111111111111111.part/x
night/.fedcba9876543210.PART
night/a.jpg
night/b.jpg
other/.0123456789abcdef.part
x.0123456789abcdef.part`
	if got := strings.Join(files(t, dir), "\n"); got != want {
		t.Errorf("left:\n%s\nwant:\n%s", got, want)
	}
}

func TestSweepersForget(t *testing.T) {
	var s sweeper
	for i := range 3 * maxSwept {
		if dir := fmt.Sprint(i); !s.first(dir) || s.first(dir) {
			t.Fatal(dir)
		}
	}
	if len(s.done) > maxSwept {
		t.Errorf("%d folders are remembered", len(s.done))
	}
}

// What another process appended behind a write that failed stays.
func TestOnlyOnesOwnIsTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	open := func() *os.File {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	one, other := open(), open()
	io.WriteString(other, "first\n")
	n, _ := io.WriteString(one, "half a li")
	if err := takeBack(one, n); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "first\n" {
		t.Errorf("%q", got)
	}
	n, _ = io.WriteString(one, "half a li")
	io.WriteString(other, "second\n")
	if err := takeBack(one, n); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "first\nhalf a lisecond\n" {
		t.Errorf("%q", got)
	}
}

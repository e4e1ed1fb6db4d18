package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/api"
)

// logLine is a line of 99 bytes and its end, numbered.
func logLine(i int) []byte { return fmt.Appendf(nil, "%99d\n", i) }

func openTestLog(t *testing.T, path string) *logFile {
	t.Helper()
	l, err := openLogFile(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestLogFileIsRotated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "hiklua.log")
	const lines = 5 << 20 / 100
	for n := range 2 { // the second one goes on where the first one ended
		l := openTestLog(t, path)
		for i := range lines {
			l.Write(logLine(n*lines + i))
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files := logFiles(path)
	if len(files) != 1+logFileKept {
		t.Errorf("%v", files)
	}
	var all strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil || info.Size() > 1<<20 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, info, err)
		}
		all.WriteString(read(t, f))
	}
	kept := strings.Split(strings.TrimSuffix(all.String(), "\n"), "\n")
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 || len(kept) < 4<<20/100 {
		t.Errorf("%v, %d lines", err, len(kept))
	}
	for i, line := range kept { // each of them whole, in their order, up to the last
		if want := string(logLine(2*lines - len(kept) + i)); line+"\n" != want {
			t.Fatalf("line %d: %q, want %q", i, line, want)
		}
	}
}

// A log file that is moved aside or removed under the host is begun anew, and one
// that another program has made in its place is gone on with.
func TestLogFileIsRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "hiklua.log")
	l := openTestLog(t, path)
	l.Write(logLine(1))
	os.Rename(path, path+".moved")
	l.Write(logLine(2))
	if got := read(t, path); got != string(logLine(2)) {
		t.Errorf("after it was moved: %q", got)
	}
	os.Remove(path)
	l.Write(logLine(3))
	os.Rename(path, path+".moved")
	write(t, filepath.Dir(path), map[string]string{"hiklua.log": "made anew\n"})
	l.Write(logLine(4))
	if got := read(t, path); got != "made anew\n"+string(logLine(4)) {
		t.Errorf("after another was made: %q", got)
	}
	if info, err := os.Stat(path + ".moved"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	os.RemoveAll(filepath.Dir(path))
	if _, err := l.Write(logLine(5)); err != nil {
		t.Error(err)
	}
	os.MkdirAll(filepath.Dir(path), 0o700)
	l.Write(logLine(6))
	if got := read(t, path); got != string(logLine(6)) {
		t.Errorf("after its folder was removed: %q", got)
	}
}

// A log file that cannot be set aside grows.
func TestLogFileCannotBeSetAside(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "hiklua.log")
	l := openTestLog(t, path)
	os.Chmod(dir, 0o500)
	defer os.Chmod(dir, 0o700)
	const lines = 2 << 20 / 100
	for i := range lines {
		l.Write(logLine(i))
	}
	if got := read(t, path); len(got) != 100*lines || len(logFiles(path)) != 1 {
		t.Errorf("%d bytes in %v", len(got), logFiles(path))
	}
}

// A full disk is no error, and what it has cut off does not run into the next line.
func TestLogFileOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hiklua.log")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Skip(err)
	}
	l, err := openLogFile(path, 1)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	for i := range 3 {
		if n, err := l.Write(logLine(i)); n != 100 || err != nil {
			t.Error(n, err)
		}
	}
	os.Remove(path) // there is room again
	l.torn = true   // as after a line of which a part was written
	l.Write(logLine(3))
	l.Write(logLine(4))
	if got := read(t, path); got != "\n"+string(logLine(3))+string(logLine(4)) {
		t.Errorf("%q", got)
	}
	found, err := readLogFile(path, time.UTC, api.LogFilter{}, func(*logEntry) error { return nil })
	if !found || err != nil {
		t.Error(found, err)
	}
}

// A line that is longer than a file may be is written all the same.
func TestLogFileTakesLongLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hiklua.log")
	l := openTestLog(t, path)
	long := strings.Repeat("x", 3<<20) + "\n"
	l.Write([]byte(long))
	l.Write(logLine(1))
	l.Close()
	var all strings.Builder
	for _, f := range logFiles(path) {
		all.WriteString(read(t, f))
	}
	if all.String() != long+string(logLine(1)) {
		t.Errorf("%d bytes", all.Len())
	}
}

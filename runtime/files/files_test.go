package files

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
)

func newFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	return NewFolder(dir), dir
}

func TestAFileComesBackAsItWasWritten(t *testing.T) {
	f, dir := newFolder(t)
	if list, err := f.List(""); err != nil || len(list) != 0 {
		t.Errorf("before anything was written: %v %v", list, err)
	}
	if _, err := f.Read("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading where nothing is: %v", err)
	}
	if err := f.Remove("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removing where nothing is: %v", err)
	}
	if _, err := f.Write("sub/a.txt", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := f.Append("sub/a.txt", []byte(" two")); err != nil {
		t.Fatal(err)
	}
	if err := f.Append("log.txt", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if data, err := f.Read("sub/a.txt"); string(data) != "one two" || err != nil {
		t.Errorf("%q %v", data, err)
	}
	os.WriteFile(filepath.Join(dir, ".x.1.part"), nil, 0o600)
	list, err := f.List("")
	if got := fmt.Sprint(names(list), err); got != "[log.txt:5 sub/:0] <nil>" {
		t.Error(got)
	}
	if err := f.Remove("sub"); err == nil {
		t.Error("a folder with a file in it was removed")
	}
	for _, name := range []string{"sub/a.txt", "sub"} {
		if err := f.Remove(name); err != nil {
			t.Error(err)
		}
	}
	if list, _ := f.List(""); fmt.Sprint(names(list)) != "[log.txt:5]" {
		t.Error(names(list))
	}
	if goruntime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "log.txt"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
}

func TestRename(t *testing.T) {
	f, dir := newFolder(t)
	if there, err := f.Exists("a"); there || err != nil {
		t.Errorf("before anything was written: %v %v", there, err)
	}
	if err := f.Rename("a", "b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where nothing is: %v", err)
	}
	for _, name := range []string{"a", "b", "sub/c", "sub/deep/d"} {
		if _, err := f.Write(name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, names := range [][2]string{{"a", "b"}, {"sub/c", "new/below/c"}, {"sub/deep/d", "sub/deep/d"}} {
		if err := f.Rename(names[0], names[1]); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]string{"b": "a", "new/below/c": "sub/c", "sub/deep/d": "sub/deep/d"} {
		if data, err := f.Read(name); string(data) != want || err != nil {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
	}
	for name, want := range map[string]bool{"a": false, "b": true, "sub/c": false, "sub": true, "sub/": true, "new/below/c/x": false} {
		if there, err := f.Exists(name); there != want || err != nil {
			t.Errorf("%s: %v %v", name, there, err)
		}
	}
	os.Mkdir(filepath.Join(dir, "empty"), 0o700)
	var bad *PathError
	for _, names := range [][2]string{{"sub", "other"}, {"b", "sub"}, {"b", "empty"}, {"b", "../b"}, {"../b", "b"}, {"b", "/tmp/b"}, {"b", "sub/"}, {"b", ""}} {
		if err := f.Rename(names[0], names[1]); !errors.As(err, &bad) {
			t.Errorf("%q to %q: %v", names[0], names[1], err)
		}
	}
	if err := f.Rename("b", "new/below/c/x"); err == nil {
		t.Error("a file became a folder")
	}
	if data, err := f.Read("b"); string(data) != "a" || err != nil {
		t.Errorf("after what failed b holds %q, %v", data, err)
	}
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Skip("no links here: ", err)
	}
	os.WriteFile(filepath.Join(outside, "secret"), nil, 0o600)
	for _, names := range [][2]string{{"b", "out/b"}, {"out/secret", "b"}} {
		if err := f.Rename(names[0], names[1]); !errors.As(err, &bad) {
			t.Errorf("%q to %q: %v", names[0], names[1], err)
		}
	}
	if _, err := f.Exists("out/secret"); !errors.As(err, &bad) {
		t.Errorf("out/secret: %v", err)
	}
}

func names(list []Info) (all []string) {
	for _, i := range list {
		slash := ""
		if i.Dir {
			slash = "/"
		}
		all = append(all, fmt.Sprintf("%s%s:%d", i.Name, slash, i.Size))
	}
	return all
}

// Whatever is tried, nothing outside is read, written, listed or removed.
func TestNothingLeadsOut(t *testing.T) {
	f, dir := newFolder(t)
	outside := filepath.Join(filepath.Dir(dir), "outside")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(outside, 0o700)); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("marker"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"dir": "../outside", "file": "../outside/secret", "absolute": secret, "new": "../outside/new", "self": "../data/../outside",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	paths := []string{
		"../outside/secret", "x/../../outside/secret", "dir/secret", "dir/new", "file", "absolute", "new", "self/secret", secret,
		"/etc/passwd", "..", ".", "", "dir/", "a\x00b",
	}
	for _, p := range paths {
		if data, err := f.Read(p); err == nil || bytes.Contains(data, []byte("marker")) {
			t.Errorf("%q was read: %q", p, data)
		}
		if err := f.Append(p, []byte("x")); err == nil {
			t.Errorf("%q was appended to", p)
		}
		if p == "dir/secret" || p == "self/secret" || p == secret {
			if err := f.Remove(p); err == nil {
				t.Errorf("%q was removed", p)
			}
		}
		if p != "" && p != "." {
			if list, err := f.List(p); err == nil {
				t.Errorf("%q was listed: %v", p, names(list))
			}
		}
		f.Write(p, []byte("x")) // may replace the link itself
	}
	if data, err := os.ReadFile(secret); string(data) != "marker" {
		t.Errorf("the file outside holds %q (%v)", data, err)
	}
	if list, _ := os.ReadDir(outside); len(list) != 1 {
		t.Errorf("outside there are now %v", list)
	}
}

func TestSizes(t *testing.T) {
	f, dir := newFolder(t)
	if _, err := f.Write("a", make([]byte, MaxRead)); err != nil {
		t.Fatal(err)
	}
	if data, err := f.Read("a"); len(data) != MaxRead || err != nil {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	var size *SizeError
	if err := f.Append("a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read("a"); !errors.As(err, &size) || !strings.Contains(err.Error(), "16 MB") {
		t.Errorf("a larger file: %v", err)
	}
	if err := os.Truncate(filepath.Join(dir, "a"), MaxAppended); err != nil { // takes no room
		t.Fatal(err)
	}
	if err := f.Append("a", []byte("x")); !errors.As(err, &size) {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestFoldersTooLargeToList(t *testing.T) {
	f, _ := newFolder(t)
	f.listed = 3
	for _, name := range []string{"d", "c", "b", "a"} {
		if _, err := f.Write(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	var size *SizeError
	if _, err := f.List(""); !errors.As(err, &size) || !strings.Contains(err.Error(), "more than 3 files") {
		t.Error(err)
	}
	if err := f.Remove("d"); err != nil {
		t.Fatal(err)
	}
	if list, err := f.List(""); err != nil || len(list) != 3 {
		t.Error(list, err)
	}
}

// Pieces of many writers at once are all there, whole.
func TestAppendIsAtomic(t *testing.T) {
	f, _ := newFolder(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				if err := f.Append("log", []byte(strings.Repeat(string(rune('a'+i)), 999)+"\n")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	data, err := f.Read("log")
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if err != nil || len(lines) != 400 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, l := range lines {
		if len(l) != 999 || strings.Trim(l, l[:1]) != "" {
			t.Fatalf("a broken line: %q", l)
		}
	}
}

func TestReserved(t *testing.T) {
	for name, want := range map[string]bool{
		"state.db": true, "STATE.DB": true, "state.db.broken-2026": true, "./x/../state.db": true, "state.db./x": true, "control.sock": true,
		"hiklua.log": true, "hiklua.log.1": true, "page.key": true, "page.key.new": true, "Page.Key": true, "journal": true, "journal/a": true, "journal.1": true, "x.lock": true,
		"archive.db": true, "archive/.hiklua/2026-03-04.sha256": true, "x/.HIKLUA./a": true, "my/state.db": false, "archive/a.jpg": false, "states.txt": false, "journals/x": false, "gate.log": false,
	} {
		if _, err := NewFolder("data").ForScripts(name); (err != nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

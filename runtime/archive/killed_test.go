//go:build unix

package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
)

// site is an archive with its index, as a host has it.
type site struct {
	dir   string // of the site
	files *archive.Archive
	index *index.Index
}

func openSite(dir string) (*site, error) {
	s := &site{dir: dir}
	var err error
	clk := clock.Real()
	layout := "{device}/{channel}/{date}/{time}.jpg"
	s.index, err = index.Open(context.Background(), filepath.Join(dir, "data", index.FileName), s.path(), index.Options{
		Clock: clk, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Zone: time.UTC, Layout: layout,
	})
	if err != nil {
		return nil, err
	}
	s.files, err = archive.Open(archive.Options{Dir: s.path(), Layout: layout, Zone: time.UTC, Clock: clk, Index: s.index})
	return s, err
}

func (s *site) path() string { return filepath.Join(s.dir, "data", "archive") }

// at is when the nth picture is taken: two of one second each, over midnight.
func at(n int) time.Time { return time.Date(2026, 3, 4, 23, 59, 58+n/2, 0, time.UTC) }

func (s *site) take(n int, data []byte) error {
	_, err := s.files.Add(context.Background(), archive.Entry{Device: "gate", Channel: 1, Taken: at(n)}, func(w io.Writer) error {
		_, err := io.Copy(w, io.MultiReader(bytes.NewReader(data[:100]), bytes.NewReader(data[100:])))
		return err
	})
	return err
}

// TestKilledChild is not a test: it is the process that is killed.
func TestKilledChild(t *testing.T) {
	step, dir := os.Getenv("HIKLUA_KILL_AT"), os.Getenv("HIKLUA_KILL_DIR")
	if step == "" {
		t.Skip("run by TestKilledAtEachStep")
	}
	data, err := os.ReadFile("jpeg/testdata/camera.jpg")
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSite(dir)
	if err != nil {
		t.Fatal(err)
	}
	if step == "linked" {
		s.files.CannotRename()
	}
	for n := range 5 {
		if n == 4 {
			s.files.OnStep(func(what string) {
				if what == step {
					syscall.Kill(os.Getpid(), syscall.SIGKILL)
				}
			})
		}
		if err := s.take(n, data); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			if err := s.index.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Fatalf("no step %q", step)
}

// Wherever a process is killed, the next one finds only whole pictures, nothing
// unfinished, and an index that says the same as the files.
func TestKilledAtEachStep(t *testing.T) {
	data, err := os.ReadFile("jpeg/testdata/camera.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		step  string
		there bool // the picture on its way has got there
	}{
		{"begun", false}, {"writing", false}, {"before sync", false}, {"before rename", false},
		{"linked", true}, {"after rename", true}, {"folder synced", true}, {"before index", true}, {"added", true},
	} {
		t.Run(c.step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledChild$")
			child.Env = append(os.Environ(), "HIKLUA_KILL_AT="+c.step, "HIKLUA_KILL_DIR="+dir)
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("%v\n%s", err, out)
			}

			s, err := openSite(dir)
			if err != nil {
				t.Fatal(err)
			}
			want := 4
			if c.there {
				want = 5
			}
			onDisk := s.pictures(t)
			if len(onDisk) != want {
				t.Errorf("%d pictures, want %d: %v", len(onDisk), want, onDisk)
			}
			s.compare(t, onDisk)
			// And on it goes.
			for n := 4; n < 7; n++ {
				if err := s.take(n, data); err != nil {
					t.Fatal(err)
				}
			}
			s.compare(t, s.pictures(t))
			if err := s.index.Close(ctx); err != nil {
				t.Fatal(err)
			}
			report, err := index.Verify(ctx, s.path(), index.VerifyOptions{})
			if err != nil || len(report.Findings) > 0 || report.Files != int64(want+3) {
				t.Errorf("%v %+v", err, report)
			}
		})
	}
}

// pictures lists the pictures by path, and fails for what is none.
func (s *site) pictures(t *testing.T) (all []string) {
	t.Helper()
	filepath.WalkDir(s.path(), func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(s.path(), path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			t.Fatal(err)
		case e.IsDir():
		case strings.HasSuffix(rel, ".part"):
			t.Errorf("left behind: %s", rel)
		case !strings.HasPrefix(rel, archive.OwnFolder+"/"):
			all = append(all, rel)
		}
		return nil
	})
	return all
}

// compare compares the files with the index.
func (s *site) compare(t *testing.T, files []string) {
	t.Helper()
	var known []string
	err := s.index.List(context.Background(), archive.Query{}, func(e archive.Entry) error {
		known = append(known, e.Path)
		f, err := os.Open(filepath.Join(s.path(), filepath.FromSlash(e.Path)))
		if err != nil {
			return err
		}
		defer f.Close()
		is, err := archive.ReadEntry(f)
		is.Path = e.Path
		if diff := gocmp.Diff(is, e); diff != "" || err != nil {
			return fmt.Errorf("%v; the file and the index differ: %s", err, diff)
		}
		return nil
	})
	slices.Sort(known)
	slices.Sort(files)
	if diff := gocmp.Diff(files, known); diff != "" || err != nil {
		t.Errorf("%v -files +index\n%s", err, diff)
	}
}

package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/clock"
)

func TestWhatFailsLeavesNothing(t *testing.T) {
	good := picture(t, "baseline.jpg")
	broken := errors.New("the camera went away")
	ended, end := clock.WithCancelCause(context.Background())
	end(errors.New("the task was cancelled"))
	for _, c := range []struct {
		name, want string
		fill       func(io.Writer) error
		sync       error
		ctx        context.Context
	}{
		{name: "the camera", want: "the camera went away", fill: func(w io.Writer) error { w.Write(good[:500]); return broken }},
		{name: "nothing", want: "nothing came", fill: writes(nil)},
		{name: "half of it", want: "ends before its end marker", fill: writes(good[:500])},
		{name: "HTML", want: "does not begin with FF D8", fill: writes([]byte("<html>"))},
		{name: "sync", want: ": no space left on device", fill: writes(good), sync: syscall.ENOSPC},
		{name: "cancelled", want: "the task was cancelled", fill: writes(good), ctx: ended},
	} {
		a, index := newArchive(t)
		if c.sync != nil {
			a.sync = func(*os.File) error { return c.sync }
		}
		ctx := c.ctx
		if ctx == nil {
			ctx = context.Background()
		}
		_, err := a.Add(ctx, Entry{Device: "gate", Channel: 1}, c.fill)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := filesOf(t, a); len(got) > 0 || len(index.added) > 0 {
			t.Errorf("%s: left %v, %v", c.name, got, index.added)
		}
	}
}

// The hash is of what the disk has, and less than what was written is no picture.
func TestADiskThatLosesTheEnd(t *testing.T) {
	a, index := newArchive(t)
	a.step = func(what string) {
		if what != "before sync" {
			return
		}
		parts, err := filepath.Glob(filepath.Join(a.Dir(), partsFolder, "*", ".*.part"))
		if err != nil || len(parts) != 1 {
			t.Fatal(parts, err)
		}
		if err := os.Truncate(parts[0], 1000); err != nil {
			t.Fatal(err)
		}
	}
	_, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "camera.jpg")))
	var disk *DiskError
	if !errors.As(err, &disk) || !strings.HasSuffix(err.Error(), ": the disk has less of the picture than was written") {
		t.Error(err)
	}
	if got := filesOf(t, a); len(got) > 0 || len(index.added) > 0 {
		t.Errorf("left %v, %v", got, index.added)
	}
}

// The order of things: on the disk, then under its name, then the name on the
// disk, then known.
func TestSyncedNamedIndexed(t *testing.T) {
	a, index := newArchive(t)
	var steps []string
	name := filepath.Join(a.Dir(), "gate/1/2026-03-04/12-00-00.jpg")
	a.sync = func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		_, err = os.Stat(name)
		steps = append(steps, fmt.Sprintf("sync %v named=%v indexed=%d expected=%v", info.IsDir(), err == nil, len(index.added), index.expected))
		return nil
	}
	a.step = func(what string) {
		if what == "before rename" && len(index.expected) != 1 {
			t.Errorf("the index expects %v", index.expected)
		}
	}
	if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg"))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"sync false named=false indexed=0 expected=[]",
		"sync true named=true indexed=0 expected=[gate/1/2026-03-04]",
	}
	if diff := gocmp.Diff(want, steps); diff != "" {
		t.Error(diff)
	}
}

func TestTheArchiveIsNotThere(t *testing.T) {
	gone := errors.New("the mount is gone")
	a, index := newArchive(t)
	index.absent = gone
	full := errors.New("the disk is full")
	if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg"))); !errors.Is(err, gone) {
		t.Error(err)
	}
	a, _ = newArchive(t, func(o *Options) { o.Admit = func(context.Context) error { return full } })
	if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg"))); !errors.Is(err, full) {
		t.Error(err)
	}
	wantFiles(t, a)
}

func TestNoWayOut(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"gate", "archive: gate/1/2026-03-04/12-00-00.jpg: a symbolic link leads out of the archive"},
		{"gate/1", "archive: gate/1/2026-03-04/12-00-00.jpg: a symbolic link leads out of the archive"},
		{"gate/1/2026-03-04", "archive: gate/1/2026-03-04/12-00-00.jpg: a symbolic link leads out of the archive"},
		{OwnFolder, ": a symbolic link leads out of the archive"},
	} {
		a, _ := newArchive(t)
		outside := t.TempDir()
		link := filepath.Join(a.Dir(), c.name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.Symlink(outside, link)); err != nil {
			t.Skip(err)
		}
		_, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg")))
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if list, _ := os.ReadDir(outside); len(list) > 0 {
			t.Errorf("%s: outside there is %v", c.name, list)
		}
	}
}

func TestAFileInThePlaceOfAFolder(t *testing.T) {
	for _, name := range []string{"gate", "gate/1", "gate/1/2026-03-04", OwnFolder, OwnFolder + "/parts"} {
		a, _ := newArchive(t)
		path := filepath.Join(a.Dir(), name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
		_, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg")))
		if err == nil || !strings.Contains(err.Error(), "archive: "+name+": is a file, in the place of a folder") {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != "mine" {
			t.Errorf("%s holds %q", name, got)
		}
	}
}

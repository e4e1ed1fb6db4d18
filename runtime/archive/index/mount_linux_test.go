package index

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// mounted is a site whose archive lies on a small disk of its own.
func mounted(t *testing.T, options string) *site {
	t.Helper()
	s := newSite(t)
	s.close()
	must(t, os.RemoveAll(filepath.Dir(s.db)))
	must(t, os.RemoveAll(s.dir))
	disk := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(disk, 0o700))
	s.dir = filepath.Join(disk, "archive")
	s.mount(options)
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	t.Cleanup(s.close)
	s.open()
	return s
}

func (s *site) mount(options string) {
	s.t.Helper()
	err := syscall.Mount("tmpfs", filepath.Dir(s.dir), "tmpfs", 0, options)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		s.t.Skip("NOT TESTED: a disk that is full, read-only or gone; only root mounts one:", err)
	}
	must(s.t, err)
}

// An archive on a disk that is not mounted any more is not written into the empty
// mount point, not even by the picture that is on its way.
func TestADiskThatIsUnmounted(t *testing.T) {
	s := mounted(t, "size=1m")
	first := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.clk.RunFor(time.Minute)
	disk := filepath.Dir(s.dir)
	// The disk moves, as one that is mounted elsewhere.
	other := filepath.Join(t.TempDir(), "other")
	must(t, os.Mkdir(other, 0o700))
	a, err := archive.Open(archive.Options{Dir: s.dir, Layout: s.opt.Layout, Zone: time.UTC, Clock: s.clk, Index: s.x})
	must(t, err)
	var second archive.Entry
	s.do(func(ctx context.Context) (err error) {
		second, err = a.Add(ctx, archive.Entry{Device: "gate", Channel: 1}, func(w io.Writer) error {
			must(t, syscall.Mount(disk, other, "", syscall.MS_MOVE, ""))
			data, err := os.ReadFile("../jpeg/testdata/gray.jpg")
			must(t, err)
			_, err = w.Write(data)
			return err
		})
		return err
	})
	t.Cleanup(func() { syscall.Unmount(other, syscall.MNT_DETACH) })
	if _, err := os.Stat(filepath.Join(other, "archive", second.Path)); err != nil {
		t.Error("the picture is not on its disk:", err)
	}
	s.wantFolderError(s.fails(), "the folder is gone")
	must(t, os.Mkdir(s.dir, 0o700)) // as who mounts on the archive itself has it
	s.wantFolderError(s.fails(), "is not the archive")
	s.clk.RunFor(time.Minute)
	s.wantFolderError(s.x.Problem(), "is not the archive")
	if got := files(t, disk); got != "" {
		t.Error("written into the mount point:", got)
	}
	must(t, syscall.Mount(other, disk, "", syscall.MS_MOVE, ""))
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); err != nil {
		t.Error(err)
	}
	third := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(first.Path, second.Path, third.Path)
	s.wantVerified()
}

// A full disk is an error of the picture, and of the manifest, and both go on
// when there is room again.
func TestAFullDisk(t *testing.T) {
	s := mounted(t, "size=256k")
	first := s.snap(archive.Entry{Device: "gate", Channel: 1})
	filler := filepath.Join(filepath.Dir(s.dir), "filler")
	file, err := os.Create(filler)
	must(t, err)
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	file.Close()
	if err := s.fails(); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	s.clk.RunFor(time.Minute) // the manifest does not come about
	if err := s.x.Problem(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.(*FolderError).Hint(), "make room") {
		t.Error(err)
	}
	must(t, os.Remove(filler))
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); err != nil {
		t.Error(err)
	}
	second := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(first.Path, second.Path)
	s.wantVerified()
	if got := files(t, filepath.Join(s.dir, ".hiklua/parts")); got != "" {
		t.Error("unfinished pictures are left:", got)
	}
}

func TestAReadOnlyDisk(t *testing.T) {
	s := mounted(t, "size=1m")
	first := s.snap(archive.Entry{Device: "gate", Channel: 1})
	disk := filepath.Dir(s.dir)
	must(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	if err := s.fails(); !errors.Is(err, syscall.EROFS) {
		t.Error(err)
	}
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); !errors.Is(err, syscall.EROFS) {
		t.Error(err)
	}
	must(t, syscall.Mount("", disk, "", syscall.MS_REMOUNT, ""))
	s.clk.RunFor(time.Minute)
	second := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(first.Path, second.Path)
	s.wantVerified()
}

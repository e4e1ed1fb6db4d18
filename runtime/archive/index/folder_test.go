package index

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// fails tries to take a picture, and gives why that is not possible.
func (s *site) fails() (err error) {
	s.t.Helper()
	a, openErr := archive.Open(archive.Options{Dir: s.dir, Layout: s.opt.Layout, Zone: time.UTC, Clock: s.clk, Index: s.x})
	if openErr != nil {
		return openErr
	}
	s.clk.Do(func() {
		_, err = a.Add(context.Background(), archive.Entry{Device: "gate", Channel: 1}, func(w io.Writer) error {
			data, err := os.ReadFile("../jpeg/testdata/gray.jpg")
			if err != nil {
				return err
			}
			_, err = w.Write(data)
			return err
		})
	})
	if err == nil {
		s.t.Error("the picture was taken")
		return errors.New("none")
	}
	if strings.Contains(err.Error(), "\n") {
		s.t.Error(err)
	}
	return err
}

func (s *site) wantFolderError(err error, problem string) {
	s.t.Helper()
	var folder *FolderError
	if !errors.As(err, &folder) || !strings.Contains(err.Error(), problem) || folder.Hint() == "" {
		s.t.Errorf("%v, want %s", err, problem)
	}
}

// A folder that is taken away is not made anew, an empty one in its place is not
// written into, and when it is back all goes on by itself.
func TestAFolderThatGoes(t *testing.T) {
	s := newSite(t)
	first := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.clk.RunFor(time.Minute)
	second := s.snap(archive.Entry{Device: "gate", Channel: 1}) // not recorded yet
	away := s.dir + ".away"
	must(t, os.Rename(s.dir, away))
	s.wantFolderError(s.fails(), "the folder is gone")
	if _, err := os.Lstat(s.dir); err == nil {
		t.Error("it was made anew")
	}
	s.clk.RunFor(time.Minute)
	s.wantFolderError(s.x.Problem(), "the folder is gone")
	must(t, os.Mkdir(s.dir, 0o700))
	s.wantFolderError(s.fails(), "is not the archive")
	s.clk.RunFor(time.Minute)
	s.wantFolderError(s.x.Problem(), "is not the archive")
	if got := files(t, s.dir); got != "" {
		t.Error("written into an empty folder:", got)
	}
	must(t, os.Remove(s.dir))
	must(t, os.WriteFile(s.dir, nil, 0o600))
	s.wantFolderError(s.fails(), "a file is in its place")
	must(t, os.Remove(s.dir))
	must(t, os.Rename(away, s.dir))
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); err != nil {
		t.Error(err)
	}
	third := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(first.Path, second.Path, third.Path)
	s.wantVerified()
	// Each state is told once.
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 2 {
		t.Error(s.log.String())
	}
}

// Another archive in the place of this one is not written into: the disks were
// changed.
func TestAnotherArchiveInItsPlace(t *testing.T) {
	s := newSite(t)
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.clk.RunFor(time.Minute)
	other := newSite(t)
	other.snap(archive.Entry{Device: "gate", Channel: 2})
	other.close()
	must(t, os.Rename(s.dir, s.dir+".away"))
	must(t, os.Rename(other.dir, s.dir))
	before := files(t, s.dir)
	s.wantFolderError(s.fails(), "another archive is there")
	if got := files(t, s.dir); got != before {
		t.Error(got)
	}
	must(t, os.RemoveAll(s.dir))
	must(t, os.Rename(s.dir+".away", s.dir))
}

// A process that ends while the archive is away loses nothing of it.
func TestAnEndWhileTheFolderIsGone(t *testing.T) {
	s := newSite(t)
	e := s.snap(archive.Entry{Device: "gate", Channel: 1})
	must(t, os.Rename(s.dir, s.dir+".away"))
	s.close()
	must(t, os.Rename(s.dir+".away", s.dir))
	s.open()
	s.wantListed(e.Path)
	s.wantVerified()
}

// A start without the folder is the same.
func TestAFolderThatIsNotThereAtTheStart(t *testing.T) {
	s := newSite(t)
	first := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.close()
	must(t, os.Rename(s.dir, s.dir+".away"))
	s.x = Start(s.db, s.dir, s.opt)
	s.clk.RunFor(time.Minute)
	s.wantFolderError(s.x.Problem(), "the folder is gone")
	s.wantFolderError(s.fails(), "the folder is gone")
	s.clk.Do(func() {
		ctx := context.Background()
		must(t, s.x.Ready(ctx))
		if err := s.x.List(ctx, archive.Query{}, func(archive.Entry) error { return nil }); err != nil {
			t.Error("nothing is listed meanwhile:", err)
		}
	})
	must(t, os.Rename(s.dir+".away", s.dir))
	s.clk.RunFor(time.Minute)
	second := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(first.Path, second.Path)
}

// What is gone for good is begun anew by Rebuild.
func TestAnArchiveThatIsBegunAnew(t *testing.T) {
	s := newSite(t)
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.close()
	must(t, os.RemoveAll(s.dir))
	s.do(func(ctx context.Context) error {
		r, err := Rebuild(ctx, s.db, s.dir, s.opt, VerifyOptions{})
		if len(r.Findings) != 0 {
			t.Error(r)
		}
		return err
	})
	s.open()
	again := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(again.Path)
	s.wantVerified()
}

// A picture that was not recorded yet when the folder went is no part of the
// archive that is begun anew.
func TestBegunAnewWithoutWhatWaited(t *testing.T) {
	s := newSite(t)
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.clk.RunFor(time.Minute)
	s.snap(archive.Entry{Device: "gate", Channel: 1}) // not recorded yet
	must(t, os.RemoveAll(s.dir))
	s.clk.RunFor(time.Minute)
	var folder *FolderError
	if err := s.x.Problem(); !errors.As(err, &folder) || !strings.Contains(folder.Hint(), "make the folder, and") {
		t.Error(err)
	}
	must(t, os.Mkdir(s.dir, 0o700)) // as the hint says
	s.do(func(ctx context.Context) error {
		r, err := s.x.Rebuild(ctx, VerifyOptions{})
		if len(r.Findings) != 0 {
			t.Error(r)
		}
		return err
	})
	again := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.wantListed(again.Path)
	s.wantVerified()
}

// An archive that is moved keeps its index; another archive begins another one,
// and that of the first is kept.
func TestAnotherPath(t *testing.T) {
	s := newSite(t)
	first := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.close()
	moved := filepath.Join(t.TempDir(), "moved")
	must(t, os.Rename(s.dir, moved))
	s.dir = moved
	s.open()
	s.wantListed(first.Path)
	s.wantVerified()
	s.close()

	s.dir = filepath.Join(t.TempDir(), "new")
	s.open()
	s.wantListed()
	s.wantVerified()
	second := s.snap(archive.Entry{Device: "gate", Channel: 2})
	s.wantListed(second.Path)
	aside, err := filepath.Glob(s.db + ".of-*")
	if err != nil || len(aside) != 1 {
		t.Error(aside, err)
	}
}

// Two sites cannot write to one archive: the one that came first is told.
func TestTwoSitesWithOneArchive(t *testing.T) {
	s := newSite(t)
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.clk.RunFor(time.Minute)
	other := *s
	other.db = filepath.Join(t.TempDir(), FileName)
	other.open()
	defer other.close()
	s.wantFolderError(s.fails(), "another site")
	s.clk.RunFor(time.Minute)
	if err := other.x.Problem(); err == nil || !strings.Contains(err.Error(), "begins anew") {
		t.Error(err)
	}
	s.clk.Do(func() { s.x.Close(context.Background()) })
	s.x = nil
}

// A marker that names no archive is as good as none, for the index that knows the
// archive and for one that begins.
func TestAMarkerOfNoArchive(t *testing.T) {
	s := newSite(t)
	name := filepath.Join(s.dir, filepath.FromSlash(markerName))
	must(t, os.WriteFile(name, []byte(marker{}.text()), 0o600))
	s.wantFolderError(s.fails(), markerName+": it is damaged")
	s.close()
	must(t, os.Remove(s.db))
	s.open()
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	if data, err := os.ReadFile(name); err != nil || s.x.ident.Archive == "" || string(data) != s.x.ident.text() {
		t.Errorf("%q, %v, want %q", data, err, s.x.ident.text())
	}
}

// Removing goes on in the folder that it has begun in, and leaves folders in
// which pictures are expected.
func TestEmptyFoldersGo(t *testing.T) {
	s := newSite(t)
	a := s.take(entry(noon, ""))
	other := entry(noon, "")
	other.Path = "yard/2/a.jpg"
	b := s.take(other)
	s.clk.RunFor(expectFor + time.Hour)
	c := s.take(entry(s.clk.Now(), ""))
	s.clk.RunFor(time.Minute)
	s.remove("x", b.Path)
	entries, err := os.ReadDir(s.dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{".hiklua", "gate"}) {
		t.Error(names)
	}
	s.remove("x", a.Path, c.Path)
	if _, err := os.Stat(filepath.Join(s.dir, filepath.Dir(c.Path))); err != nil {
		t.Error("a folder is gone in which pictures are expected:", err)
	}
}

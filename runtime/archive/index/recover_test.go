package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// snap takes a real picture through an archive.
func (s *site) snap(e archive.Entry) archive.Entry {
	s.t.Helper()
	a, err := archive.Open(archive.Options{Dir: s.dir, Layout: s.opt.Layout, Zone: time.UTC, Clock: s.clk, Index: s.x})
	must(s.t, err)
	data, err := os.ReadFile("../jpeg/testdata/gray.jpg")
	must(s.t, err)
	s.do(func(ctx context.Context) (err error) {
		e, err = a.Add(ctx, e, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		return err
	})
	return e
}

func paths(list []archive.Entry) []string {
	all := []string{}
	for _, e := range list {
		all = append(all, e.Path)
	}
	return all
}

func (s *site) wantListed(want ...string) {
	s.t.Helper()
	if got := s.list(archive.Query{}); !slices.Equal(got, want) {
		s.t.Errorf("listed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What was renamed and not recorded when the process was killed is found in the
// folders that were expected, and only there.
func TestACrashBeforePicturesAreRecorded(t *testing.T) {
	s := newSite(t)
	var all []archive.Entry
	for i := range 3 {
		all = append(all, s.snap(archive.Entry{Device: "gate", Channel: 1, Label: "alarm", Head: &archive.Head{Preset: "door"}, Taken: noon.Add(time.Duration(i) * 24 * time.Hour)}))
	}
	first := filepath.Join(s.dir, all[0].Path)
	data, err := os.ReadFile(first)
	must(t, err)
	for _, name := range []string{"gate/copy.jpg", filepath.Dir(all[0].Path) + "/copy.jpg", filepath.Dir(all[0].Path) + "/12-00-01.jpg"} {
		must(t, os.WriteFile(filepath.Join(s.dir, name), data, 0o600)) // strangers
	}
	s.crash()
	s.wantListed(paths(all)...)
	s.do(func(ctx context.Context) error {
		e, _, err := s.x.Get(ctx, all[1].Path)
		if e.SHA256 != all[1].SHA256 || e.Label != "alarm" || e.Head == nil || e.Head.Preset != "door" || !e.Taken.Equal(all[1].Taken) {
			t.Errorf("%+v", e)
		}
		return err
	})
	s.wantVerified("added gate/1/2026-03-04/12-00-01.jpg", "added gate/1/2026-03-04/copy.jpg", "added gate/copy.jpg")
	if n := strings.Count(s.log.String(), "had not recorded"); n != 1 {
		t.Error(s.log.String())
	}
	// Once they are recorded nothing is looked for any more.
	s.crash()
	s.wantListed(paths(all)...)
}

// An orderly end records what was added last, and leaves nothing to look for.
func TestCloseRecords(t *testing.T) {
	s := newSite(t)
	e := s.take(entry(noon, ""))
	s.close()
	manifest := s.read(ManifestName("2026-03-04"))
	s.log.Reset()
	s.open()
	s.wantListed(e.Path)
	if !strings.Contains(manifest, e.Path) || s.log.Len() > 0 {
		t.Error(manifest, s.log.String())
	}
}

// A folder that has seen no picture for long is expected no more; one that is
// used again is.
func TestFoldersAreExpectedForAWhile(t *testing.T) {
	s := newSite(t)
	expected := func() (n int) {
		must(t, s.x.View(func(v *View) error { n = v.tx.Bucket([]byte(bucketExpected)).Stats().KeyN; return nil }))
		return n
	}
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.snap(archive.Entry{Device: "gate", Channel: 2})
	s.clk.RunFor(expectFor + time.Minute)
	if n := expected(); n != 2 {
		t.Error(n)
	}
	s.snap(archive.Entry{Device: "gate", Channel: 2})
	s.clk.RunFor(time.Minute)
	if n := expected(); n != 1 {
		t.Error(n)
	}
	s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.crash()
	if got := s.list(archive.Query{}); len(got) != 4 {
		t.Error(got)
	}
	s.reopen()
	if n := expected(); n != 0 {
		t.Error("an orderly end leaves", n)
	}
}

// A folder in which a picture is expected stays, and so do those above it: it may
// be about to be made there. One whose name merely begins alike goes.
func TestFoldersAboveExpectedOnesStay(t *testing.T) {
	for _, c := range []struct {
		expected string
		stays    bool
	}{{"gate/1/2026-03-05", true}, {"gate/10/2026-03-05", false}} {
		s := newSite(t)
		e := s.take(entry(noon, ""))
		s.clk.RunFor(expectFor + time.Minute)
		s.do(func(ctx context.Context) error { return s.x.Expect(ctx, c.expected) })
		s.remove("old", e.Path)
		for dir, stays := range map[string]bool{"gate/1/2026-03-04": false, "gate/1": c.stays, "gate": true} {
			if _, err := os.Stat(filepath.Join(s.dir, dir)); stays != (err == nil) {
				t.Errorf("%s is expected: %s: %v", c.expected, dir, err)
			}
		}
	}
}

// Killed at each step of a removal, the next process goes on with it, and says in
// the manifest that the picture was removed.
func TestACrashWhileAPictureIsRemoved(t *testing.T) {
	broken := errors.New("killed")
	for steps := range 3 {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			s := newSite(t)
			a := s.take(entry(noon, ""))
			b := s.take(entry(noon.Add(time.Hour), ""))
			s.clk.RunFor(time.Minute)
			left := steps
			s.x.disk = func() error {
				if left--; left < 0 {
					return broken
				}
				return nil
			}
			s.clk.Do(func() {
				_, err := s.x.Remove(context.Background(), []Removal{s.removal(a.Path)}, nil, nil)
				if (err == nil) != (steps == 2) {
					t.Error(err)
				}
			})
			s.crash()
			want := []string{b.Path}
			if steps == 0 {
				want = []string{a.Path, b.Path}
			}
			s.wantListed(want...)
			s.wantVerified()
			if removed := strings.Contains(s.read(ManifestName("2026-03-04")), "# removed "); removed != (steps > 0) {
				t.Error(s.read(ManifestName("2026-03-04")))
			}
		})
	}
}

func (s *site) removal(path string) (r Removal) {
	s.t.Helper()
	must(s.t, s.x.View(func(v *View) error {
		return v.After(Key{}, func(k Key, e *archive.Entry) (bool, error) {
			if e.Path == path {
				r = Removal{k, *e, "older than 1d"}
			}
			return true, nil
		})
	}))
	return r
}

// A removal that could not be recorded is, the next time.
func TestARemovalIsTriedAgain(t *testing.T) {
	s := newSite(t)
	a := s.take(entry(noon, ""))
	s.clk.RunFor(time.Minute)
	r := s.removal(a.Path)
	left := 1
	s.x.disk = func() error {
		if left--; left < 0 {
			return errors.New("full")
		}
		return nil
	}
	s.clk.Do(func() {
		if _, err := s.x.Remove(context.Background(), []Removal{r}, nil, nil); err == nil {
			t.Error("no error")
		}
	})
	s.x.disk = nil
	s.do(func(ctx context.Context) error {
		left, err := s.x.Remove(ctx, []Removal{r}, nil, nil)
		if len(left) != 0 {
			t.Error(left)
		}
		return err
	})
	s.wantListed()
	s.wantVerified()
}

// The index has what the manifest is to say before the manifest does: the next
// process writes the rest.
func TestACrashBeforeTheManifestIsWritten(t *testing.T) {
	for _, part := range []int{0, 1, 80} {
		s := newSite(t)
		s.take(entry(noon, ""))
		s.clk.RunFor(time.Minute)
		before := s.read(ManifestName("2026-03-04"))
		s.take(entry(noon.Add(time.Hour), ""))
		s.clk.RunFor(time.Minute)
		after := s.read(ManifestName("2026-03-04"))
		must(t, os.Truncate(filepath.Join(s.dir, ManifestName("2026-03-04")), int64(len(before)+part)))
		s.crash()
		if got := s.read(ManifestName("2026-03-04")); got != after {
			t.Errorf("%s\nwant\n%s", got, after)
		}
		s.wantVerified()
	}
}

// A manifest that the disk did not take is written as soon as it does, and not
// twice.
func TestAManifestThatIsNotWritten(t *testing.T) {
	s := newSite(t)
	s.take(entry(noon, ""))
	s.clk.RunFor(time.Minute)
	full := errors.New("no space left")
	s.x.sync = func(f *os.File) error {
		if strings.HasSuffix(f.Name(), manifestExt) {
			return full
		}
		return nil
	}
	s.take(entry(noon.Add(time.Second), ""))
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); !errors.Is(err, full) {
		t.Error(err)
	}
	s.take(entry(noon.Add(2*time.Second), ""))
	s.clk.RunFor(time.Minute)
	s.x.sync = (*os.File).Sync
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); err != nil {
		t.Error(err)
	}
	s.wantVerified()
	if n := len(s.list(archive.Query{})); n != 3 || strings.Count(s.log.String(), "level=ERROR") != 1 {
		t.Error(n, s.log.String())
	}
}

// While the index cannot be written pictures wait in memory, those beyond that
// are found in their folders, and no picture waits for it.
func TestAnIndexThatCannotBeWritten(t *testing.T) {
	s := newSite(t)
	s.x.disk = func() error { return errors.New("read-only file system") }
	var all []archive.Entry
	for i := range 3 {
		all = append(all, s.snap(archive.Entry{Device: "gate", Channel: 1, Taken: noon.Add(time.Duration(i) * 24 * time.Hour)}))
		s.clk.RunFor(time.Minute)
	}
	if err := s.x.Problem(); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Error(err)
	}
	for range maxWaiting {
		s.x.Add(archive.Entry{Path: "gate/1/none.jpg"}) // of which the last three find no place
	}
	s.x.mu.Lock()
	s.x.added = s.x.added[3:]
	for i := range s.x.added {
		s.x.added[i].Path = fmt.Sprint(i, ".jpg")
	}
	s.x.mu.Unlock()
	s.x.disk = nil
	s.clk.RunFor(time.Minute)
	got := s.list(archive.Query{Device: "gate"})
	if !slices.Equal(got, paths(all)) || s.x.Problem() != nil {
		t.Error(got, s.x.Problem())
	}
	if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 {
		t.Error(s.log.String())
	}
}

// A picture that the index has under another key by now, or no more, stays.
func TestWhatTheIndexHasNoMoreIsNotRemoved(t *testing.T) {
	s := newSite(t)
	a := s.snap(archive.Entry{Device: "gate", Channel: 1})
	b := s.snap(archive.Entry{Device: "gate", Channel: 2})
	s.clk.RunFor(time.Minute)
	stale, gone := s.removal(a.Path), s.removal(b.Path)
	stale.Key[15]++ // as after Rebuild
	s.remove("older than 1d", b.Path)
	must(t, os.MkdirAll(filepath.Join(s.dir, filepath.Dir(b.Path)), 0o700))
	data, err := os.ReadFile(filepath.Join(s.dir, a.Path))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(s.dir, b.Path), data, 0o600)) // a stranger
	s.do(func(ctx context.Context) error {
		left, err := s.x.Remove(ctx, []Removal{stale, gone}, nil, func(r Removal) { t.Error(r.Path) })
		if len(left) != 0 {
			t.Error(left)
		}
		return err
	})
	s.wantListed(a.Path)
	s.wantVerified("added " + b.Path)
	s.x.rebuilding = true
	s.clk.Do(func() {
		if _, err := s.x.Remove(context.Background(), []Removal{s.removal(a.Path)}, nil, nil); err != ErrRebuilding {
			t.Error(err)
		}
		if _, err := s.x.Rebuild(context.Background(), VerifyOptions{}); err != ErrRebuilding {
			t.Error(err)
		}
	})
	s.x.rebuilding = false
}

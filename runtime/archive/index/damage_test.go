package index

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// rebuild makes the index anew, and gives what that has found.
func (s *site) rebuild() string {
	s.t.Helper()
	var lines []string
	s.do(func(ctx context.Context) error {
		r, err := s.x.Rebuild(ctx, VerifyOptions{})
		for _, f := range r.Findings {
			lines = append(lines, f.Kind+" "+f.Path)
		}
		return err
	})
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A damaged index is told in one line; pictures go on being taken, and it is made
// anew from them and from the manifests.
func TestADamagedIndex(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(data []byte) []byte
	}{
		{"truncated", func(data []byte) []byte { return data[:len(data)/2] }},
		{"cut to a page", func(data []byte) []byte { return data[:os.Getpagesize()] }},
		{"zeroed", func(data []byte) []byte { return make([]byte, len(data)) }},
		{"garbage", func(data []byte) []byte { rand.NewChaCha8([32]byte{}).Read(data); return data }},
		{"text", func([]byte) []byte { return []byte("no database\n") }},
		{"empty", func([]byte) []byte { return nil }},
		{"zeroed behind the first pages", func(data []byte) []byte { clear(data[2*os.Getpagesize():]); return data }},
		{"the identity is changed", func(data []byte) []byte {
			return bytes.ReplaceAll(data, []byte(`"dir":"`), []byte(`"dis":"`))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			var all []archive.Entry
			for i := range 4 {
				all = append(all, s.snap(archive.Entry{Device: "gate", Channel: 1, Label: "x", Taken: noon.Add(time.Duration(i) * time.Hour)}))
			}
			s.clk.RunFor(time.Minute)
			must(t, os.Remove(filepath.Join(s.dir, all[3].Path)))
			s.remove("older than 1d", all[0].Path)
			s.close()
			data, err := os.ReadFile(s.db)
			must(t, err)
			must(t, os.WriteFile(s.db, c.damage(data), 0o600))
			s.log.Reset()
			s.open()
			if n := strings.Count(s.log.String(), "level=ERROR"); n > 1 || n == 0 && c.name != "empty" {
				t.Error(s.log.String())
			}
			s.clk.Jump(24 * time.Hour)
			after := s.snap(archive.Entry{Device: "gate", Channel: 1})
			s.wantListed(after.Path)
			if err := s.x.Problem(); err == nil || !strings.Contains(err.Error(), "begins anew") {
				t.Error(err)
			}
			if got, want := s.rebuild(), "missing "+all[3].Path; got != want {
				t.Errorf("found\n%s\nwant\n%s", got, want)
			}
			s.wantListed(all[1].Path, all[2].Path, after.Path)
			if err := s.x.Problem(); err != nil {
				t.Error(err)
			}
			for range 2 {
				s.wantVerified("missing " + all[3].Path)
				s.reopen()
			}
			s.do(func(ctx context.Context) error {
				e, _, err := s.x.Get(ctx, all[1].Path)
				if e.Label != "x" || !e.Taken.Equal(all[1].Taken) {
					t.Errorf("%+v", e)
				}
				return err
			})
		})
	}
}

// What was changed, is missing, or is a stranger's stays so: the manifests say
// what is right.
func TestRebuildBelievesTheManifests(t *testing.T) {
	s := newSite(t)
	var all []archive.Entry
	for i := range 4 {
		s.clk.Jump(noon.AddDate(0, 0, i).Sub(s.clk.Now()))
		all = append(all, s.snap(archive.Entry{Device: "gate", Channel: 1, Taken: s.clk.Now()}))
		s.clk.RunFor(time.Minute)
	}
	full := func(i int) string { return filepath.Join(s.dir, all[i].Path) }
	data, err := os.ReadFile(full(0))
	must(t, err)
	must(t, os.WriteFile(full(0), append(data, 'x'), 0o600))
	must(t, os.Remove(full(1)))
	must(t, os.WriteFile(filepath.Join(s.dir, "gate/copy.jpg"), data, 0o600))
	must(t, os.WriteFile(filepath.Join(s.dir, "gate/film.avi"), data, 0o600))
	want := []string{"added gate/copy.jpg", "added gate/film.avi", "changed " + all[0].Path, "missing " + all[1].Path}
	if got := s.rebuild(); got != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	// A picture that was being looked for and never recorded is taken in, where
	// the layout puts it.
	must(t, os.Rename(filepath.Join(s.dir, "gate/copy.jpg"), filepath.Join(s.dir, "gate/1/2026-03-04/12-00-00-2.jpg")))
	s.rebuild()
	got := s.list(archive.Query{})
	if !slices.Contains(got, "gate/1/2026-03-04/12-00-00-2.jpg") || len(got) != 4 {
		t.Error(got)
	}
	s.wantVerified("added gate/film.avi", want[2], want[3])
	// Retention can go on: the manifests of days that are over are known.
	s.remove("older than 1d", all[2].Path, "gate/1/2026-03-04/12-00-00-2.jpg")
	if left := s.remove("older than 1d", all[0].Path); len(left) != 1 {
		t.Error(left)
	}
	s.wantVerified("added "+all[0].Path, "added gate/film.avi") // no manifest lists it any more
}

// Manifests go with the last picture of theirs, the oldest first, and that is
// told in the chain.
func TestManifestsGoWithTheirPictures(t *testing.T) {
	s := newSite(t)
	var all []archive.Entry
	for i := range 5 {
		s.clk.Jump(noon.AddDate(0, 0, i).Sub(s.clk.Now()))
		all = append(all, s.take(entry(s.clk.Now(), "")))
		s.clk.RunFor(time.Minute)
	}
	s.remove("size", all[1].Path) // not the oldest: its manifest stays
	if days := s.days(); days != "2026-03-04 2026-03-05 2026-03-06 2026-03-07 2026-03-08" {
		t.Error(days)
	}
	s.remove("size", all[0].Path)
	if days := s.days(); days != "2026-03-06 2026-03-07 2026-03-08" {
		t.Error(days)
	}
	s.wantVerified()
	s.clk.Jump(24 * time.Hour)
	s.remove("size", all[2].Path, all[3].Path, all[4].Path)
	if days := s.days(); days != "2026-03-08 2026-03-09" {
		t.Error(days) // of the last before today its hash is wanted
	}
	s.wantVerified()
	s.reopen()
	s.wantVerified()
	must(t, os.Remove(filepath.Join(s.dir, ManifestName("2026-03-08"))))
	s.wantVerified("manifest .hiklua/2026-03-08.sha256")
}

// As long as the index lacks pictures, no manifest goes that lists them.
func TestManifestsOfAnIndexThatBeganAnew(t *testing.T) {
	s := newSite(t)
	a := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.close()
	must(t, os.Remove(s.db))
	s.open()
	b := s.snap(archive.Entry{Device: "gate", Channel: 2})
	s.clk.RunFor(24 * time.Hour)
	c := s.snap(archive.Entry{Device: "gate", Channel: 1})
	s.clk.RunFor(time.Minute)
	s.remove("older than 1d", b.Path)
	if days := s.days(); days != "2026-03-04 2026-03-05" {
		t.Error(days)
	}
	if found := s.rebuild(); found != "" {
		t.Error(found)
	}
	s.wantListed(a.Path, c.Path)
	s.wantVerified()
}

// An index that its file is taken away from while it is open says so, and
// nothing panics.
func TestAnIndexThatIsCutOffWhileItIsOpen(t *testing.T) {
	s := newSite(t)
	for i := range 400 {
		s.x.Add(entry(noon.Add(time.Duration(i)*time.Second), ""))
	}
	s.clk.RunFor(time.Minute)
	must(t, os.Truncate(s.db, 0))
	s.take(entry(noon, "more"))
	s.clk.RunFor(time.Minute)
	if err := s.x.Problem(); err == nil || !strings.Contains(err.Error(), "damaged while it was open") {
		t.Error(err)
	}
	s.clk.Do(func() {
		if err := s.x.List(context.Background(), archive.Query{}, func(archive.Entry) error { return nil }); err == nil {
			t.Error("no error")
		}
		s.x.Close(context.Background())
	})
	s.x = nil
}

package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// site is an archive in virtual time.
type site struct {
	t   *testing.T
	dir string // of the archive
	db  string
	clk *clock.Virtual
	log bytes.Buffer
	opt Options
	x   *Index
}

func newSite(t *testing.T) *site {
	base := t.TempDir()
	s := &site{t: t, dir: filepath.Join(base, "archive"), db: filepath.Join(base, "data", FileName), clk: clock.NewVirtual(noon)}
	s.opt = Options{Clock: s.clk, Log: slog.New(slog.NewTextHandler(&s.log, nil)), Zone: time.UTC, Layout: "{device}/{channel}/{date}/{time}.jpg", NoSync: true}
	s.open()
	t.Cleanup(s.close)
	return s
}

// do runs f on a goroutine of the clock.
func (s *site) do(f func(ctx context.Context) error) {
	s.t.Helper()
	s.clk.Do(func() {
		s.t.Helper()
		must(s.t, f(context.Background()))
	})
}

func (s *site) open() {
	s.t.Helper()
	s.do(func(ctx context.Context) (err error) {
		s.x, err = Open(ctx, s.db, s.dir, s.opt)
		return err
	})
}

func (s *site) close() {
	s.t.Helper()
	if s.x == nil {
		return
	}
	s.do(s.x.Close)
	s.x = nil
}

func (s *site) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

// crash leaves the index as it is on the disk, and opens it as the next process
// would.
func (s *site) crash() {
	s.t.Helper()
	data, err := os.ReadFile(s.db)
	must(s.t, err)
	s.x.db.Load().Close() // nothing more comes of that process
	s.x = nil
	must(s.t, os.WriteFile(s.db, data, 0o600))
	s.open()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// entry is a picture of gate at a moment.
func entry(at time.Time, label string) archive.Entry {
	return archive.Entry{
		Path: "gate/1/" + at.Format("2006-01-02/15-04-05.000000") + label + ".jpg", Device: "gate", Channel: 1, Label: label,
		Taken: at, Width: 64, Height: 48,
	}
}

// place writes the file of a picture without a word to the index.
func (s *site) place(e archive.Entry) archive.Entry {
	s.t.Helper()
	content := []byte("picture " + e.Path)
	e.Size, e.SHA256 = int64(len(content)), sha256.Sum256(content)
	full := filepath.Join(s.dir, e.Path)
	must(s.t, os.MkdirAll(filepath.Dir(full), 0o700))
	must(s.t, os.WriteFile(full, content, 0o600))
	return e
}

// take takes a picture as the archive does.
func (s *site) take(e archive.Entry) archive.Entry {
	s.t.Helper()
	s.do(func(ctx context.Context) error { return s.x.Expect(ctx, folderOf(e.Path)) })
	e = s.place(e)
	s.x.Add(e)
	return e
}

func (s *site) list(q archive.Query) []string {
	s.t.Helper()
	paths := []string{}
	s.do(func(ctx context.Context) error {
		return s.x.List(ctx, q, func(e archive.Entry) error {
			paths = append(paths, e.Path)
			return nil
		})
	})
	return paths
}

func (s *site) remove(reason string, paths ...string) (left []Left) {
	s.t.Helper()
	s.do(func(ctx context.Context) (err error) {
		var list []Removal
		err = s.x.flushed(ctx)
		must(s.t, err)
		must(s.t, s.x.View(func(v *View) error {
			return v.After(Key{}, func(k Key, e *archive.Entry) (bool, error) {
				if slices.Contains(paths, e.Path) {
					list = append(list, Removal{k, *e, reason})
				}
				return true, nil
			})
		}))
		left, err = s.x.Remove(ctx, list, nil, nil)
		return err
	})
	return left
}

// verify gives the findings, one a line: kind, path.
func (s *site) verify() string {
	s.t.Helper()
	return s.verifyWith(VerifyOptions{Clock: s.clk, Index: s.x})
}

func (s *site) verifyWith(o VerifyOptions) string {
	s.t.Helper()
	var lines []string
	s.do(func(ctx context.Context) error {
		r, err := Verify(ctx, s.dir, o)
		for _, f := range r.Findings {
			lines = append(lines, strings.TrimSpace(f.Kind+" "+f.Path))
		}
		return err
	})
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (s *site) wantVerified(want ...string) {
	s.t.Helper()
	if got := s.verify(); got != strings.Join(want, "\n") {
		s.t.Errorf("verify found\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func (s *site) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	must(s.t, err)
	return string(data)
}

func TestWhatWasAddedIsListed(t *testing.T) {
	s := newSite(t)
	full := archive.Entry{
		Path: "nvr/3/a.jpg", Device: "nvr", Channel: 3, Name: "hall", Label: "alarm", Event: "motion",
		Taken: noon.Add(123456 * time.Microsecond), DeviceTime: noon.Add(-time.Second), Width: 3840, Height: 2160,
		Head: &archive.Head{Pan: 359.9, Tilt: -90, Zoom: 1, Preset: "door"},
	}
	full = s.take(full)
	for range 2 {
		s.do(func(ctx context.Context) error {
			e, found, err := s.x.Get(ctx, full.Path)
			if diff := cmp.Diff(full, e); diff != "" || !found {
				t.Error(found, diff)
			}
			return err
		})
		s.reopen()
	}
	want := Totals{Files: 1, Bytes: full.Size, Oldest: full.Taken, Newest: full.Taken}
	if got := s.x.Totals(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Listing gives the oldest first, whatever it is asked by, and over several
// pages.
func TestListingAgainstAModel(t *testing.T) {
	s := newSite(t)
	var all []archive.Entry
	random := uint32(7)
	next := func(n uint32) uint32 { random = random*1664525 + 1013904223; return random >> 8 % n }
	for i := range 2 * pageSize {
		e := archive.Entry{
			Device: []string{"gate", "gat", "nvr"}[next(3)], Channel: 1 + int(next(3)), Label: []string{"", "alarm", "al"}[next(3)],
			Taken: noon.Add(time.Duration(next(5000)) * time.Second), Path: fmt.Sprintf("%d.jpg", i),
		}
		e.SHA256[0] = byte(i)
		s.x.Add(e)
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b archive.Entry) int { return a.Taken.Compare(b.Taken) })
	for _, q := range []archive.Query{
		{}, {Device: "gat"}, {Device: "gate", Channel: 2}, {Device: "nvr", Label: "al"}, {Device: "nvr", Channel: 3, Label: "alarm"},
		{Label: "alarm"}, {Channel: 2}, {Device: "none"}, {Label: "none"},
	} {
		for _, span := range [][2]time.Time{{}, {noon.Add(time.Hour), noon.Add(70 * time.Minute)}, {{}, noon.Add(time.Minute)}, {noon.Add(5000 * time.Second), {}}} {
			q.From, q.Till = span[0], span[1]
			want := []string{}
			for _, e := range all {
				if q.Match(&e) {
					want = append(want, e.Path)
				}
			}
			if got := s.list(q); !slices.Equal(got, want) {
				t.Errorf("%+v: %d pictures, want %d", q, len(got), len(want))
			}
		}
	}
	enough := errors.New("enough")
	s.clk.Do(func() {
		n := 0
		err := s.x.List(context.Background(), archive.Query{}, func(archive.Entry) error {
			if n++; n == 3 {
				return enough
			}
			return nil
		})
		if err != enough || n != 3 {
			t.Error(n, err)
		}
	})
}

func TestTheManifestIsWhatSha256sumReads(t *testing.T) {
	s := newSite(t)
	a := s.take(entry(noon, ""))
	odd := entry(noon.Add(time.Second), "")
	odd.Path = "gate/1/back\\slash\nline.jpg"
	odd = s.take(odd)
	s.clk.RunFor(time.Minute)
	text := s.read(".hiklua/2026-03-04.sha256")
	want := fmt.Sprintf("# hiklua manifest 2026-03-04 of archive %s\n# previous none none\n%x  %s\n\\%x  gate/1/back\\\\slash\\nline.jpg\n",
		s.x.ident.Archive, a.SHA256, a.Path, odd.SHA256)
	if text != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	if tool, err := exec.LookPath("sha256sum"); err == nil {
		cmd := exec.Command(tool, "-c", "--strict", ".hiklua/2026-03-04.sha256")
		cmd.Dir = s.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	s.wantVerified()
}

// The days are a chain: each begins with the hash of the one before, days
// without a picture are passed over.
func TestTheChainOfDays(t *testing.T) {
	s := newSite(t)
	for _, days := range []int{0, 0, 1, 3} {
		s.clk.Jump(time.Duration(days) * 24 * time.Hour)
		s.take(entry(s.clk.Now(), ""))
		s.clk.RunFor(time.Minute)
	}
	for day, before := range map[string]string{"2026-03-05": "2026-03-04", "2026-03-08": "2026-03-05"} {
		sum := sha256.Sum256([]byte(s.read(ManifestName(before))))
		if want := fmt.Sprintf("# previous %s %x\n", before, sum); !strings.Contains(s.read(ManifestName(day)), want) {
			t.Errorf("%s: %s, want %s", day, s.read(ManifestName(day)), want)
		}
	}
	s.wantVerified()
}

// A clock that is set back goes on with the manifest it has; one that was years
// ahead does not keep the days of now from having theirs.
func TestAClockThatIsSetBack(t *testing.T) {
	s := newSite(t)
	take := func(to time.Duration) {
		s.clk.Jump(to)
		s.take(entry(s.clk.Now(), ""))
		s.clk.RunFor(time.Minute)
	}
	take(0)
	take(12*time.Hour + 10*time.Minute)
	take(-20 * time.Minute)
	s.wantVerified()
	if days := s.days(); days != "2026-03-04 2026-03-05" || !strings.Contains(s.read(ManifestName("2026-03-05")), "2026-03-04/23-") {
		t.Error(days)
	}
	take(24 * 365 * 10 * time.Hour)
	take(-24 * 365 * 10 * time.Hour)
	take(48 * time.Hour)
	s.wantVerified()
	s.reopen()
	s.wantVerified()
	if days := s.days(); !strings.Contains(days, "2026-03-06") {
		t.Error(days)
	}
}

func (s *site) days() string {
	root, err := os.OpenRoot(s.dir)
	must(s.t, err)
	defer root.Close()
	days, err := manifestDays(root)
	must(s.t, err)
	return strings.Join(days, " ")
}

// A picture that comes twice, from the archive and from a folder that was looked
// through, is one; a new one at the path of one that was lost takes its place.
func TestAPictureThatComesTwice(t *testing.T) {
	s := newSite(t)
	e := s.take(entry(noon, ""))
	s.x.Add(e)
	s.clk.RunFor(time.Minute)
	s.x.Add(e)
	s.clk.RunFor(time.Minute)
	s.wantListed(e.Path)
	if n := strings.Count(s.read(ManifestName("2026-03-04")), e.Path); n != 1 || s.x.Totals().Files != 1 || s.x.Totals().Bytes != e.Size {
		t.Error(n, s.x.Totals())
	}
	again := e
	content := []byte("another picture")
	again.Size, again.SHA256, again.Taken = int64(len(content)), sha256.Sum256(content), noon.Add(time.Hour)
	must(t, os.WriteFile(filepath.Join(s.dir, e.Path), content, 0o600))
	s.x.Add(again)
	s.clk.RunFor(time.Minute)
	s.wantListed(e.Path)
	if got := s.x.Totals(); got.Files != 1 || got.Bytes != again.Size || !got.Newest.Equal(again.Taken) {
		t.Error(got)
	}
	s.wantVerified()
}

func TestAnIndexIsForOneProcess(t *testing.T) {
	s := newSite(t)
	s.clk.Do(func() {
		if _, err := Open(context.Background(), s.db, s.dir, s.opt); !errors.Is(err, ErrLocked) {
			t.Error(err)
		}
	})
}

func files(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	return strings.Join(all, "\n")
}

package retention

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// vault is an archive in virtual time.
type vault struct {
	t    testing.TB
	dir  string
	clk  *clock.Virtual
	log  bytes.Buffer
	x    *index.Index
	k    *Keeper
	zone *time.Location
}

func newVault(t testing.TB, start time.Time, p Policy) *vault {
	base := t.TempDir()
	v := &vault{t: t, dir: filepath.Join(base, "archive"), clk: clock.NewVirtual(start)}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	v.zone = p.Zone
	log := slog.New(slog.NewTextHandler(&v.log, nil))
	v.do(func(ctx context.Context) (err error) {
		v.x, err = index.Open(ctx, filepath.Join(base, "archive.db"), v.dir, index.Options{
			Clock: v.clk, Log: log, Zone: v.zone, Layout: "{device}/{channel}/{date}/{time}.jpg", NoSync: true,
		})
		return err
	})
	v.k = New(Options{Clock: v.clk, Log: log, Index: v.x, Policy: p})
	t.Cleanup(func() { v.do(v.x.Close) })
	return v
}

func (v *vault) do(f func(ctx context.Context) error) {
	v.t.Helper()
	v.clk.Do(func() {
		if err := f(context.Background()); err != nil {
			v.t.Helper()
			v.t.Fatal(err)
		}
	})
}

// take archives a picture of so many bytes.
func (v *vault) take(at time.Time, channel int, label string, size int) archive.Entry {
	v.t.Helper()
	local := at.In(v.zone)
	e := archive.Entry{
		Path:   fmt.Sprintf("gate/%d/%s%s.jpg", channel, local.Format("2006-01-02/15-04-05.000000-0700"), label),
		Device: "gate", Channel: channel, Label: label, Taken: at, Size: int64(size),
	}
	content := bytes.Repeat([]byte(e.Path), size/len(e.Path)+1)[:size]
	e.SHA256 = sha256.Sum256(content)
	v.do(func(ctx context.Context) error { return v.x.Expect(ctx, path.Dir(e.Path)) })
	full := filepath.Join(v.dir, e.Path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(full, content, 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.x.Add(e)
	return e
}

func (v *vault) prune() (result Result, gone []string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error {
		var planned []string
		err := v.k.Plan(ctx, func(r Removal) error {
			planned = append(planned, r.Path+": "+r.Reason)
			return nil
		})
		if err != nil {
			return err
		}
		result, err = v.k.Prune(ctx, func(r Removal) { gone = append(gone, r.Path+": "+r.Reason) })
		if result.Left == 0 && !slices.Equal(planned, gone) {
			v.t.Errorf("planned\n%s\nremoved\n%s", strings.Join(planned, "\n"), strings.Join(gone, "\n"))
		}
		return err
	})
	return result, gone
}

// there lists the files below the archive.
func (v *vault) there() []string {
	files := []string{}
	filepath.WalkDir(v.dir, func(full string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(v.dir, full)
		if rel == archive.OwnFolder {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() {
			files = append(files, filepath.ToSlash(rel))
		}
		return nil
	})
	return files
}

func (v *vault) wantThere(want ...archive.Entry) {
	v.t.Helper()
	paths := []string{}
	for _, e := range want {
		paths = append(paths, e.Path)
	}
	slices.Sort(paths)
	if got := v.there(); !slices.Equal(got, paths) {
		v.t.Errorf("there are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(paths, "\n"))
	}
}

func (v *vault) wantVerified() {
	v.t.Helper()
	v.do(func(ctx context.Context) error {
		r, err := index.Verify(ctx, v.dir, index.VerifyOptions{Clock: v.clk, Index: v.x})
		for _, f := range r.Findings {
			v.t.Error(f)
		}
		return err
	})
}

func TestKeepAndLabels(t *testing.T) {
	v := newVault(t, noon, Policy{Keep: 30 * day, Labels: []site.LabelKeep{{Label: "alarm", Keep: 365 * day}, {Label: "test", Keep: day}}})
	old := v.take(noon, 1, "", 100)
	other := v.take(noon.Add(time.Microsecond), 1, "routine", 100)
	alarm := v.take(noon.Add(2*time.Microsecond), 1, "alarm", 100)
	test := v.take(noon.Add(3*time.Microsecond), 1, "test", 100)
	young := v.take(noon.Add(time.Second), 2, "", 100)
	v.clk.RunFor(day)
	if _, gone := v.prune(); len(gone) != 0 {
		t.Error(gone)
	}
	v.clk.RunFor(time.Second / 2)
	if _, gone := v.prune(); !slices.Equal(gone, []string{test.Path + ": label test: older than 1d"}) {
		t.Error(gone)
	}
	v.clk.Run(noon.Add(30*day + time.Microsecond))
	if _, gone := v.prune(); !slices.Equal(gone, []string{old.Path + ": older than 30d", other.Path + ": older than 30d"}) {
		t.Error(gone)
	}
	v.wantThere(alarm, young)
	v.clk.Run(noon.Add(365 * day))
	v.prune()
	v.wantThere(alarm)
	v.clk.RunFor(time.Minute)
	v.prune()
	v.wantThere()
	v.wantVerified()
	if entries, _ := os.ReadDir(v.dir); len(entries) != 1 {
		t.Error("empty folders stay:", entries)
	}
}

// Pictures of the channels and labels are thinned each by themselves, and those
// with an age of their own not at all.
func TestThinningIsOfEachSeries(t *testing.T) {
	v := newVault(t, noon, Policy{
		Thinning: []site.Thin{{Every: site.ThinAll, For: 2 * day}, {Every: site.ThinHourly, For: 30 * day}},
		Labels:   []site.LabelKeep{{Label: "alarm", Keep: 365 * day}},
	})
	var want []archive.Entry
	for _, label := range []string{"", "door", "alarm"} {
		for channel := range 2 {
			for i := range 6 {
				e := v.take(noon.Add(time.Duration(i)*20*time.Minute), channel+1, label, 100)
				if i%3 == 0 || label == "alarm" {
					want = append(want, e)
				}
			}
		}
	}
	v.clk.RunFor(3 * day)
	v.prune()
	v.wantThere(want...)
	v.clk.RunFor(30 * day)
	v.prune()
	want = slices.DeleteFunc(want, func(e archive.Entry) bool { return e.Label != "alarm" })
	v.wantThere(want...)
}

// A picture that comes in late, from before what was judged already, is judged
// all the same, and so are those behind it.
func TestPicturesThatComeLate(t *testing.T) {
	v := newVault(t, noon, Policy{Thinning: []site.Thin{{Every: site.ThinAll, For: day}, {Every: site.ThinHourly, For: 10 * day}}})
	first := v.take(noon.Add(20*time.Minute), 1, "", 100)
	next := v.take(noon.Add(70*time.Minute), 1, "", 100)
	v.clk.RunFor(2 * day)
	v.prune()
	v.wantThere(first, next)
	late := v.take(noon.Add(10*time.Minute), 1, "", 100)
	v.take(noon.Add(80*time.Minute), 1, "", 100)
	v.prune()
	v.wantThere(late, next)
	v.clk.RunFor(20 * day)
	v.prune()
	v.wantThere()
	v.take(noon.Add(30*time.Minute), 1, "", 100)
	v.prune()
	v.wantThere()
}

// With max_size the oldest go, those with a label of labels last.
func TestMaxSize(t *testing.T) {
	v := newVault(t, noon, Policy{MaxSize: 1000, Labels: []site.LabelKeep{{Label: "alarm", Keep: 365 * day}}})
	a := v.take(noon, 1, "alarm", 200)
	b := v.take(noon.Add(1*time.Second), 1, "", 300)
	c := v.take(noon.Add(2*time.Second), 2, "x", 300)
	d := v.take(noon.Add(3*time.Second), 1, "alarm", 200)
	v.prune()
	v.wantThere(a, b, c, d)
	e := v.take(noon.Add(4*time.Second), 1, "", 1)
	if _, gone := v.prune(); !slices.Equal(gone, []string{b.Path + ": max_size 1KB"}) {
		t.Error(gone)
	}
	v.wantThere(a, c, d, e)
	f := v.take(noon.Add(5*time.Second), 1, "alarm", 650)
	v.prune() // c and e are not enough
	v.wantThere(d, f)
	v.take(noon.Add(6*time.Second), 1, "", 2000)
	v.prune() // what has no such label goes first, however new
	v.wantThere(d, f)
	v.take(noon.Add(7*time.Second), 1, "alarm", 2000)
	v.prune()
	v.wantThere()
	v.wantVerified()
}

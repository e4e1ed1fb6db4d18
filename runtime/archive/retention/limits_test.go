package retention

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/site"
)

// Of several labels that have an age of their own the oldest picture goes first.
func TestMaxSizeAmongLabels(t *testing.T) {
	v := newVault(t, noon, Policy{MaxSize: 250, Labels: []site.LabelKeep{{Label: "alarm", Keep: 365 * day}, {Label: "door", Keep: 30 * day}}})
	v.take(noon, 1, "door", 100)
	b := v.take(noon.Add(time.Second), 1, "alarm", 100)
	c := v.take(noon.Add(2*time.Second), 1, "door", 100)
	v.prune()
	v.wantThere(b, c)
}

// What is too much goes as soon as it comes, and the next picture waits for that.
func TestMaxSizeWhileTaking(t *testing.T) {
	v := newVault(t, noon, Policy{MaxSize: 1000})
	var all []archive.Entry
	for i := range 30 {
		v.do(v.k.Admit)
		all = append(all, v.take(v.clk.Now().Add(time.Duration(i)), 1, "", 100))
		v.do(func(ctx context.Context) error { v.k.Added(ctx); return nil })
		v.clk.RunFor(time.Second)
		if n := v.x.Totals().Bytes; n > 1000 {
			t.Fatal(n)
		}
	}
	v.wantThere(all[20:]...)
}

func TestMinFree(t *testing.T) {
	v := newVault(t, noon, Policy{MinFree: 1000})
	disk, others := int64(3000), int64(0)
	v.k.free = func(string) (int64, error) {
		return disk - others - v.x.Totals().Bytes, nil
	}
	var all []archive.Entry
	for i := range 5 {
		v.do(v.k.Admit)
		all = append(all, v.take(noon.Add(time.Duration(i)*time.Second), 1, "", 400))
		v.clk.RunFor(time.Minute)
	}
	v.wantThere(all...)
	others = 500
	v.do(v.k.Admit)
	v.wantThere(all[2:]...)
	others = 2500 // nothing helps
	v.clk.Do(func() {
		err := v.k.Admit(context.Background())
		if err == nil || !strings.Contains(err.Error(), "500B free, min_free 1KB of site.yaml wants more") {
			t.Error(err)
		}
	})
	v.wantThere()
	v.clk.Do(func() { v.k.Admit(context.Background()) }) // which is told no second time
	if v.k.Problem() == nil || strings.Count(v.log.String(), "level=ERROR") != 1 {
		t.Error(v.k.Problem(), v.log.String())
	}
	others = 0
	v.do(v.k.Admit)
	v.prune()
	if v.k.Problem() != nil || !strings.Contains(v.log.String(), "removed again") {
		t.Error(v.k.Problem(), v.log.String())
	}
}

// A file that the archive did not write, or that is no more as it wrote it,
// stays.
func TestStrangersStay(t *testing.T) {
	v := newVault(t, noon, Policy{Keep: day})
	edited := v.take(noon, 1, "", 100)
	replaced := v.take(noon.Add(time.Second), 1, "", 100)
	linked := v.take(noon.Add(2*time.Second), 1, "", 100)
	folder := v.take(noon.Add(3*time.Second), 1, "", 100)
	gone := v.take(noon.Add(4*time.Second), 1, "", 100)
	v.take(noon.Add(5*time.Second), 1, "", 100)
	at := func(e archive.Entry) string { return filepath.Join(v.dir, e.Path) }
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(at(edited))
	must(err)
	info, err := os.Stat(at(edited))
	must(err)
	data[50] ^= 1
	must(os.WriteFile(at(edited), data, 0o600)) // same size
	must(os.Chtimes(at(edited), info.ModTime(), info.ModTime()))
	must(os.WriteFile(at(replaced)+".new", []byte("mine"), 0o600))
	must(os.Rename(at(replaced)+".new", at(replaced)))
	outside := filepath.Join(t.TempDir(), "outside.jpg")
	must(os.Rename(at(linked), outside))
	must(os.Symlink(outside, at(linked)))
	must(os.Remove(at(folder)))
	must(os.Mkdir(at(folder), 0o700))
	must(os.Remove(at(gone)))
	must(os.WriteFile(filepath.Join(v.dir, "gate/notes.txt"), []byte("mine"), 0o600))
	v.clk.RunFor(2 * day)
	result, _ := v.prune()
	if result.Files != 1 || result.Left != 5 {
		t.Error(result)
	}
	stranger := archive.Entry{Path: "gate/notes.txt"}
	v.wantThere(edited, replaced, linked, stranger)
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
	if result, _ := v.prune(); result != (Result{}) {
		t.Error("it tries again and again:", result)
	}
	var found []string
	v.do(func(ctx context.Context) error {
		r, err := index.Verify(ctx, v.dir, index.VerifyOptions{Clock: v.clk, Index: v.x})
		for _, f := range r.Findings {
			found = append(found, f.Kind+" "+f.Path)
		}
		return err
	})
	slices.Sort(found)
	want := []string{"added gate/notes.txt", "changed " + edited.Path, "changed " + replaced.Path, "changed " + linked.Path, "changed " + folder.Path, "missing " + gone.Path}
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}

// What has not been copied to the second place yet stays, whatever its age; too
// much is too much.
func TestWhatWaitsToBeCopiedStays(t *testing.T) {
	for name, p := range map[string]Policy{
		"keep":     {Keep: 24 * time.Hour},
		"thinning": {Thinning: []site.Thin{{Every: site.ThinAll, For: time.Hour}, {Every: site.ThinDaily, For: 24 * time.Hour}}},
		"labels":   {Labels: []site.LabelKeep{{Label: "routine", Keep: 24 * time.Hour}}},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t, noon.Add(72*time.Hour), p)
			var all []archive.Entry
			for i := range 10 {
				all = append(all, v.take(noon.Add(time.Duration(i)*time.Minute), 1, "routine", 1000))
			}
			waiting := all[4].Taken
			v.k.opt.Waiting = func() time.Time { return waiting }
			v.prune()
			v.wantThere(all[4:]...)
			v.k.opt.Policy = Policy{MaxSize: 4000, Zone: time.UTC}
			v.prune()
			v.wantThere(all[6:]...)
			waiting = time.Time{}
			v.k.opt.Policy = Policy{Keep: time.Hour, Zone: time.UTC}
			v.prune()
			v.wantThere()
		})
	}
}

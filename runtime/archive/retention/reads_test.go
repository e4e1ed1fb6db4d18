package retention

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/site"
)

// filled is an archive of n pictures, one a minute, of which nothing has to go,
// and of which each fourth has a label of its own age.
func filled(t testing.TB, n int) *vault {
	v := newVault(t, noon, Policy{
		Thinning: []site.Thin{{Every: site.ThinAll, For: time.Duration(n) * time.Minute / 2}, {Every: site.ThinHourly, For: time.Duration(n) * time.Minute}},
		Labels:   []site.LabelKeep{{Label: "alarm", Keep: 10000 * day}},
		MaxSize:  1 << 60,
	})
	for i := range n {
		at := noon.Add(time.Duration(i-n) * time.Minute)
		e := archive.Entry{Path: fmt.Sprintf("gate/%s.jpg", at.Format(time.RFC3339)), Device: "gate", Channel: 1, Taken: at, Size: 1000}
		if i%4 == 0 {
			e.Label = "alarm"
		}
		e.SHA256 = sha256.Sum256([]byte(e.Path))
		v.x.Add(e)
		if i%500 == 499 {
			v.do(v.x.Flush)
		}
	}
	v.do(v.x.Flush)
	v.do(func(ctx context.Context) error { _, err := v.k.Prune(ctx, nil); return err })
	return v
}

// reads is how many entries a run looks at that has one more picture to judge by
// each rule.
func (v *vault) reads() int {
	v.t.Helper()
	v.clk.RunFor(time.Minute)
	v.k.opt.Policy.MaxSize = v.x.Totals().Bytes - 1 // one is too much
	reads := 0
	v.do(func(ctx context.Context) error {
		r, err := v.k.begin()
		if err != nil {
			return err
		}
		return v.x.View(func(view *index.View) error {
			_, err := r.plan.next(view)
			reads = view.Reads()
			return err
		})
	})
	v.do(func(ctx context.Context) error { _, err := v.k.Prune(ctx, nil); return err })
	return reads
}

// What a run looks at does not grow with the archive: neither the young pictures,
// nor the old ones that stay, nor those with a label.
func TestARunLooksAtWhatIsNew(t *testing.T) {
	for _, n := range []int{1000, 20_000} {
		v := filled(t, n)
		v.reads() // the rule of size begins
		for range 5 {
			if reads := v.reads(); reads > 20 {
				t.Errorf("of %d pictures a run looks at %d", n, reads)
			}
		}
	}
}

// BenchmarkPrune is a run of retention with one picture to remove.
func BenchmarkPrune(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			v := filled(b, n)
			v.reads()
			for b.Loop() {
				v.reads()
			}
		})
	}
}

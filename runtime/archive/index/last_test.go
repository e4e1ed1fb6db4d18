package index

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/archive"
)

// The last so many are the end of the whole list, wherever they lie.
func TestLast(t *testing.T) {
	s := newSite(t)
	for i := range 40 { // more and more apart, into the past
		at := noon.Add(-time.Duration(i*i*i) * time.Hour)
		s.take(entry(at, []string{"day", "night"}[i%2]))
	}
	queries := map[string]archive.Query{
		"all": {}, "label": {Label: "night"}, "device": {Device: "gate"}, "none": {Device: "door"},
		"from": {From: noon.Add(-100 * time.Hour)}, "till": {Till: noon.Add(-5000 * time.Hour)}, "name": {Name: "yard"},
		"between": {From: noon.Add(-3000 * time.Hour), Till: noon.Add(-8 * time.Hour)}, "after": {From: noon.Add(time.Hour)},
	}
	for name, q := range queries {
		all := s.list(q)
		for _, n := range []int{1, 2, 7, 100} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				got := []string{}
				s.do(func(ctx context.Context) error {
					last, err := s.x.Last(ctx, q, n)
					for _, e := range last {
						got = append(got, e.Path)
					}
					return err
				})
				if diff := cmp.Diff(all[max(len(all)-n, 0):], got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

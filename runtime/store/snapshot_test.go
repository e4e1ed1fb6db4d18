package store

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Commits go on while a snapshot is written, and it does not matter where it is cut
// off.
func TestSnapshots(t *testing.T) {
	c := newCluster(t)
	s := c.take("left")
	s.cluster.most, s.cluster.least, s.cluster.slice = 20_000, 20_000, 500
	random := rand.New(rand.NewPCG(3, 3))
	inSnapshot := 0
	for i := range 2000 {
		st := s.Script(fmt.Sprint("script ", random.IntN(5)))
		k := random.IntN(40)
		switch random.IntN(4) {
		case 0:
			st.Delete(at(k))
		case 1:
			st.Set(at(k), map[any]any{"deep": map[any]any{"x": i}})
		default:
			st.Set(at(k), fmt.Sprint("value ", i))
		}
		c.clk.Do(func() {
			st.Publish()
			if i%7 == 0 {
				must(t, s.Flush(context.Background()))
			}
		})
		if i%50 == 0 {
			c.clk.RunFor(time.Second)
		}
		if entries := c.Entries(); len(entries) > 0 && i%20 == 0 {
			last, _ := parseEntry(0, entries[len(entries)-1].Data)
			if last.marks != 0 {
				inSnapshot++
			}
			// Another host reads what is there at this moment.
		}
	}
	c.clk.RunFor(time.Minute)
	if c.Purges() < 3 {
		t.Error(c.Purges(), "snapshots")
	}
	whole := c.Entries()
	want := content(s)
	c.drop(s)
	if diff := cmp.Diff(want, content(c.take("right"))); diff != "" {
		t.Error(diff)
	}
	if len(whole) > 600 {
		t.Error(len(whole), "entries are left")
	}
}

// What many scripts write at once is more than one entry takes, but what one of
// them handed over is never split.
func TestLargeCommits(t *testing.T) {
	c := newCluster(t)
	s := c.take("left")
	s.cluster.most = 1 << 30
	c.clk.Do(func() {
		for i := range 12 {
			st := s.Script(fmt.Sprintf("%02d", i))
			must(t, st.Set(nil, manyStrings(15)))
			st.Publish()
		}
		must(t, s.Flush(context.Background()))
	})
	owners, commits := make(map[string]int), 0
	for _, e := range c.Entries() {
		if len(e.Data) > 8<<20 {
			t.Error(len(e.Data), "bytes")
		}
		if len(e.Data) == 0 {
			continue
		}
		entry, err := parseEntry(e.Seq, e.Data)
		must(t, err)
		if entry.marks != 0 {
			continue
		}
		commits++
		here := make(map[string]bool)
		entry.each(func(o op) error {
			here[o.key[:min(len(o.key), 5)]] = true
			return nil
		})
		for owner := range here {
			owners[owner]++
		}
	}
	if commits < 2 || len(owners) != 12 || slices.Max(slices.Collect(maps.Values(owners))) != 1 {
		t.Error(commits, "entries", owners)
	}
	if diff := cmp.Diff(content(s), content(c.take("right"))); diff != "" {
		t.Error(diff)
	}
}

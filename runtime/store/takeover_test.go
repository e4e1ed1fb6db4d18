package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store/logtest"
)

// history of scripts that write: what they have written, and what they know that the
// log has.
type writers struct {
	c      *cluster
	random *rand.Rand
	wrote  [3]int
	told   [3]int
	heads  map[int]bool // that were let move, and not cleared since
}

// write is a task of a script, until its host is gone.
func (w *writers) write(s *Store, script int) {
	st := s.Script(fmt.Sprint("script ", script))
	for {
		w.wrote[script]++
		n := w.wrote[script]
		// What belongs together: scalars, tables that shrink and grow, both tables.
		st.Set(at("a"), n)
		st.Set(at("list"), map[any]any{1: n, "t": map[any]any{"i": n}})
		if n%5 == 0 {
			st.Delete(at("junk"))
		} else if v, _ := st.Get(at("junk")); v == nil {
			st.Set(at("junk"), map[any]any{})
			st.Set(at("junk", n), "of a few bytes, so that snapshots come")
		}
		st.Set(at("b"), n)
		err := st.Sync(context.Background())
		switch {
		case err == nil:
			w.told[script] = max(w.told[script], n)
		case errors.Is(err, ErrFenced), errors.Is(err, ErrClosed):
			return
		}
		clock.Sleep(context.Background(), w.c.clk, time.Duration(w.random.IntN(3000))*time.Millisecond)
	}
}

// move is a task that moves a head.
func (w *writers) move(s *Store, channel int) {
	m := Moving{Device: "gate", Channel: channel, Address: "http://192.0.2.10:80", Since: noon}
	for {
		ctx, cancel := clock.WithTimeout(w.c.clk, context.Background(), 250*time.Millisecond)
		err := s.SetMoving(ctx, m)
		cancel()
		if err == nil {
			w.heads[channel] = true
			clock.Sleep(context.Background(), w.c.clk, time.Duration(w.random.IntN(5000))*time.Millisecond)
		}
		if errors.Is(err, ErrFenced) || errors.Is(err, ErrClosed) || s.Failing() != nil && s.gone != nil {
			return
		}
		w.heads[channel] = false
		s.ClearMoving(m)
		clock.Sleep(context.Background(), w.c.clk, time.Duration(w.random.IntN(20_000))*time.Millisecond)
	}
}

// check compares what a host has taken over with what was written.
func (w *writers) check(s *Store) {
	t := w.c.t
	t.Helper()
	for script := range w.wrote {
		st := s.Script(fmt.Sprint("script ", script))
		a, _ := st.Get(at("a"))
		for _, path := range [][]any{at("b"), at("list", 1), at("list", "t", "i")} {
			if v, _ := st.Get(path); v != a {
				t.Fatalf("script %d: %v is %v, a is %v", script, path, v, a)
			}
		}
		n, _ := a.(float64)
		if int(n) < w.told[script] || int(n) > w.wrote[script] {
			t.Fatalf("script %d: has %v, was told of %d, wrote %d", script, n, w.told[script], w.wrote[script])
		}
		w.wrote[script], w.told[script] = int(n), int(n)
	}
	moving := make(map[int]bool)
	for _, m := range s.AllMoving() {
		moving[m.Channel] = true
	}
	for channel, moves := range w.heads {
		if moves && !moving[channel] {
			t.Fatalf("head %d moves, and the log does not know it", channel)
		}
	}
}

// Whatever becomes of appends, and whoever takes the share with whatever file: the
// new holder has every commit whose wait had returned, and none by half.
func TestNothingIsLostByATakeover(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 8
	}
	purges := 0
	for seed := range seeds {
		c := newCluster(t)
		w := &writers{c: c, random: rand.New(rand.NewPCG(seed, 17)), heads: make(map[int]bool)}
		n := func(most int) int { return w.random.IntN(most) }
		var files [][]byte // of all times and hosts
		open := make(map[string]*Store)
		for term := range 6 {
			host := fmt.Sprint("host ", n(3))
			path := filepath.Join(c.dir, host, "state.db")
			if s := open[host]; s != nil {
				c.drop(s)
			}
			if len(files) > 0 && n(3) == 0 {
				os.MkdirAll(filepath.Dir(path), 0o700)
				must(t, os.WriteFile(path, files[n(len(files))], 0o600))
			} else if n(3) == 0 {
				os.Remove(path)
			}
			c.Break(0, nil)
			alone, err := c.try(fmt.Sprint("alone ", term), Options{})
			must(t, err)
			s, err := c.try(host, Options{})
			must(t, err)
			if diff := cmp.Diff(content(alone), content(s)); diff != "" || s.Notice() != "" {
				t.Fatalf("seed %d, term %d: from the log alone, and with a file: %s\n%s", seed, term, diff, s.Notice())
			}
			c.drop(alone)
			w.check(s)

			s.cluster.most, s.cluster.least, s.cluster.slice = 6000, 6000, 300
			for script := range w.wrote {
				c.clk.Go(func() { w.write(s, script) })
			}
			for channel := range 2 {
				clear(w.heads)
				c.clk.Go(func() { w.move(s, channel) })
			}
			s.SetLastRun("x", fmt.Sprint("job ", n(5)), c.clk.Now())
			bad := n(60)
			c.Break(time.Duration(n(8))*time.Millisecond, func([]byte) logtest.Fault {
				if n(100) >= bad {
					return logtest.None
				}
				return logtest.Fault(1 + n(3))
			})
			for range 4 {
				c.clk.RunFor(time.Duration(n(20_000)) * time.Millisecond)
				if data, err := os.ReadFile(path); err == nil {
					files = append(files, data)
				}
			}
			// It ends in the middle of things: dropped now, or only told later that
			// it has lost the share.
			if n(2) == 0 {
				c.drop(s)
			} else {
				open[host] = s
			}
		}
		for _, s := range open {
			c.drop(s)
		}
		purges += c.Purges()
		if t.Failed() {
			t.Fatal("seed", seed)
		}
	}
	if purges < int(seeds) {
		t.Error(purges, "snapshots: too few to show anything")
	}
}

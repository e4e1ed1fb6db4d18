//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
)

// TestWithoutMajority: one member of three keeps nothing and promises nothing; all is
// there again when the others are.
func TestWithoutMajority(t *testing.T) {
	if testing.Short() {
		t.Skip("elections take their time")
	}
	t.Parallel()
	c := startTrio(t)
	one := c.put("left", "lease.site", "a")
	c.tells("left", "a majority of the members answers")
	c.stop("box")
	began := time.Now()
	eventually(t, "two of three do not go on", func() error {
		_, _, err := c.engine("left").Last(t.Context(), "lease.site")
		return err
	})
	t.Logf("after an orderly stop the others answer in %v", time.Since(began))
	c.stop("right")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := c.engine("left").CAS(ctx, "lease.site", one, []byte("b")); !errors.Is(err, hold.ErrUnknown) || errors.Is(err, hold.ErrConflict) {
		t.Errorf("CAS without a majority: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := c.engine("left").Append(ctx, "site", 0, []byte("b")); !errors.Is(err, hold.ErrUnknown) {
		t.Errorf("Append without a majority: %v", err)
	}
	eventually(t, "the status does not tell", func() error {
		s := c.engine("left").Status()
		if s.Quorum || s.Members[0].Up || !s.Members[1].Up || s.Members[2].Up {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	c.tells("left", "a majority of the members does not answer")

	c.start("right")
	c.answers("left")
	c.answers("right")
	data, seq, err := c.engine("right").Last(t.Context(), "lease.site")
	// What had no answer may have been done.
	if err != nil || seq != one && string(data) != "b" {
		t.Errorf("%q %d %v", data, seq, err)
	}
	if two := c.put("right", "lease.site", "c"); two <= seq {
		t.Errorf("%d after %d", two, seq)
	}
	// The witness comes back with an empty disk, as after remove data/engine.
	c.dir += "/../anew"
	c.start("box")
	c.whole("box")
	c.stop("right")
	c.answers("left")
	eventually(t, "the witness does not answer", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		data, _, err := c.engine("box").Last(ctx, "lease.site")
		if err == nil && string(data) != "c" {
			t.Fatalf("with the copy of the witness: %q", data)
		}
		return err
	})
}

// TestLeaderCut: while the leader of the leases is cut off, values are taken by the
// majority only, and no value is taken twice. When it is back it leads on for a moment,
// and nothing that it answers then takes a member back to what stood before.
func TestLeaderCut(t *testing.T) {
	if testing.Short() {
		t.Skip("elections take their time")
	}
	t.Parallel()
	c := newTrio(t).withProxies()
	c.startAll()
	var mu sync.Mutex
	taken := map[uint64]uint64{} // after: seq
	by := map[string]int{}       // how many each member had taken
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, name := range trioNames {
		all.Go(func() {
			e := c.engine(name)
			var value, entry uint64 // the last that this member knows of
			on := func(known *uint64, what string, seq uint64) {
				if seq < *known {
					t.Errorf("%s: %s is %d, after %d", name, what, seq, *known)
				}
				*known = seq
			}
			for n := 0; ctx.Err() == nil; n++ {
				try, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
				if _, tail, err := e.Tail(try, "cut"); err == nil {
					on(&entry, "the last entry", tail)
					if seq, err := e.Append(try, "cut", tail, nil); err == nil {
						on(&entry, "the new entry", seq)
					}
				}
				_, last, err := e.Last(try, "lease.cut")
				if err == nil {
					on(&value, "the value", last)
					var seq uint64
					if seq, err = e.CAS(try, "lease.cut", last, []byte(name+strconv.Itoa(n))); err == nil {
						on(&value, "the new value", seq)
						mu.Lock()
						if other, ok := taken[last]; ok {
							t.Errorf("%d and %d were both taken after %d", other, seq, last)
						}
						taken[last] = seq
						by[name]++
						mu.Unlock()
					}
				}
				if err != nil && !errors.Is(err, hold.ErrConflict) && !errors.Is(err, hold.ErrUnknown) {
					t.Errorf("%s: %v", name, err)
				}
				cancel()
				time.Sleep(time.Millisecond)
			}
		})
	}
	count := func(names ...string) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, name := range names {
			n += by[name]
		}
		return n
	}
	more := func(names ...string) {
		t.Helper()
		before := count(names...)
		eventually(t, fmt.Sprint(names, " take nothing"), func() error {
			if count(names...) < before+20 {
				return fmt.Errorf("%d and %d", before, count(names...))
			}
			return nil
		})
	}
	more(trioNames...)
	leader := c.leader()
	others := slices.DeleteFunc(slices.Clone(trioNames), func(name string) bool { return name == leader })
	c.cut(leader, true)
	began := time.Now()
	alone := count(leader)
	more(others...)
	t.Logf("%v after the cut the others go on", time.Since(began))
	if n := count(leader) - alone; n > 2 { // on its way at the cut
		t.Errorf("cut off, %s had %d values taken", leader, n)
	}
	eventually(t, "the cut is not told", func() error {
		for _, m := range c.engine(leader).Status().Members {
			if m.Name != leader && m.Up {
				return fmt.Errorf("%+v", m)
			}
		}
		return nil
	})
	t.Logf("%v after the cut it is told", time.Since(began))
	c.cut(leader, false)
	began = time.Now()
	more(leader)
	t.Logf("%v after its end the member is back", time.Since(began))
	stop()
	all.Wait()
	// Each value that was taken stood on one that stood there: their numbers grow.
	highest := uint64(0)
	for after, seq := range taken {
		if seq <= after {
			t.Errorf("%d was taken after %d", seq, after)
		}
		highest = max(highest, seq)
	}
	for _, name := range trioNames {
		eventually(t, name+" has not all", func() error {
			_, seq, err := c.engine(name).Last(t.Context(), "lease.cut")
			if err == nil && seq < highest {
				err = fmt.Errorf("%d, and %d was taken", seq, highest)
			}
			return err
		})
	}
}

// TestCloseWhileBusy: whatever is under way ends when the engine is closed.
func TestCloseWhileBusy(t *testing.T) {
	t.Parallel()
	e, err := alone(t, t.TempDir(), newSecret(t))
	if err != nil {
		t.Fatal(err)
	}
	e.Answer("slow", func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() })
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 4 {
		for _, f := range []func(){
			func() { e.CAS(ctx, "lease.a", uint64(i), nil) },
			func() { e.Last(ctx, "lease.a") },
			func() { e.Append(ctx, "a", 0, nil) },
			func() { e.Read(ctx, "a", 0, func(uint64, []byte) error { return nil }) },
			func() { e.Purge(ctx, "a", 1) },
			func() { e.Listen("lease.a", func([]byte) {})() },
			func() { e.Hear("a", func([]byte) {})() },
			func() { e.Tell("a", nil) },
			func() { e.Ask(ctx, "left", "slow", nil) },
			func() { e.Answer("other", func(context.Context, []byte) ([]byte, error) { return nil, nil })() },
			func() { e.StepAside(ctx, "right", "box") },
			func() { e.Status() },
		} {
			all.Go(func() {
				for ctx.Err() == nil {
					f()
				}
			})
		}
	}
	time.Sleep(50 * time.Millisecond)
	var closing sync.WaitGroup
	for range 2 {
		closing.Go(e.Close)
	}
	closing.Wait()
	stop()
	all.Wait()
	if _, err := e.CAS(t.Context(), "lease.a", 0, nil); !errors.Is(err, hold.ErrUnknown) {
		t.Errorf("CAS of a closed engine: %v", err)
	}
	if _, err := e.Ask(t.Context(), "left", "slow", nil); !errors.Is(err, hold.ErrUnknown) {
		t.Errorf("Ask of a closed engine: %v", err)
	}
}

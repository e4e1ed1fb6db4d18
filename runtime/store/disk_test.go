package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

// The disk follows the memory through every kind of change: a scalar becomes a
// table and the other way round, tables are replaced, emptied, deleted, and
// several of these lie in one batch.
func TestTheDiskFollows(t *testing.T) {
	s := newSite(t)
	st := s.Script("x")
	changes := []func(){
		func() { st.Set(at("a"), 1) },
		func() { st.Set(at("a"), map[any]any{"b": map[any]any{"c": 1}, "d": 2}) },
		func() { st.Set(at("a", "b", "c"), 5); st.Set(at("a", "b"), 7) },
		func() { st.Set(at("a", "b"), map[any]any{}); st.Set(at("a", "b", "x"), "y"); st.Set(at("ab"), 1) },
		func() { st.Delete(at("a", "b")); st.Set(at("a", "b"), map[any]any{"new": true}) },
		func() { st.Set(at("a"), "scalar") },
		func() { st.Delete(at("a")); st.Set(at("a", "b"), "refused") },
		func() { st.Set(nil, map[any]any{"all": "new", 1: 2}); st.Set(at("more"), 1) },
		func() { st.Delete(nil) },
		func() { st.Set(at("z"), map[any]any{"y": 1}); st.Delete(nil); st.Set(at("last"), 1) },
	}
	for i, change := range changes {
		change()
		s.sync(st)
		if diff := cmp.Diff(st.Copy(nil), s.crash().Script("x").Copy(nil)); diff != "" {
			t.Fatalf("after change %d: %s", i, diff)
		}
	}
}

func TestWithoutAChangeNothingIsWritten(t *testing.T) {
	s := newSite(t)
	st := s.Script("x")
	must(t, st.Set(at("a"), 1))
	s.sync(st)
	before := s.lastTx()
	must(t, st.Set(at("a"), 1))
	must(t, st.Delete(at("none")))
	if st.Publish() != (Ticket{}) {
		t.Error("something was published")
	}
	s.sync(st)
	if s.lastTx() != before {
		t.Error("a transaction was written")
	}
}

func (s *site) lastTx() uint64 {
	s.t.Helper()
	file, err := os.Open(s.path)
	must(s.t, err)
	defer file.Close()
	info, _ := file.Stat()
	txid, err := boltfile.Check(file, info.Size())
	must(s.t, err)
	return txid
}

// A hundred tasks that wait share a few commits.
func TestTasksShareACommit(t *testing.T) {
	s := newSite(t)
	before, done := s.lastTx(), 0
	for i := range 100 {
		st := s.Script(fmt.Sprint("script ", i%10))
		s.clk.Go(func() {
			must(t, st.Set(at(i), i))
			must(t, st.Sync(context.Background()))
			done++
		})
	}
	s.clk.RunFor(0)
	if done != 100 {
		t.Fatal(done, "have ended")
	}
	if n := s.lastTx() - before; n > 2 {
		t.Error(n, "commits")
	}
}

// What a task did between two waits is on the disk whole or not at all.
func TestOnlyWhatWasPublishedIsWritten(t *testing.T) {
	s := newSite(t)
	one, two := s.Script("one"), s.Script("two")
	must(t, one.Set(at("half"), 1))
	must(t, two.Set(at("whole"), 1))
	s.sync(two)
	s.clk.Do(func() { must(t, s.Flush(context.Background())) })
	after := s.crash()
	if v, _ := after.Script("one").Get(at("half")); v != nil {
		t.Error("half of it was written")
	}
	if v, _ := after.Script("two").Get(at("whole")); v != 1.0 {
		t.Error("whole:", v)
	}
	s.reopen() // Close publishes
	if v, _ := s.Script("one").Get(at("half")); v != 1.0 {
		t.Error("half after Close:", v)
	}
}

func TestMemoryKeepsNothing(t *testing.T) {
	clk := clock.NewVirtual(noon)
	s := Memory(Options{Clock: clk})
	clk.Do(func() {
		must(t, s.Script("x").Set(at("a"), 1))
		must(t, s.Script("x").Sync(context.Background()))
		must(t, s.SetMoving(context.Background(), Moving{Device: "gate", Channel: 1}))
		s.SetLastRun("x", "job", clk.Now())
		must(t, s.Close())
		must(t, s.Close())
		if err := s.Flush(context.Background()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	if clk.Pending() != 0 || clk.Live() != 0 {
		t.Error(clk.Pending(), "timers,", clk.Live(), "goroutines left")
	}
}

func TestModesKeepOthersOut(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]os.FileMode{s.path: 0o600, filepath.Dir(s.path): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	must(t, os.Chmod(s.path, 0o644))
	s.reopen()
	if info, _ := os.Stat(s.path); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
}

func TestRandomWritesAgainstAModel(t *testing.T) {
	s := newSite(t)
	st, model := s.Script("x"), map[any]any{}
	random := uint32(1)
	next := func(n uint32) uint32 { random = random*1664525 + 1013904223; return random >> 8 % n }
	for i := range 3000 {
		path, tables := at(), []map[any]any{model}
		for range 1 + next(4) {
			path = append(path, []any{"a", "b", "c", 1.0, 2.0}[next(5)])
			if inner, ok := tables[len(tables)-1][path[len(path)-1]].(map[any]any); ok {
				tables = append(tables, inner)
				continue
			}
			break
		}
		if len(path) > len(tables) {
			path = path[:len(tables)]
		}
		table, k := tables[len(path)-1], path[len(path)-1]
		switch next(4) {
		case 0:
			must(t, st.Delete(path))
			delete(table, k)
		case 1:
			must(t, st.Set(path, map[any]any{"a": map[any]any{"b": float64(i)}}))
			table[k] = map[any]any{"a": map[any]any{"b": float64(i)}}
		default:
			must(t, st.Set(path, float64(i)))
			table[k] = float64(i)
		}
		if i%50 == 0 {
			s.sync(st)
		}
		if i%600 == 0 {
			if diff := cmp.Diff(model, s.crash().Script("x").Copy(nil)); diff != "" {
				t.Fatal(i, diff)
			}
		}
	}
	if diff := cmp.Diff(model, st.Copy(nil)); diff != "" {
		t.Fatal(diff)
	}
	if st.Size() != st.root.size() {
		t.Error(st.Size(), "counted", st.root.size())
	}
	s.reopen()
	if diff := cmp.Diff(model, s.Script("x").Copy(nil)); diff != "" {
		t.Fatal(diff)
	}
}

// Whoever wrote into the table that all share waits for its own write, though
// somebody else has handed it over.
func TestWrittenBySomebodyElse(t *testing.T) {
	s := newSite(t)
	s.clk.Do(func() {
		shared := s.Shared()
		if err := shared.Written().Wait(context.Background()); err != nil {
			t.Error(err)
		}
		must(t, shared.Set(at("a"), 1))
		theirs := shared.Publish()
		ours := shared.Written()
		if ours == (Ticket{}) || ours != theirs {
			t.Error("the ticket is not that of the write")
		}
		must(t, ours.Wait(context.Background()))
	})
	after := s.crash()
	if v, _ := after.Shared().Get(at("a")); v != 1.0 {
		t.Error(v)
	}
}

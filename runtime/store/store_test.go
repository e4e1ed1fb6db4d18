package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// site is a store in virtual time that can be closed and opened again.
type site struct {
	t    *testing.T
	path string
	clk  *clock.Virtual
	log  bytes.Buffer
	*Store
}

func newSite(t *testing.T) *site {
	s := &site{t: t, path: filepath.Join(t.TempDir(), "data", "state.db"), clk: clock.NewVirtual(noon)}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *site) open() {
	s.t.Helper()
	var err error
	s.Store, err = Open(s.path, Options{Clock: s.clk, Log: slog.New(slog.NewTextHandler(&s.log, nil))})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) close() {
	s.t.Helper()
	if s.Store == nil {
		return
	}
	s.clk.Do(func() {
		if err := s.Close(); err != nil {
			s.t.Error("Close:", err)
		}
	})
	s.Store = nil
}

func (s *site) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

// crash opens a copy of what the disk has now, as if the process had been
// killed.
func (s *site) crash() *site {
	s.t.Helper()
	data, err := os.ReadFile(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	other := &site{t: s.t, path: filepath.Join(s.t.TempDir(), "state.db"), clk: clock.NewVirtual(s.clk.Now())}
	if err := os.WriteFile(other.path, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	other.open()
	s.t.Cleanup(other.close)
	if other.Notice() != "" {
		s.t.Fatal(other.Notice())
	}
	return other
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func at(path ...any) []any { return path }

func (s *site) sync(st *State) {
	s.t.Helper()
	s.clk.Do(func() { must(s.t, st.Sync(context.Background())) })
}

func TestValuesOutliveTheProcess(t *testing.T) {
	s := newSite(t)
	tour := s.Script("tour")
	want := map[any]any{
		"count": 3.0, "pi": math.Pi, "tiny": math.SmallestNonzeroFloat64, "huge": math.MaxFloat64, "inf": math.Inf(-1),
		"name": "door\x00\xff", "empty": "", "yes": true, "no": false,
		"a": map[any]any{"b": map[any]any{"c": 1.0}, "none": map[any]any{}},
		1.0: "one", 2.0: "two", -1.5: "half", "1": "a string",
	}
	must(t, tour.Set(nil, want))
	must(t, s.Shared().Set(at("who"), "all"))
	must(t, s.Script("other").Set(at("who"), "other"))
	for range 2 {
		s.reopen()
		if diff := cmp.Diff(want, s.Script("tour").Copy(nil)); diff != "" {
			t.Fatal(diff)
		}
		if v, _ := s.Shared().Get(at("who")); v != "all" {
			t.Error("shared:", v)
		}
		if v, _ := s.Script("other").Get(at("who")); v != "other" {
			t.Error("other:", v)
		}
	}
	if n, want := s.Script("tour").Size(), s.Script("tour").root.size(); n != want {
		t.Errorf("size %d, counted %d", n, want)
	}
}

func TestGetTellsTablesFromNothing(t *testing.T) {
	s := newSite(t)
	st := s.Script("x")
	must(t, st.Set(at("t"), map[any]any{"n": 1}))
	for _, c := range []struct {
		path  []any
		v     any
		table bool
	}{
		{at(), nil, true}, {at("t"), nil, true}, {at("t", "n"), 1.0, false}, {at("t", "n", "m"), nil, false},
		{at("u"), nil, false}, {at("u", "v"), nil, false}, {at(math.NaN()), nil, false}, {at(true), nil, false},
	} {
		if v, table := st.Get(c.path); v != c.v || table != c.table {
			t.Errorf("%v: %v, %v", c.path, v, table)
		}
	}
}

func TestKeysComeInOrderWhateverHappensMeanwhile(t *testing.T) {
	st := newSite(t).Script("x")
	for _, k := range []any{"b", 3, "a", 1, "10", 2.5, -1, "é", 2} {
		must(t, st.Set(at(k), true))
	}
	var keys []any
	for k, _, _ := st.Next(nil, nil); k != nil; k, _, _ = st.Next(nil, k) {
		keys = append(keys, k)
		must(t, st.Delete(at(k))) // as scripts clear a table in pairs
	}
	want := []any{-1.0, 1.0, 2.0, 2.5, 3.0, "10", "a", "b", "é"}
	if !slices.Equal(keys, want) {
		t.Errorf("%v, want %v", keys, want)
	}
	if st.Size() != 0 {
		t.Error("size", st.Size())
	}
}

func TestLengthIsABorder(t *testing.T) {
	st := newSite(t).Script("x")
	must(t, st.Set(at("q"), map[any]any{}))
	if n := st.Len(at("q")); n != 0 {
		t.Error(n)
	}
	for i := 1; i <= 100; i++ {
		must(t, st.Set(at("q", i), i))
		if n := st.Len(at("q")); n != i {
			t.Fatalf("%d after %d", n, i)
		}
	}
	must(t, st.Set(at("q", 1.5), "no integer"))
	must(t, st.Set(at("q", 0), "before the first"))
	if n := st.Len(at("q")); n != 100 {
		t.Error(n)
	}
	if n := st.Len(at("none")); n != 0 {
		t.Error(n)
	}
}

func TestLimits(t *testing.T) {
	deep := make([]any, MaxDepth+1)
	for i := range deep {
		deep[i] = "a"
	}
	nest := func(n int) any {
		var v any = 1.0
		for range n {
			v = map[any]any{"a": v}
		}
		return v
	}
	long := strings.Repeat("k", MaxKey+1)
	for _, c := range []struct {
		name, limit string
		path        []any
		v           any
	}{
		{"key", "key", at(long), 1},
		{"key inside", "key", at("t"), map[any]any{long: 1}},
		{"string", "string", at("s"), strings.Repeat("x", MaxString+1)},
		{"string inside", "string", at("s"), map[any]any{"a": strings.Repeat("x", MaxString+1)}},
		{"depth", "depth", deep, 1},
		{"depth inside", "depth", at("a"), nest(MaxDepth)},
		{"size", "size", at("s"), map[any]any{"a": manyStrings(17)}},
		{"size of all", "size", nil, manyStrings(17)},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := Memory(Options{Clock: clock.NewVirtual(noon)}).Script("x")
			must(t, st.Set(at("kept"), 1))
			before := st.Size()
			err := st.Set(c.path, c.v)
			var limit *LimitError
			if !errors.As(err, &limit) || limit.Limit != c.limit || limit.Got <= limit.Most {
				t.Fatalf("%#v", err)
			}
			if strings.ContainsAny(err.Error(), "\n") || len(err.Error()) > 600 {
				t.Error(err)
			}
			if st.Size() != before {
				t.Error("something was written")
			}
		})
	}

	st := Memory(Options{Clock: clock.NewVirtual(noon)}).Script("x")
	must(t, st.Set(at("a"), nest(MaxDepth-1)))
	must(t, st.Set(at(long[:MaxKey]), strings.Repeat("x", MaxString)))
	// What is full can be made smaller.
	must(t, st.Set(nil, manyStrings(15)))
	if err := st.Set(at("more"), strings.Repeat("x", MaxString)); err == nil {
		t.Fatal("too much was taken")
	}
	must(t, st.Delete(at(3)))
	must(t, st.Set(at("more"), strings.Repeat("x", MaxString)))
}

func manyStrings(n int) map[any]any {
	m := make(map[any]any)
	for i := range n {
		m[i+1] = strings.Repeat("x", MaxString)
	}
	return m
}

func TestWhatCannotBeKeptIsNamed(t *testing.T) {
	st := Memory(Options{Clock: clock.NewVirtual(noon)}).Script("x")
	for _, c := range []struct {
		path []any
		v    any
		want string
	}{
		{at("a", "b"), 1, "a.b cannot be written: there is no table at a"},
		{at("f"), func() {}, "f: a value is a string, a number, a boolean or a table, not func()"},
		{at("t"), map[any]any{"x y": map[any]any{1: struct{}{}}}, `t["x y"][1]: a value is a string, a number, a boolean or a table, not struct {}`},
		{at("t"), map[any]any{true: 1}, "t: a key is a string or a number, not bool"},
		{at("t"), map[any]any{1: 1, 1.0: 2}, "t[1]: the key is there twice, as two kinds of number"},
		{at(math.NaN()), 1, "not a number (NaN) cannot be a key"},
		{nil, 1, "the whole of it can only be replaced by a table"},
	} {
		if err := st.Set(c.path, c.v); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if err := st.Set(at("a", "b"), 1); !errors.Is(err, ErrNoTable) {
		t.Error(err)
	}
}

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

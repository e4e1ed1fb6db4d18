package store

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// fastDir is a folder in memory where there is one, for tests that write much: how
// soon a disk has it is not what they are about.
func fastDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "hiklua-store-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
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

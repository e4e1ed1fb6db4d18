package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store/logtest"
)

func open(b *testing.B) *Store {
	s, err := Open(filepath.Join(b.TempDir(), "state.db"), Options{Clock: clock.Real()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func BenchmarkSet(b *testing.B) {
	st := open(b).Script("x")
	st.Set(at("a"), map[any]any{"b": 0})
	path := at("a", "b")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		st.Set(path, float64(i))
	}
}

func BenchmarkGet(b *testing.B) {
	st := open(b).Script("x")
	for i := range 1000 {
		st.Set(at(fmt.Sprint("key ", i)), i)
	}
	path := at("key 500")
	b.ReportAllocs()
	for b.Loop() {
		st.Get(path)
	}
}

// BenchmarkAppend fills a list up to the limit of a script.
func BenchmarkAppend(b *testing.B) {
	st := open(b).Script("x")
	st.Set(at("list"), map[any]any{})
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		if st.Set(at("list", i), i) != nil {
			st.Set(at("list"), map[any]any{})
			i = 0
		}
	}
}

// BenchmarkPublishNothing is what a wait costs a script that wrote nothing.
func BenchmarkPublishNothing(b *testing.B) {
	st := open(b).Script("x")
	b.ReportAllocs()
	for b.Loop() {
		st.Publish().Wait(context.Background())
	}
}

// BenchmarkSync is one write that is waited for: the time is the disk's.
func BenchmarkSync(b *testing.B) {
	st := open(b).Script("x")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		st.Set(at("a"), i)
		if err := st.Sync(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSyncMany is the same by 100 tasks at once, one operation each.
func BenchmarkSyncMany(b *testing.B) {
	s := open(b)
	b.ReportAllocs()
	b.SetParallelism(50)
	b.RunParallel(func(pb *testing.PB) {
		st := s.Script("x")
		for i := 0; pb.Next(); i++ {
			st.Set(at("a"), i)
			st.Sync(context.Background())
		}
	})
}

// BenchmarkSetMoving is a head that was at rest for long.
func BenchmarkSetMoving(b *testing.B) {
	s := open(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := gate
		m.Channel = i
		if err := s.SetMoving(context.Background(), m); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.mu.Lock()
		clear(s.marks)
		s.mu.Unlock()
		b.StartTimer()
	}
}

// BenchmarkSetMovingAgain is a head that moved a moment ago.
func BenchmarkSetMovingAgain(b *testing.B) {
	s := open(b)
	b.ReportAllocs()
	for b.Loop() {
		s.SetMoving(context.Background(), gate)
		s.ClearMoving(gate)
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.db")
	s, err := Open(path, Options{Clock: clock.Real()})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 20 {
		s.Script(fmt.Sprint(i)).Set(at("a"), map[any]any{"text": manyStrings(4), "list": map[any]any{1: 1, 2: 2}})
	}
	s.Close()
	for b.Loop() {
		s, err := Open(path, Options{Clock: clock.Real()})
		if err != nil || s.Notice() != "" {
			b.Fatal(err, s.Notice())
		}
		s.Close()
	}
}

// BenchmarkSyncLogged is BenchmarkSync in a cluster, with a log that takes no time:
// what it costs this host.
func BenchmarkSyncLogged(b *testing.B) {
	log := logtest.New(clock.Real(), ErrFenced)
	s, err := Open(filepath.Join(b.TempDir(), "state.db"), Options{Clock: clock.Real(), Cluster: log.Hold()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	st := s.Script("x")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		st.Set(at("a"), i)
		if err := st.Sync(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReplay is the opening of a store whose log has 10,000 commits.
func BenchmarkReplay(b *testing.B) {
	log := logtest.New(clock.Real(), ErrFenced)
	dir := b.TempDir()
	open := func(host string) *Store {
		s, err := Open(filepath.Join(dir, host, "state.db"), Options{Clock: clock.Real(), Cluster: log.Hold()})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	s := open("left")
	st := s.Script("x")
	for i := range entriesMost - 1 {
		st.Set(at(i%100), i)
		st.Sync(context.Background())
	}
	s.Close()
	for b.Loop() {
		open("right").Close()
	}
}

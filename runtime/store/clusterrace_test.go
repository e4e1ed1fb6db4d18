package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store/logtest"
)

// In real time: tasks write on and on while the share changes hands, and while the
// former holder drops its store. What a wait told is in the log, and nothing hangs.
func TestTakeoversInRealTime(t *testing.T) {
	clk, dir := clock.Real(), t.TempDir()
	log := logtest.New(clk, ErrFenced)
	var mu sync.Mutex
	told := make(map[string]int)
	var tasks sync.WaitGroup
	var former *Store
	for term := range 6 {
		s, err := Open(filepath.Join(dir, fmt.Sprint(term%3), "state.db"), Options{Clock: clk, Cluster: log.Hold()})
		must(t, err)
		s.cluster.most, s.cluster.least, s.cluster.slice = 5000, 5000, 500
		mu.Lock()
		for name, n := range told {
			if v, _ := s.Script(name).Get(at("a")); v == nil || v.(float64) < float64(n) {
				t.Errorf("term %d: %s has %v, was told of %d", term, name, v, n)
			}
		}
		mu.Unlock()
		for i := range 6 {
			tasks.Go(func() {
				name := fmt.Sprint("task ", i)
				st := s.Script(name)
				v, _ := st.Get(at("a"))
				n, _ := v.(float64)
				for {
					n++
					st.Set(at("a"), n)
					st.Set(at("b"), map[any]any{1: n})
					err := st.Sync(context.Background())
					if errors.Is(err, ErrFenced) || errors.Is(err, ErrClosed) {
						return
					}
					must(t, err)
					mu.Lock()
					told[name] = max(told[name], int(n))
					mu.Unlock()
				}
			})
		}
		tasks.Go(func() {
			for s.SetMoving(context.Background(), gate) == nil {
				s.ClearMoving(gate)
				time.Sleep(time.Millisecond)
			}
		})
		time.Sleep(20 * time.Millisecond)
		if former != nil {
			former.Drop(context.Background())
		}
		former = s
		if term%2 == 1 {
			s.Drop(context.Background()) // in the middle of it, before another has the share
			former = nil
		}
	}
	log.Hold()
	if former != nil {
		former.Close()
	}
	ended := make(chan bool)
	go func() { tasks.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		t.Fatal("tasks still wait")
	}
}

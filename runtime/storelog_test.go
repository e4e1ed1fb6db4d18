package runtime

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
	"github.com/hiklua/hiklua/runtime/store"
)

// The store, the fenced log and an engine that loses and delays what it is asked: what
// a wait told is there after each takeover, and when the engine works again, so does
// the store.
func TestTheStoreOnTheLogOfAnEngine(t *testing.T) {
	seeds := uint64(10)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		clk := clock.NewVirtual(noon)
		engine := holdtest.NewEngine(clk, "left", "right", "box")
		engine.Seed(seed)
		dir := t.TempDir()
		told, wrote := 0, 0
		var last *store.Store
		for term := uint64(1); term <= 5; term++ {
			engine.SetTrouble(holdtest.Trouble{})
			host := []string{"left", "right"}[term%2]
			var s *store.Store
			clk.Do(func() {
				log, err := hold.OpenLog(context.Background(), hold.LogConfig{
					Engine: engine.Member(host, clk), Clock: clk, Name: "state.site", Term: term, Fenced: store.ErrFenced,
				})
				if err != nil {
					t.Fatal(err)
				}
				if last != nil {
					last.Drop(context.Background())
				}
				s, err = store.Open(filepath.Join(dir, host, "state.db"), store.Options{Clock: clk, Cluster: log})
				if err != nil {
					t.Fatal(err)
				}
			})
			last = s
			st := s.Script("x")
			v, _ := st.Get([]any{"n"})
			n, _ := v.(float64)
			if twin, _ := st.Get([]any{"twin"}); twin != v {
				t.Fatalf("seed %d, term %d: %v and %v", seed, term, v, twin)
			}
			if int(n) < told || int(n) > wrote {
				t.Fatalf("seed %d, term %d: %v, was told of %d, wrote %d", seed, term, n, told, wrote)
			}
			wrote, told = int(n), int(n)
			clk.Go(func() {
				for {
					wrote++
					mine := wrote
					st.Set([]any{"n"}, mine)
					st.Set([]any{"twin"}, mine)
					err := st.Sync(context.Background())
					switch {
					case err == nil:
						told = max(told, mine)
					case errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrClosed):
						return
					}
					clock.Sleep(context.Background(), clk, 300*time.Millisecond)
				}
			})
			engine.SetTrouble(holdtest.Trouble{Lose: 0.2, Late: 0.3, LateBy: 15 * time.Second})
			clk.RunFor(time.Minute)
			if seed%2 == 0 {
				engine.Stall() // its leader is gone
			}
			clk.RunFor(time.Duration(seed%3) * 4 * time.Second)
			engine.SetTrouble(holdtest.Trouble{})
			clk.RunFor(time.Minute)
			if s.Failing() != nil || told < wrote-1 {
				t.Fatalf("seed %d, term %d: the engine works, and the store does not: %v, %d of %d", seed, term, s.Failing(), told, wrote)
			}
			engine.SetTrouble(holdtest.Trouble{Lose: 0.5})
			clk.RunFor(time.Duration(seed) * 700 * time.Millisecond)
		}
		clk.Do(func() { last.Drop(context.Background()) })
		if t.Failed() {
			t.Fatal(fmt.Sprint("seed ", seed))
		}
	}
}

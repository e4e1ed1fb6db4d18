package hold_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// Whatever is lost and late, a log has each entry that was confirmed once and in
// order, one that was given up once or never, and none of a term after the next
// has begun.
func TestLogInTrouble(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 20
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		s := newLogSite(t)
		s.engine.Seed(seed)
		r := rand.New(rand.NewPCG(seed, 4))
		s.clk.Do(func() {
			var confirmed, tried []string
			group := clock.NewGroup(s.clk)
			for term := uint64(1); term <= 5; term++ {
				s.engine.SetTrouble(holdtest.Trouble{
					Jitter: 50 * time.Millisecond, Lose: r.Float64() * 0.4, Late: r.Float64() * 0.4, LateBy: 4 * time.Second,
				})
				l := s.mustOpen([]string{"left", "right", "third"}[term%3], term)
				group.Go(func() { // until the next term has begun
					for n := 1; ; n++ {
						name := fmt.Sprintf("%d.%d", term, n)
						ctx, stop := clock.WithTimeout(s.clk, context.Background(), time.Duration(1+r.IntN(3))*time.Second)
						tried = append(tried, name)
						_, err := l.Append(ctx, []byte(name))
						stop()
						if err == nil {
							confirmed = append(confirmed, name)
						} else if !errors.Is(err, context.DeadlineExceeded) {
							return
						}
						clock.Sleep(context.Background(), s.clk, time.Duration(r.IntN(1000))*time.Millisecond)
					}
				})
				clock.Sleep(context.Background(), s.clk, time.Duration(r.Int64N(int64(10*time.Second))))
				if r.IntN(3) == 0 {
					s.engine.Stall()
				}
			}
			s.engine.SetTrouble(holdtest.Trouble{})
			last := s.mustOpen("left", 6)
			group.Wait()
			clock.Sleep(context.Background(), s.clk, 10*time.Second)
			var stand []string
			last.Read(context.Background(), 0, func(_ uint64, data []byte) error {
				if len(data) > 0 {
					stand = append(stand, string(bytes.Clone(data)))
				}
				return nil
			})
			order := func(name string) int { return slices.Index(tried, name) }
			terms := func(a, b string) int { return strings.Compare(a[:1], b[:1]) }
			for i, name := range stand[min(1, len(stand)):] {
				if terms(stand[i], name) > 0 || terms(stand[i], name) == 0 && order(stand[i]) >= order(name) {
					t.Errorf("seed %d: %s stands after %s", seed, name, stand[i])
				}
			}
			for _, name := range confirmed {
				if !slices.Contains(stand, name) {
					t.Errorf("seed %d: %s was confirmed and does not stand", seed, name)
				}
			}
		})
	}
}

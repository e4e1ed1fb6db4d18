package clock

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestGroupWaitFor: an end that is not waited for for ever, and one that comes.
func TestGroupWaitFor(t *testing.T) {
	clk := NewVirtual(time.Unix(0, 0))
	group := NewGroup(clk)
	clk.Go(func() {
		if err := group.WaitFor(context.Background()); err != nil {
			t.Errorf("nothing runs: %v", err)
		}
		group.Go(func() { Sleep(context.Background(), clk, time.Minute) })
		began := clk.Now()
		limit, cancel := WithTimeout(clk, context.Background(), time.Second)
		defer cancel()
		if err := group.WaitFor(limit); !errors.Is(err, context.DeadlineExceeded) || clk.Now().Sub(began) != time.Second {
			t.Errorf("%v after %v", err, clk.Now().Sub(began))
		}
		if err := group.WaitFor(context.Background()); err != nil || clk.Now().Sub(began) != time.Minute {
			t.Errorf("%v after %v", err, clk.Now().Sub(began))
		}
	})
	clk.RunFor(time.Hour)
}

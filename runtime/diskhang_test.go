package runtime

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// A disk that hangs is waited for little longer than the device's command lasts,
// and what is to be done at the end is done when it answers again.
func TestADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Host{clk: clock.Real()}
		ctx, cancel := clock.WithTimeout(h.clk, context.Background(), 10*time.Second)
		defer cancel()
		began := time.Now()
		broken := errors.New("broken")
		for _, want := range []error{nil, broken} {
			err := h.unlessHung(ctx, func() error { time.Sleep(time.Second); return want }, func() { t.Error("it is not late") })
			if err != want {
				t.Error(err)
			}
		}
		// What ends with its context is no disk that hangs.
		short, end := clock.WithTimeout(h.clk, context.Background(), time.Second)
		defer end()
		err := h.unlessHung(short, func() error { return clock.Sleep(short, h.clk, time.Hour) }, func() { t.Error("it is not late") })
		if err == nil || errors.Is(err, errDiskHangs) {
			t.Error(err)
		}
		disk, late := make(chan struct{}), false
		err = h.unlessHung(ctx, func() error { <-disk; return nil }, func() { late = true })
		if took := time.Since(began); !errors.Is(err, errDiskHangs) || took != 11*time.Second || late {
			t.Errorf("after %v: %v, late %v", took, err, late)
		}
		close(disk)
		synctest.Wait()
		if !late {
			t.Error("the end was not told")
		}
	})
}

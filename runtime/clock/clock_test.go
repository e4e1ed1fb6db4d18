package clock

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSleepMovesTimeByItsLength(t *testing.T) {
	v := NewVirtual(start)
	v.Do(func() {
		if err := Sleep(context.Background(), v, 90*time.Second); err != nil {
			t.Error(err)
		}
		if got := v.Now().Sub(start); got != 90*time.Second {
			t.Errorf("slept %v, want 90s", got)
		}
	})
}

func TestCancelledSleepEndsAtOnceWithItsCause(t *testing.T) {
	why := errors.New("reload")
	v := NewVirtual(start)
	ctx, cancel := WithCancelCause(context.Background())
	v.AfterFunc(3*time.Second, func() { cancel(why) })
	v.Do(func() {
		if err := Sleep(ctx, v, time.Hour); !errors.Is(err, why) {
			t.Errorf("got %v, want %v", err, why)
		}
		if got := v.Now().Sub(start); got != 3*time.Second {
			t.Errorf("slept %v, want 3s", got)
		}
		if v.Pending() != 0 {
			t.Errorf("%d timers left behind", v.Pending())
		}
	})
}

// Whichever was set first wins when a deadline and an event share an instant,
// on every run.
func TestDeadlineThatMeetsItsEvent(t *testing.T) {
	for range 100 {
		v := NewVirtual(start)
		ctx, cancel := WithTimeout(v, context.Background(), time.Second)
		v.Do(func() {
			if err := Sleep(ctx, v, time.Second); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("deadline set first: got %v", err)
			}
		})
		cancel()
		v.Do(func() {
			var ctx context.Context
			w := v.NewWaiter()
			hit := false
			v.AfterFunc(time.Second, func() { hit = true; w.Wake() })
			ctx, cancel = WithTimeout(v, context.Background(), time.Second)
			WaitFor(ctx, w)
			if !hit {
				t.Fatal("event set first: it was not seen")
			}
		})
		cancel()
	}
}

func TestTenThousandWaiters(t *testing.T) {
	v := NewVirtual(start)
	var order []int
	for i := range 10_000 {
		v.Go(func() {
			Sleep(context.Background(), v, time.Duration(10_000-i)*time.Millisecond)
			order = append(order, i)
		})
	}
	v.RunFor(time.Minute)
	if len(order) != 10_000 || v.Live() != 0 {
		t.Fatalf("%d woke, %d live", len(order), v.Live())
	}
	for k, i := range order {
		if i != 9_999-k {
			t.Fatalf("place %d went to %d", k, i)
		}
	}
}

func TestOneTaskThatNeverWaitsHoldsTimeStill(t *testing.T) {
	v := NewVirtual(start)
	fired := false
	v.AfterFunc(time.Millisecond, func() { fired = true })
	v.Do(func() {
		for range 1_000_000 {
			if fired {
				t.Fatal("time moved under a goroutine that computes")
			}
		}
	})
	v.RunFor(time.Second)
	if !fired {
		t.Error("the timer never fired")
	}
}

func TestChildrenOfTheStandardLibraryEndInOrder(t *testing.T) {
	v := NewVirtual(start)
	parent, cancel := WithTimeout(v, context.Background(), time.Second)
	defer cancel()
	type key struct{}
	child, cancelChild := context.WithCancel(parent)
	defer cancelChild()
	valued := context.WithValue(parent, key{}, 1)
	var order []string
	OnDone(valued, func() { order = append(order, "valued") })
	OnDone(parent, func() {
		order = append(order, "parent")
		if child.Err() == nil {
			t.Error("the child was made earlier and should have ended earlier")
		}
	})
	v.RunFor(time.Second)
	if fmt.Sprint(order) != "[valued parent]" {
		t.Error(order)
	}
	if !errors.Is(Cause(valued), context.DeadlineExceeded) {
		t.Error(Cause(valued))
	}
}

func TestWallClockJump(t *testing.T) {
	v := NewVirtual(start)
	var wall, elapsed time.Time
	v.At(start.Add(time.Hour), func() { wall = v.Now() })
	v.AfterFunc(time.Hour, func() { elapsed = v.Now() })
	v.Jump(30 * time.Minute)
	v.RunFor(2 * time.Hour)
	if got := wall.Sub(start); got != time.Hour {
		t.Errorf("At fired when the wall clock showed %v, want 1h", got)
	}
	if got := elapsed.Sub(start); got != 90*time.Minute {
		t.Errorf("AfterFunc fired at %v by the wall clock, want 1h30m", got)
	}
}

func TestStuckIsSaid(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "stuck") {
			t.Errorf("got %v", r)
		}
	}()
	v := NewVirtual(start)
	v.Do(func() { v.NewWaiter().Wait() })
}

// The same program gives the same history with any number of processors.
func TestHistoryDoesNotDependOnProcessors(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(0))
	run := func(procs int) string {
		goruntime.GOMAXPROCS(procs)
		v := NewVirtual(start)
		m := NewSemaphore(v, 1)
		var log strings.Builder
		for i := range 50 {
			v.Go(func() {
				for k := range 20 {
					Sleep(context.Background(), v, time.Duration((i*7+k*13)%11)*time.Millisecond)
					m.Acquire(context.Background())
					fmt.Fprintf(&log, "%d.%d@%d ", i, k, v.Now().Sub(start).Milliseconds())
					Sleep(context.Background(), v, time.Duration(i%3)*time.Millisecond)
					m.Release()
				}
			})
		}
		v.RunFor(time.Hour)
		return log.String()
	}
	want := run(1)
	for _, procs := range []int{1, 2, 16} {
		if got := run(procs); got != want {
			t.Fatalf("history differs with GOMAXPROCS=%d", procs)
		}
	}
}

func TestRealClockInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := Real()
		began := clk.Now()
		ctx, cancel := WithTimeout(clk, context.Background(), 2*time.Second)
		defer cancel()
		if err := Sleep(ctx, clk, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if got := clk.Now().Sub(began); got != 2*time.Second {
			t.Errorf("waited %v", got)
		}
		w := clk.NewWaiter()
		timer := clk.At(clk.Now().Add(17*time.Second), w.Wake)
		w.Wait()
		if got := clk.Now().Sub(began); got != 19*time.Second {
			t.Errorf("wall timer after %v", got)
		}
		if timer.Stop() {
			t.Error("a timer that has fired was stopped")
		}
	})
}

func BenchmarkVirtualSleep(b *testing.B) {
	v := NewVirtual(start)
	for range 10 {
		v.Go(func() {
			for range b.N / 10 {
				Sleep(context.Background(), v, time.Second)
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	v.Run(start.Add(time.Duration(b.N+1) * time.Second))
}

// A context of the standard library that is made below one that ends at this very
// moment is made, and ends, too.
func TestChildOfAContextThatEnds(t *testing.T) {
	made := make(chan struct{})
	go func() {
		defer close(made)
		for range 20_000 {
			parent, end := WithCancel(context.Background())
			go end()
			child, cancel := context.WithCancel(parent)
			<-child.Done()
			cancel()
		}
	}()
	select {
	case <-made:
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
	}
}

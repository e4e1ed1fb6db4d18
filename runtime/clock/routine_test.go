package clock

import (
	"context"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"time"
)

func fails() { panic("out of paper") }

// A panic reaches who drives the clock, and tells where it was; the clock serves on.
func TestPanicOfAGoroutine(t *testing.T) {
	v := NewVirtual(start)
	func() {
		defer func() {
			told := fmt.Sprint(recover())
			if !strings.HasPrefix(told, "out of paper") || !strings.Contains(told, "clock.fails") {
				t.Errorf("got %s", told)
			}
		}()
		v.Do(func() {
			Sleep(context.Background(), v, time.Second)
			fails()
		})
	}()
	if v.Live() != 0 {
		t.Errorf("%d live", v.Live())
	}
	v.Do(func() { Sleep(context.Background(), v, time.Second) })
	if got := v.Now().Sub(start); got != 2*time.Second {
		t.Errorf("slept %v", got)
	}
}

// What runtime.Goexit ends is ended for who drives the clock, too: a test that
// gives up inside Do does not go on behind it.
func TestGoexitInsideDo(t *testing.T) {
	v := NewVirtual(start)
	ended, after := make(chan struct{}), false
	go func() {
		defer close(ended)
		v.Do(goruntime.Goexit)
		after = true
	}()
	<-ended
	if after {
		t.Error("Do returned")
	}
	v.Do(func() {})
	if v.Live() != 0 {
		t.Errorf("%d live", v.Live())
	}
}

// A function that starts another and ends leaves its goroutine to it; when the
// run is over there are no more goroutines than those that wait.
func TestGoroutinesServeAgain(t *testing.T) {
	v := NewVirtual(start)
	before := goruntime.NumGoroutine()
	most, runs := 0, 0
	var next func()
	next = func() {
		runs++
		most = max(most, goruntime.NumGoroutine()-before)
		if runs < 1000 {
			v.AfterFunc(time.Second, func() { v.Go(next) })
		}
	}
	v.Go(next)
	v.Go(func() { v.NewWaiter().Wait() })
	v.RunFor(time.Hour)
	if runs != 1000 || most > 2 {
		t.Errorf("%d runs on %d goroutines", runs, most)
	}
	// At most: one of an earlier test may have ended meanwhile.
	if left := goruntime.NumGoroutine() - before; left > 1 || v.Live() != 1 {
		t.Errorf("%d goroutines are left, %d live", left, v.Live())
	}
}

// Goroutines of which one always may run take no memory for each time that one does.
func TestReadyGoroutinesTakeNoMemory(t *testing.T) {
	v := NewVirtual(start)
	turns := 0
	for range 3 {
		v.Go(func() {
			for range 10_000 {
				w := v.NewWaiter()
				v.Go(w.Wake)
				w.Wait()
				turns++
			}
		})
	}
	v.RunFor(0)
	if turns != 30_000 || v.Live() != 0 || cap(v.ready) > 1000 {
		t.Errorf("%d turns, %d live, room for %d that are ready", turns, v.Live(), cap(v.ready))
	}
}

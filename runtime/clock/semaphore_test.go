package clock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// served tells the names in the order in which they got a permit. Each holds
// it for a second; asking starts at the given moments.
func served(v *Virtual, s *Semaphore, ask ...asking) string {
	var order []string
	for _, a := range ask {
		v.AfterFunc(a.at, func() {
			v.Go(func() {
				ctx, cancel := context.Background(), func() {}
				if a.limit > 0 {
					ctx, cancel = WithTimeout(v, ctx, a.limit)
				}
				defer cancel()
				acquire := s.Acquire
				if a.first {
					acquire = s.AcquireFirst
				}
				if err := acquire(ctx); err != nil {
					order = append(order, a.name+" gave up")
					return
				}
				order = append(order, a.name)
				Sleep(context.Background(), v, time.Second)
				s.Release()
			})
		})
	}
	v.RunFor(time.Minute)
	return strings.Join(order, ", ")
}

type asking struct {
	name  string
	at    time.Duration
	first bool
	limit time.Duration
}

func TestSemaphoreServesInTheOrderOfAsking(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name    string
		permits int
		ask     []asking
		want    string
	}{
		{"one permit", 1, []asking{{name: "a"}, {name: "b", at: 1 * ms}, {name: "c", at: 2 * ms}, {name: "d", at: 3 * ms}}, "a, b, c, d"},
		{"two permits", 2, []asking{{name: "a"}, {name: "b"}, {name: "c", at: 1 * ms}, {name: "d", at: 2 * ms}, {name: "e", at: 3 * ms}}, "a, b, c, d, e"},
		{"one that comes while others wait", 1, []asking{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d", at: 1500 * ms}}, "a, b, c, d"},
		{"the first of the queue gives up", 1, []asking{{name: "a"}, {name: "b", limit: 500 * ms}, {name: "c", at: 1 * ms}, {name: "d", at: 2 * ms}}, "a, b gave up, c, d"},
		{"the middle of the queue gives up", 1, []asking{{name: "a"}, {name: "b"}, {name: "c", limit: 500 * ms}, {name: "d"}}, "a, c gave up, b, d"},
		{"stops first", 1, []asking{{name: "a"}, {name: "b"}, {name: "c"}, {name: "stop 1", at: 1 * ms, first: true}, {name: "stop 2", at: 2 * ms, first: true}}, "a, stop 1, stop 2, b, c"},
		{"a stop that gives up", 1, []asking{{name: "a"}, {name: "b"}, {name: "stop 1", first: true, limit: 10 * ms}, {name: "stop 2", at: 2 * ms, first: true}}, "a, stop 1 gave up, stop 2, b"},
	} {
		v := NewVirtual(start)
		s := NewSemaphore(v, test.permits)
		if got := served(v, s, test.ask...); got != test.want {
			t.Errorf("%s: %s; want %s", test.name, got, test.want)
		}
		checkAllFree(t, s, test.permits)
		if v.Live() != 0 || v.Pending() != 0 {
			t.Errorf("%s: %d goroutines and %d timers left", test.name, v.Live(), v.Pending())
		}
	}
}

// checkAllFree takes every permit and no more, and gives them back.
func checkAllFree(t *testing.T, s *Semaphore, permits int) {
	t.Helper()
	if n := s.Waiting(); n != 0 {
		t.Errorf("%d still wait", n)
	}
	for i := range permits {
		if !s.TryAcquire() {
			t.Errorf("permit %d of %d is lost", i+1, permits)
		}
	}
	if s.TryAcquire() {
		t.Errorf("there are more than %d permits", permits)
		s.Release()
	}
	for range permits {
		s.Release()
	}
}

func TestSemaphoreIsNotOvertakenByTryAcquire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSemaphore(Real(), 1)
		if !s.TryAcquire() || s.TryAcquire() {
			t.Fatal("there is one permit")
		}
		go s.Acquire(context.Background())
		synctest.Wait()
		if s.Waiting() != 1 {
			t.Fatalf("%d wait", s.Waiting())
		}
		s.Release()
		if s.TryAcquire() {
			t.Error("the permit was promised to the one that waited")
		}
		synctest.Wait()
		s.Release()
		checkAllFree(t, s, 1)
	})
}

func TestEndedContextGetsNoPermit(t *testing.T) {
	why := errors.New("reload")
	ctx, cancel := WithCancelCause(context.Background())
	cancel(why)
	s := NewSemaphore(Real(), 1)
	if err := s.Acquire(ctx); !errors.Is(err, why) {
		t.Error(err)
	}
	checkAllFree(t, s, 1)
}

func TestReleaseOfAFreePermitPanics(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "not acquired") {
			t.Errorf("got %v", r)
		}
	}()
	m := NewSemaphore(Real(), 1)
	m.Acquire(context.Background())
	m.Release()
	m.Release()
}

// In real time, with every kind of caller at once: never more holders than
// permits, and at the end nothing waits and no permit is lost, although many
// give up in the moment in which they are served.
func TestSemaphoreUnderContention(t *testing.T) {
	const permits = 3
	s := NewSemaphore(Real(), permits)
	var holders, most, served, gaveUp atomic.Int32
	hold := func() {
		n := holders.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(10 * time.Microsecond)
		served.Add(1)
		holders.Add(-1)
		s.Release()
	}
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			for k := range 100 {
				ctx, cancel := context.WithCancel(context.Background())
				switch (i + k) % 4 {
				case 0:
					if s.TryAcquire() {
						hold()
					}
					cancel()
					continue
				case 1:
					time.AfterFunc(time.Duration(k)*time.Microsecond, cancel)
				}
				acquire := s.Acquire
				if k%3 == 0 {
					acquire = s.AcquireFirst
				}
				if err := acquire(ctx); err == nil {
					hold()
				} else {
					gaveUp.Add(1)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if most.Load() > permits {
		t.Errorf("%d holders of %d permits", most.Load(), permits)
	}
	if served.Load() < 1200 || gaveUp.Load() == 0 {
		t.Errorf("%d were served and %d gave up: the test tries too little", served.Load(), gaveUp.Load())
	}
	checkAllFree(t, s, permits)
}

// In real time those who wait are served in the order in which they came.
func TestSemaphoreIsFairInRealTime(t *testing.T) {
	s := NewSemaphore(Real(), 1)
	s.Acquire(context.Background())
	var order []int // guarded by the permit
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			s.Acquire(context.Background())
			order = append(order, i)
			s.Release()
		})
		for s.Waiting() != i+1 {
			time.Sleep(10 * time.Microsecond)
		}
	}
	s.Release()
	wg.Wait()
	for i, n := range order {
		if i != n {
			t.Fatalf("served as %v", order)
		}
	}
}

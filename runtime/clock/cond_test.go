package clock

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A Wait ends with a Broadcast or with its context, and leaves nothing behind.
func TestCondEndsByItsEventOrItsContext(t *testing.T) {
	v := NewVirtual(start)
	var mu sync.Mutex
	c, open := NewCond(v, &mu), false
	var ended []string
	wait := func(name string, limit time.Duration) {
		v.Go(func() {
			ctx, cancel := WithTimeout(v, context.Background(), limit)
			defer cancel()
			mu.Lock()
			defer mu.Unlock()
			for !open {
				if err := c.Wait(ctx); err != nil {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Error(name, err)
					}
					break
				}
			}
			ended = append(ended, name+" "+v.Now().Format("05"))
		})
	}
	wait("patient", time.Minute)
	wait("hasty", time.Second)
	wait("calm", time.Hour)
	v.Do(func() {
		Sleep(context.Background(), v, 3*time.Second)
		mu.Lock()
		defer mu.Unlock()
		if n := c.Waiting(); n != 2 {
			t.Errorf("%d wait, want those whose time is not over", n)
		}
		c.Broadcast() // nothing has changed: they wait on
	})
	v.Do(func() {
		Sleep(context.Background(), v, 3*time.Second)
		mu.Lock()
		defer mu.Unlock()
		open = true
		c.Broadcast()
		if n := c.Waiting(); n != 0 {
			t.Errorf("%d wait after it, and would take the Signals of others", n)
		}
	})
	v.RunFor(0)
	if want := []string{"hasty 01", "patient 06", "calm 06"}; !slices.Equal(ended, want) || c.Waiting() != 0 {
		t.Errorf("%q, %d wait; want %q", ended, c.Waiting(), want)
	}
}

// Each Signal ends one Wait, the longest first.
func TestCondSignalsInTheOrderOfWaiting(t *testing.T) {
	v := NewVirtual(start)
	var mu sync.Mutex
	c := NewCond(v, &mu)
	var ended []int
	for i := range 4 {
		v.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			c.Wait(context.Background())
			ended = append(ended, i)
		})
	}
	signals := 0
	for _, n := range []int{1, 2, 1, 1} { // at a time
		v.Do(func() {
			mu.Lock()
			defer mu.Unlock()
			for range n {
				c.Signal()
			}
		})
		v.RunFor(0)
		signals += n
		if want := []int{0, 1, 2, 3}[:min(signals, 4)]; !slices.Equal(ended, want) {
			t.Errorf("after %d signals %v, want %v", signals, ended, want)
		}
	}
}

// What is added while a function runs comes after it, one at a time.
func TestSequenceKeepsTheOrder(t *testing.T) {
	var done []int
	group := NewGroup(Real())
	s := NewSequence(group)
	busy := make(chan struct{}, 1)
	for i := range 100 {
		s.Add(func() {
			busy <- struct{}{}
			done = append(done, i)
			if i%10 == 0 {
				s.Add(func() { done = append(done, 100+i) })
			}
			<-busy
		})
	}
	group.Wait()
	added := slices.DeleteFunc(slices.Clone(done), func(i int) bool { return i >= 100 })
	if len(done) != 110 || len(added) != 100 || !slices.IsSorted(added) {
		t.Error(done)
	}
}

// While a function is being called nothing else is.
func TestSequenceCallsOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		group := NewGroup(Real())
		s := NewSequence(group)
		first, second := make(chan struct{}), false
		s.Add(func() { <-first })
		synctest.Wait()
		s.Add(func() { second = true })
		synctest.Wait()
		if second {
			t.Error("the second was called during the first")
		}
		close(first)
		group.Wait()
		if !second {
			t.Error("the second was not called")
		}
	})
}

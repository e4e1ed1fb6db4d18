package clock

import (
	"container/heap"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Virtual is a clock whose time moves only when no goroutine has anything to do.
// Nothing runs until Run, RunFor or Do is called.
type Virtual struct {
	mu      sync.Mutex
	now     time.Time
	ready   []*routine // those that may run, in order; head is next
	head    int
	running *routine   // holds the baton
	idle    []*routine // whose functions have ended, for the next ones
	timers  timerHeap
	seq     uint64 // orders timers of one instant

	stop    bool // the driver wants control back
	driving bool
	live    int // functions that were started by Go and have not ended
}

var _ Clock = (*Virtual)(nil)

// NewVirtual returns a clock that shows start.
func NewVirtual(start time.Time) *Virtual {
	return &Virtual{now: start.Round(0)}
}

// InVirtualTime tells IsVirtual so.
func (v *Virtual) InVirtualTime() {}

// IsVirtual reports whether a clock goes by a Virtual: nothing outside the program
// happens by it. A clock that is made of a Virtual has the method InVirtualTime.
func IsVirtual(clk Clock) bool {
	_, virtual := clk.(interface{ InVirtualTime() })
	return virtual
}

// Now implements Clock.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Live is the number of goroutines that were started and have not ended.
func (v *Virtual) Live() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.live
}

// Pending is the number of timers that are set.
func (v *Virtual) Pending() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.timers)
}

// Jump sets the wall clock by d without anything that follows elapsed time
// noticing, as NTP does: At looks anew, sleeps keep their length.
func (v *Virtual) Jump(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = v.now.Add(d)
	for _, t := range v.timers {
		if !t.wall {
			t.at = t.at.Add(d)
		}
	}
	heap.Init(&v.timers)
}

// Go implements Clock.
func (v *Virtual) Go(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.live++
	var r *routine
	if last := len(v.idle) - 1; last >= 0 {
		r, v.idle = v.idle[last], v.idle[:last]
	} else {
		r = v.newRoutine()
	}
	r.f = f
	v.ready = append(v.ready, r)
}

// NewWaiter implements Clock.
func (v *Virtual) NewWaiter() Waiter {
	return &virtualWaiter{clock: v}
}

// AfterFunc implements Clock.
func (v *Virtual) AfterFunc(d time.Duration, f func()) Timer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.set(v.now.Add(max(d, 0)), f, false)
}

// At implements Clock.
func (v *Virtual) At(t time.Time, f func()) Timer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.set(t, f, true)
}

func (v *Virtual) set(at time.Time, f func(), wall bool) *virtualTimer {
	v.seq++
	t := &virtualTimer{clock: v, at: at.Round(0), seq: v.seq, f: f, wall: wall}
	heap.Push(&v.timers, t)
	return t
}

// Run lets everything happen that is due up to and including until, and
// leaves the clock there.
func (v *Virtual) Run(until time.Time) { v.RunUnless(until, func() bool { return false }) }

// RunUnless is Run that ends early once interrupted, which is asked now and then, says
// true: more can be due at one moment than a person waits for.
func (v *Virtual) RunUnless(until time.Time, interrupted func() bool) {
	v.drive(until.Round(0), interrupted)
	v.mu.Lock()
	if v.now.Before(until) {
		v.now = until.Round(0).In(v.now.Location())
	}
	v.mu.Unlock()
}

// RunFor is Run for a length of time.
func (v *Virtual) RunFor(d time.Duration) { v.Run(v.Now().Add(d)) }

// Do runs f on a goroutine of the clock and lets time move until f returns. It
// panics if f waits for something that can never come.
func (v *Virtual) Do(f func()) {
	done := false
	v.Go(func() {
		defer func() {
			v.mu.Lock()
			done, v.stop = true, true
			v.mu.Unlock()
		}()
		f()
	})
	v.drive(time.Time{}, func() bool { return false })
	if !done {
		panic(fmt.Sprintf("clock: stuck at %s: %d goroutines wait and no timer is set", v.Now(), v.Live()))
	}
}

// askEvery is how much the clock has happen between two looks at interrupted.
const askEvery = 1000

// drive runs what is due up to limit (zero: for ever), or until stop is set or interrupted
// says true.
func (v *Virtual) drive(limit time.Time, interrupted func() bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.driving {
		panic("clock: a virtual clock is driven from two places")
	}
	v.driving, v.stop = true, false
	defer func() { v.driving, v.running = false, nil }() // also where a goroutine of the clock has panicked
	for n := 1; !v.stop; n++ {
		switch {
		case n%askEvery == 0 && interrupted():
			v.stop = true
		case v.head < len(v.ready):
			v.running = v.nextReady()
			v.unlocked(v.running.resume)
			v.running = nil
		case len(v.timers) > 0 && (limit.IsZero() || !v.timers[0].at.After(limit)):
			t := heap.Pop(&v.timers).(*virtualTimer)
			if t.at.After(v.now) {
				v.now = t.at.In(v.now.Location())
			}
			v.unlocked(t.f)
		default:
			v.stop = true
		}
	}
	v.unlocked(v.dismiss)
}

// nextReady takes the next routine that may run. Called with mu held.
func (v *Virtual) nextReady() *routine {
	r := v.ready[v.head]
	v.ready[v.head] = nil
	v.head++
	if v.head >= 64 && 2*v.head >= len(v.ready) || v.head == len(v.ready) {
		v.ready, v.head = slices.Delete(v.ready, 0, v.head), 0
	}
	return r
}

// unlocked calls f without mu.
func (v *Virtual) unlocked(f func()) {
	v.mu.Unlock()
	defer v.mu.Lock()
	f()
}

type virtualWaiter struct {
	clock *Virtual

	// Guarded by clock.mu.
	waiting *routine
	woken   bool
}

func (w *virtualWaiter) Wait() {
	v := w.clock
	v.mu.Lock()
	if w.woken {
		v.mu.Unlock()
		return
	}
	r := v.running
	if r == nil {
		v.mu.Unlock()
		panic("clock: a goroutine waits that was not started with Go")
	}
	w.waiting = r
	v.mu.Unlock()
	r.pause()
}

func (w *virtualWaiter) Wake() {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	if w.woken {
		return
	}
	w.woken = true
	if w.waiting != nil {
		w.clock.ready = append(w.clock.ready, w.waiting)
	}
}

type virtualTimer struct {
	clock *Virtual
	at    time.Time
	seq   uint64
	f     func()
	wall  bool
	index int // in the heap, -1 outside
}

func (t *virtualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	return true
}

type timerHeap []*virtualTimer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*virtualTimer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}

package clock

import (
	"sync"
	"time"
)

// Real returns the machine's clock.
func Real() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Go(f func()) { go f() }

func (realClock) NewWaiter() Waiter { return make(realWaiter, 1) }

func (realClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// wallCheck bounds how late At can be after a suspend or a clock that was
// set: Go's timers follow the monotonic clock, which knows of neither.
const wallCheck = 5 * time.Second

func (realClock) At(t time.Time, f func()) Timer {
	w := &wallTimer{at: t.Round(0), f: f}
	w.mu.Lock()
	w.arm()
	w.mu.Unlock()
	return w
}

type wallTimer struct {
	at time.Time
	f  func()

	mu    sync.Mutex
	timer *time.Timer
	done  bool
}

// arm is called with mu held.
func (w *wallTimer) arm() {
	left := w.at.Sub(time.Now().Round(0))
	w.timer = time.AfterFunc(min(max(left, 0), wallCheck), w.look)
}

func (w *wallTimer) look() {
	w.mu.Lock()
	if w.done {
		w.mu.Unlock()
		return
	}
	if time.Now().Round(0).Before(w.at) {
		w.arm()
		w.mu.Unlock()
		return
	}
	w.done = true
	w.mu.Unlock()
	w.f()
}

func (w *wallTimer) Stop() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return false
	}
	w.done = true
	w.timer.Stop()
	return true
}

type realWaiter chan struct{}

func (w realWaiter) Wait() { <-w }

func (w realWaiter) Wake() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// Stopwatch measures real time by the monotonic clock, in virtual time too:
// budgets for computing are about the machine.
type Stopwatch struct{ start time.Time }

// NewStopwatch starts at zero.
func NewStopwatch() Stopwatch { return Stopwatch{time.Now()} }

// Elapsed is the time since the start.
func (s Stopwatch) Elapsed() time.Duration { return time.Since(s.start) }

// Tick calls f every d of real time until stop is called, which waits for a
// call that is under way. Like a Stopwatch it is about the machine.
func Tick(d time.Duration, f func()) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(d)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f()
			case <-end:
				return
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(end) })
		<-ended
	}
}

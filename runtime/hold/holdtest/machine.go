package holdtest

import (
	"math"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// Machine is a computer in virtual time with one process, whose goroutines and timers
// go by Clock. It can be paused, as SIGSTOP, a swap storm or suspend do it, and killed.
// All of it is called from goroutines of the virtual clock, or between its runs.
type Machine struct {
	clk   *clock.Virtual
	rate  float64
	since time.Time // Boot was offset
	off   hold.BootTime

	dead    bool
	buried  bool
	paused  int
	resumed []clock.Waiter // goroutines that would run
	late    []func()       // timers that went off meanwhile
	onDeath []func()
}

// NewMachine returns a computer that was started a while ago. Its clocks go rate times
// as fast as clk: 1.0002 is 200 ppm too fast.
func NewMachine(clk *clock.Virtual, rate float64, up time.Duration) *Machine {
	return &Machine{clk: clk, rate: rate, since: clk.Now(), off: hold.BootTime(up)}
}

// Boot is the machine's boot clock.
func (m *Machine) Boot() hold.BootTime {
	return m.off.Add(time.Duration(float64(m.clk.Now().Sub(m.since)) * m.rate))
}

// Clock is the clock of the process.
func (m *Machine) Clock() clock.Clock { return (*processClock)(m) }

// Dead reports whether the process was killed.
func (m *Machine) Dead() bool { return m.dead }

// Paused reports whether the process is stopped.
func (m *Machine) Paused() bool { return m.paused > 0 }

// OnDeath has f called when the process is killed.
func (m *Machine) OnDeath(f func()) { m.onDeath = append(m.onDeath, f) }

// Pause has no goroutine of the process go on, and no timer of it go off, until Resume
// was called as often.
func (m *Machine) Pause() { m.paused++ }

// Resume ends a Pause: timers that are late go off first.
func (m *Machine) Resume() {
	m.paused--
	m.goOn()
}

// Kill ends the process: none of its goroutines runs another line, until Bury.
func (m *Machine) Kill() {
	if m.dead {
		return
	}
	m.dead = true
	for _, f := range m.onDeath {
		f()
	}
}

// Bury has the goroutines of a process that was killed run after all, so that they
// end, once nothing that they do is looked at any more.
func (m *Machine) Bury() {
	m.buried = true
	m.goOn()
}

// stopped reports whether the goroutines of the process stand still.
func (m *Machine) stopped() bool { return (m.dead || m.paused > 0) && !m.buried }

func (m *Machine) goOn() {
	if m.stopped() {
		return
	}
	late, resumed := m.late, m.resumed
	m.late, m.resumed = nil, nil
	for _, f := range late {
		f()
	}
	for _, w := range resumed {
		w.Wake()
	}
}

// pass returns when the process may run.
func (m *Machine) pass() {
	for m.stopped() {
		w := m.clk.NewWaiter()
		m.resumed = append(m.resumed, w)
		w.Wait()
	}
}

// processClock is a machine as the clock of its process.
type processClock Machine

// InVirtualTime says that it is made of a virtual clock.
func (c *processClock) InVirtualTime() {}

func (c *processClock) Now() time.Time { return c.clk.Now() }

func (c *processClock) Go(f func()) {
	c.clk.Go(func() {
		(*Machine)(c).pass()
		f()
	})
}

func (c *processClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	// Rounded up: a nanosecond is to pass, too.
	return c.clk.AfterFunc(time.Duration(math.Ceil(float64(d)/c.rate)), c.unlessStopped(f))
}

func (c *processClock) At(t time.Time, f func()) clock.Timer {
	return c.clk.At(t, c.unlessStopped(f))
}

func (c *processClock) unlessStopped(f func()) func() {
	m := (*Machine)(c)
	return func() {
		if m.stopped() {
			m.late = append(m.late, f)
			return
		}
		f()
	}
}

func (c *processClock) NewWaiter() clock.Waiter {
	return &waiter{c.clk.NewWaiter(), (*Machine)(c)}
}

// waiter is a Waiter of a process.
type waiter struct {
	clock.Waiter
	m *Machine
}

func (w *waiter) Wait() {
	w.Waiter.Wait()
	w.m.pass()
}

// Deadman returns a timer of the machine's kernel: it goes by Boot, and kills the
// process also while that is paused.
func (m *Machine) Deadman() *Deadman { return &Deadman{m: m} }

// Deadman is a timer of the kernel of a Machine.
type Deadman struct {
	m     *Machine
	timer clock.Timer
	// Killed: it has killed the process.
	Killed bool
}

var _ hold.Deadman = (*Deadman)(nil)

// Arm implements hold.Deadman.
func (d *Deadman) Arm(at hold.BootTime) error {
	d.Disarm()
	left := time.Duration(float64(at.Sub(d.m.Boot())) / d.m.rate)
	d.timer = d.m.clk.AfterFunc(left, func() {
		d.Killed = true
		d.m.Kill()
	})
	return nil
}

// Disarm implements hold.Deadman.
func (d *Deadman) Disarm() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

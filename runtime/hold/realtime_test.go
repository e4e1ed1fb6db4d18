package hold_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// strict is a driver and a kernel timer in real time that mind the order in which they
// are called. What depends on how quick the machine is, they do not.
type strict struct {
	t       *testing.T
	name    string
	endTime time.Duration

	mu     sync.Mutex
	armed  hold.BootTime // 0: not
	held   bool          // between Hold and the return of LetGo or End
	waning bool
	ending bool
	lets   int // LetGo of this tenure
	term   uint64
	may    func() bool
	tenure int
	wrote  int
}

func (d *strict) fault(format string, args ...any) {
	d.t.Errorf("%s: %s", d.name, fmt.Sprintf(format, args...))
}

func (d *strict) Arm(at hold.BootTime) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at < d.armed {
		d.fault("the kernel timer is set from %d back to %d", d.armed, at)
	}
	d.armed = at
	return nil
}

func (d *strict) Disarm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held && !d.may() && d.lets == 0 && !d.ending {
		d.fault("disarmed while the gate is open")
	}
	d.armed = 0
}

func (d *strict) Hold(term uint64, may func() bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.held || d.ending:
		d.fault("Hold while it is held")
	case term < d.term:
		d.fault("Hold under term %d after %d", term, d.term)
	case d.armed == 0:
		d.fault("Hold without the kernel timer")
	}
	d.held, d.waning, d.lets, d.term, d.may = true, false, 0, term, may
	d.tenure++
	go d.write(d.tenure)
}

// write asks the gate while that is open.
func (d *strict) write(tenure int) {
	for {
		d.mu.Lock()
		if !d.held || d.tenure != tenure {
			d.mu.Unlock()
			return
		}
		if d.may() {
			d.wrote++
		}
		d.mu.Unlock()
		runtime.Gosched()
		time.Sleep(100 * time.Microsecond)
	}
}

func (d *strict) Wane() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.held || d.waning || d.lets > 0 {
		d.fault("Wane: held %t, waning %t, let go %d", d.held, d.waning, d.lets)
	}
	d.waning = true
}

func (d *strict) Resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.held || !d.waning || d.lets > 0 {
		d.fault("Resume: held %t, waning %t, let go %d", d.held, d.waning, d.lets)
	}
	d.waning = false
}

func (d *strict) LetGo() {
	d.mu.Lock()
	d.lets++
	if d.lets > 1 || !d.held && !d.ending || d.may() {
		d.fault("LetGo: held %t, ending %t, let go %d, may %t", d.held, d.ending, d.lets, d.may())
	}
	d.mu.Unlock()
	runtime.Gosched()
	d.mu.Lock()
	d.held = false
	d.mu.Unlock()
}

func (d *strict) End(ctx context.Context) error {
	d.mu.Lock()
	if d.ending || d.tenure == 0 {
		d.fault("End: held %t, ending %t", d.held, d.ending)
	}
	d.ending = true
	takes := d.endTime
	d.mu.Unlock()
	err := clock.Sleep(ctx, clock.Real(), takes)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held, d.ending = false, false
	return err
}

// shut reports what is left once Run has returned.
func (d *strict) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held || d.ending || d.armed != 0 || d.may != nil && d.may() {
		d.fault("after the end of Run: held %t, ending %t, armed %d", d.held, d.ending, d.armed)
	}
}

// What comes together by chance, in real time: renewals, the end of leases, sharing out,
// and the end of the process.
func TestHoldersInRealTime(t *testing.T) {
	start := time.Now()
	boot := func() hold.BootTime { return hold.BootTime(time.Since(start)) + 1 }
	names := []string{"left", "right", "third"}
	engine := holdtest.NewEngine(clock.Real(), names...)
	engine.Least, engine.Most = time.Millisecond, 60*time.Millisecond
	done := make(chan struct{})
	var all sync.WaitGroup
	var tenures, wrote int
	var mu sync.Mutex
	for i, name := range names {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 5))
			for life := range 2 {
				d := &strict{t: t, name: fmt.Sprintf("%s, life %d", name, life)}
				h := hold.New(hold.Config{
					Share: "site", Host: name, ID: name, First: true, Lease: 80 * time.Millisecond,
					Engine: engine.Member(name, clock.Real()), Clock: clock.Real(), Boot: boot, Driver: d, Deadman: d,
				})
				ctx, stop := clock.WithCancel(context.Background())
				var life sync.WaitGroup
				life.Go(func() { h.Run(ctx) })
				for range 50 {
					d.mu.Lock()
					d.endTime = time.Duration(r.IntN(20)) * time.Millisecond
					d.mu.Unlock()
					switch r.IntN(6) {
					case 0, 1:
						handing, stop := clock.WithTimeout(clock.Real(), context.Background(), time.Duration(r.IntN(50))*time.Millisecond)
						to := names[r.IntN(3)]
						life.Go(func() {
							defer stop()
							h.HandOver(handing, to)
						})
					case 2:
						h.Want(r.IntN(8) > 0)
					case 3:
						engine.Cut(name)
						time.Sleep(time.Duration(r.IntN(30)) * time.Millisecond)
						engine.Mend(name)
					case 4:
						if r.IntN(4) == 0 {
							engine.Stall()
						}
					case 5:
						h.Status()
					}
					time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
				}
				stop()
				life.Wait()
				d.shut()
				mu.Lock()
				tenures, wrote = tenures+d.tenure, wrote+d.wrote
				mu.Unlock()
			}
		})
	}
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		stacks := make([]byte, 1<<20)
		t.Fatalf("not at an end after a minute:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
	t.Logf("%d tenures, %d writes", tenures, wrote)
	if tenures == 0 {
		t.Skip("the machine is too busy for any of it")
	}
}

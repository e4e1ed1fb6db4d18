package device

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Owners that want the head for themselves, and others that only move it: two
// are never inside, whatever ends first.
func TestTwoOwnersNever(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	gate := r.set.Devices()[0]
	var inside atomic.Pointer[Owner]
	var leases, commands atomic.Int32
	var over atomic.Bool
	var all sync.WaitGroup
	use := func(ctx context.Context, me *Owner) {
		gate.Do(ctx, luaapi.Command{What: "x", Channel: 1, Head: true}, func(context.Context, *isapi.Client) error {
			commands.Add(1)
			if o := inside.Load(); o != nil && !me.within(o) {
				t.Errorf("%s moves the head within the lease of %s", me.Name, o.Name)
			}
			return nil
		})
	}
	for i := range 6 {
		all.Go(func() {
			for !over.Load() {
				ctx, me := by(fmt.Sprint("owner ", i), nil)
				release, err := gate.Exclusive(ctx, 1, 0)
				if err != nil {
					t.Error(err)
					return
				}
				if !inside.CompareAndSwap(nil, me) {
					t.Errorf("%s is inside beside %s", me.Name, inside.Load().Name)
				}
				childCtx, child := by("child", me)
				use(childCtx, child)
				use(ctx, me)
				inside.Store(nil)
				if leases.Add(1)%2 == 0 {
					me.End() // also a task that ends gives the head back
				} else {
					release()
				}
				child.End()
			}
		})
		all.Go(func() {
			for !over.Load() {
				ctx, me := by(fmt.Sprint("mover ", i), nil)
				ctx, cancel := clock.WithCancel(ctx)
				if rand.IntN(2) == 0 {
					go cancel()
				}
				use(ctx, me)
				cancel()
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	r.eventually("enough of them had the head", func() bool { return leases.Load() >= 20 && commands.Load() >= 100 })
	over.Store(true)
	r.within(10*time.Second, "an owner", all.Wait)
	if h := gate.dev().head(1, luaapi.NoLens); len(h.leases)+len(h.using)+len(h.waiting) != 0 {
		t.Errorf("left behind: %d leases, %d commands, %d waiting", len(h.leases), len(h.using), len(h.waiting))
	}
}

func TestLeaseTimeout(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	gate := r.set.Devices()[0]
	holderCtx, holder := by("tour/night", nil)
	release, err := gate.Exclusive(holderCtx, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, _ := by("other", nil)
	began := time.Now()
	_, err = gate.Exclusive(ctx, 1, 50*time.Millisecond)
	if took := time.Since(began); luaapi.Describe(err).Kind != "busy" || took < 50*time.Millisecond || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if err := err.Error(); !contains(err, "tour/night has had the head for itself since ") {
		t.Error(err)
	}
	// Without one, a lease and a move wait until the head is free, the stop of a
	// bystander does not wait at all.
	got := make(chan string, 3)
	go func() { turn(ctx, gate); got <- "move" }()
	r.eventually("the move waits", func() bool { return waiting(gate) == 1 })
	if err := gate.StopHead(ctx, 1); err != nil {
		t.Error(err)
	}
	if n := waiting(gate); n != 1 {
		t.Errorf("%d wait: the move was dropped, or let in", n)
	}
	release()
	release() // once more does nothing
	if what := <-got; what != "move" {
		t.Error(what)
	}
	// A task that has ended has no lease, however late it comes to it.
	holder.End()
	if _, err := gate.Exclusive(holderCtx, 1, 0); !errors.Is(err, errAbandoned) {
		t.Error(err)
	}
	if free, err := gate.Exclusive(ctx, 1, time.Second); err != nil {
		t.Error(err)
	} else {
		free()
	}
}

func waiting(gate *Ref) int {
	d := gate.dev()
	h := d.head(1, luaapi.NoLens)
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(h.waiting)
}

// Children are inside; one of them may have the head for itself, and then its
// siblings and its parent wait for it. Others come in the order of asking.
func TestLeaseOfAFamily(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	gate := r.set.Devices()[0]
	parentCtx, parent := by("parent", nil)
	firstCtx, first := by("first", parent)
	secondCtx, _ := by("second", parent)
	grandCtx, _ := by("grandchild", first)
	release, err := gate.Exclusive(parentCtx, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, ctx := range []context.Context{parentCtx, firstCtx, grandCtx} {
		r.within(10*time.Second, "a command inside", func() {
			if err := preset(ctx, gate); err != nil {
				t.Error(err)
			}
		})
	}
	var order []string
	var mu sync.Mutex
	var all sync.WaitGroup
	wait := func(name string, ctx context.Context) {
		before := waiting(gate)
		all.Go(func() {
			free, err := gate.Exclusive(ctx, 1, 0)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, name)
			mu.Unlock()
			free()
		})
		r.eventually(name+" waits", func() bool { return waiting(gate) == before+1 })
	}
	again, _ := gate.Exclusive(parentCtx, 1, 0) // within its own it has it already
	again()
	inner, err := gate.Exclusive(firstCtx, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		ctx, _ := by("stranger", nil)
		wait(fmt.Sprint("stranger ", i), ctx)
	}
	wait("second", secondCtx)
	if _, err := gate.Exclusive(parentCtx, 1, 20*time.Millisecond); luaapi.Describe(err).Kind != "busy" {
		t.Errorf("the parent is inside beside its child: %v", err)
	}
	inner()
	r.eventually("the sibling had its turn", func() bool { mu.Lock(); defer mu.Unlock(); return len(order) == 1 })
	release()
	r.within(10*time.Second, "a stranger", all.Wait)
	if want := "[second stranger 0 stranger 1 stranger 2 stranger 3]"; fmt.Sprint(order) != want {
		t.Errorf("%v, want %s", order, want)
	}
}

// A command under way is waited for, and those that come after a lease was
// asked for wait behind it.
func TestLeaseIsFair(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	gate := r.set.Devices()[0]
	under, end := make(chan bool), make(chan bool)
	ctx, _ := by("mover", nil)
	var all sync.WaitGroup
	all.Go(func() {
		gate.Do(ctx, luaapi.Command{What: "x", Channel: 1, Head: true}, func(context.Context, *isapi.Client) error {
			under <- true
			<-end
			return nil
		})
	})
	<-under
	leased := make(chan func(), 1)
	ownerCtx, _ := by("owner", nil)
	all.Go(func() {
		free, _ := gate.Exclusive(ownerCtx, 1, 0)
		leased <- free
	})
	r.eventually("the owner waits", func() bool { return waiting(gate) == 1 })
	later := make(chan error, 1)
	laterCtx, _ := by("later", nil)
	all.Go(func() { later <- preset(laterCtx, gate) })
	r.eventually("the later one waits", func() bool { return waiting(gate) == 2 })
	close(end)
	free := <-leased
	select {
	case err := <-later:
		t.Errorf("it came before the lease that was asked for earlier: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	free()
	if err := <-later; err != nil {
		t.Error(err)
	}
	all.Wait()
}

// A chain of tasks each of which begins the next keeps none that has ended.
func TestOwnersOfAChainAreForgotten(t *testing.T) {
	_, o := by("task 0", nil)
	for i := range 1000 {
		_, next := by(fmt.Sprint("task ", i+1), o)
		o.End()
		o = next
	}
	n := 0
	for p := o; p != nil; p = p.parent.Load() {
		n++
	}
	if n > 3 {
		t.Errorf("%d owners are kept", n)
	}
}

// One that gives up its wait for a lease is in the way of no command behind it,
// and a move waits as a preset does.
func TestGivingUpLetsOthersPass(t *testing.T) {
	r, gate := newGate(t, "timeout: 30s, concurrency: 2")
	under, end := make(chan bool), make(chan bool)
	ctx, _ := by("mover", nil)
	var all sync.WaitGroup
	all.Go(func() {
		gate.Do(ctx, luaapi.Command{What: "x", Channel: 1, Head: true}, func(context.Context, *isapi.Client) error {
			under <- true
			<-end
			return nil
		})
	})
	<-under
	ownerCtx, cancel := clock.WithCancel(ctx)
	ownerCtx = WithOwner(ownerCtx, &Owner{Name: "owner"})
	all.Go(func() {
		if _, err := gate.Exclusive(ownerCtx, 1, 0); err == nil {
			t.Error("the head was given though a command was under way")
		}
	})
	r.eventually("the owner waits", func() bool { return waiting(gate) == 1 })
	laterCtx, _ := by("later", nil)
	all.Go(func() { turn(laterCtx, gate) })
	r.eventually("the move waits", func() bool { return waiting(gate) == 2 })
	cancel()
	r.eventually("the move is let in", func() bool { return waiting(gate) == 0 && gate.Status(time.UTC).Active == 2 })
	close(end)
	all.Wait()
}

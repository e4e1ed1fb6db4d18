package cluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// gated is a client of the test's own, which is behind the gate of the term that the
// holder is in: what is written to it is written as by a task that hangs on.
func (a *arena) gated(holder string) *isapi.Client {
	a.t.Helper()
	camera := a.cameras["gate"]
	client, err := isapi.New(isapi.Config{
		Name: "gate", Host: "192.0.2.1", Username: "admin", Password: isapi.NewSecret("simulated"),
		Transport: camera.Transport(), Gate: a.box(holder).process.member.share("site").latest().gate,
		NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(a.clk, n) },
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return client
}

// ask asks the camera something.
func (a *arena) ask(c *isapi.Client) (err error) {
	a.do(time.Second, func() { _, err = c.DeviceInfo(context.Background()) })
	return err
}

// The gate of a holder that stands still refuses by the boot clock alone: no goroutine
// has to run for that.
func TestGateRefusesWhereTheHolderStandsStill(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	holder := a.holder("site")
	c := a.gated(holder)
	if err := a.ask(c); err != nil {
		t.Fatal(err)
	}
	a.box(holder).process.m.Pause()
	for {
		err := a.ask(c)
		switch {
		case a.box(holder).process.m.Dead():
			t.Fatal("up to its death by the kernel timer it could write to the camera")
		case errors.Is(err, isapi.ErrElsewhere):
			return
		case err != nil:
			t.Fatal(err)
		}
	}
}

// LetGo shuts the gate, which breaks off what is still being read.
func TestGateIsShutByLetGo(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	holder := a.holder("site")
	c := a.gated(holder)
	ctx, stop := clock.WithCancel(context.Background())
	defer stop()
	var broke error
	a.clk.Go(func() {
		stream, err := c.OpenAlerts(ctx)
		for err == nil {
			_, err = stream.Next()
		}
		broke = err
	})
	a.run(time.Second)
	if broke != nil {
		t.Fatal(broke)
	}
	a.box(holder).process.member.share("site").latest().letGo()
	a.run(100 * time.Millisecond)
	if !errors.Is(broke, isapi.ErrElsewhere) {
		t.Errorf("after the share was let go the event stream says %v", broke)
	}
	if err := a.ask(c); !errors.Is(err, isapi.ErrElsewhere) {
		t.Errorf("after the share was let go the camera is asked: %v", err)
	}
}

// What the host of a term asks of a camera passes the gate of that term.
func TestHostHasTheGateOfItsTerm(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	of := a.box(a.holder("site")).process.member.share("site").latest()
	recall := func() (err error) {
		a.do(20*time.Second, func() { err = of.running().RecallPreset(context.Background(), "gate", 1, 1) })
		return err
	}
	if err := recall(); err != nil {
		t.Fatal(err)
	}
	of.gate.Close()
	if err := recall(); !errors.Is(err, isapi.ErrElsewhere) {
		t.Errorf("past the gate: %v", err)
	}
}

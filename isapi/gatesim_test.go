package isapi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// A gate keeps requests back from a simulated device, too, and breaks off the
// answers that are under way, in virtual time.
func TestSimulatedGate(t *testing.T) {
	clk := clock.NewVirtual(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	d := sim.New(sim.Options{Model: sim.PTZ, Clock: clk, Latency: 5 * time.Millisecond})
	g := isapi.NewGate(func() bool { return true })
	c, err := isapi.New(isapi.Config{
		Name: "gate", Host: "simulated", Username: "admin", Password: isapi.NewSecret("simulated"), Transport: d.Transport(), Gate: g,
		NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(clk, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	clk.Do(func() {
		if err := c.Continuous(ctx, 1, isapi.Velocity{Pan: 30}); err != nil {
			t.Fatal(err)
		}
		alerts, err := c.Sibling().OpenAlerts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		broken := clock.NewGroup(clk)
		broken.Go(func() {
			for err == nil {
				_, err = alerts.Next()
			}
		})
		asked := clock.NewGroup(clk)
		var late error
		asked.Go(func() { _, late = c.DeviceInfo(ctx) })
		clock.Sleep(ctx, clk, 3*time.Millisecond) // the request is on its way
		g.Close()
		broken.Wait()
		asked.Wait()
		for what, err := range map[string]error{"the event stream": err, "an answer under way": late} {
			if !errors.Is(err, isapi.ErrElsewhere) || isapi.Unsent(err) {
				t.Errorf("%s ends by %v, unsent %v", what, err, isapi.Unsent(err))
			}
		}
		before := len(d.Journal())
		for what, err := range map[string]error{
			"stop": c.Urgent().StopPTZ(ctx, 1), "move": c.Continuous(ctx, 1, isapi.Velocity{Pan: 10}),
		} {
			if !errors.Is(err, isapi.ErrElsewhere) || !isapi.Unsent(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := c.OpenAlerts(ctx); !errors.Is(err, isapi.ErrElsewhere) {
			t.Errorf("event stream: %v", err)
		}
		if got := d.Journal()[before:]; len(got) > 0 {
			t.Errorf("reached the device: %v", got)
		}
	})
}

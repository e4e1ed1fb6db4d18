package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// closing is how long the host gets to end after the span, in virtual time.
const closing = time.Minute

// Options say what is rehearsed.
type Options struct {
	Site    *site.Site
	From    time.Time
	For     time.Duration // the span is half open: From+For is not part of it
	Data    string        // a scratch folder in the place of data/
	State   string        // a copy of the site's state; "": it begins empty
	Seed    uint64
	Version string
	// Device gives the way to a simulated device.
	Device func(site.Device, clock.Clock) http.RoundTripper
	// Log takes the host's log, with the times of the clock.
	Log func(clock.Clock) *slog.Logger
	// Record is told of what happens in the span, Print of what scripts print.
	Record func(journal.Entry)
	Print  func(at time.Time, script, text string)
}

// Run rehearses. Nothing leaves the machine: hik.http finds no network.
func Run(o Options) error {
	if o.For <= 0 {
		return fmt.Errorf("a span of %s: it must be longer than 0", clock.FormatDuration(o.For))
	}
	clk := clock.NewVirtual(o.From.In(o.Site.Timezone))
	end := o.From.Add(o.For)
	h, err := runtime.New(runtime.Config{
		Site: o.Site, Clock: clk, Log: o.Log(clk), Version: o.Version, Data: o.Data, State: o.State, Seed: o.Seed,
		Transport: func(d site.Device) (http.RoundTripper, error) { return o.Device(d, clk), nil },
		Record: func(e journal.Entry) {
			if e.Time.Before(end) {
				o.Record(e)
			}
		},
		Print: func(script, text string) {
			if now := clk.Now(); now.Before(end) {
				o.Print(now, script, text)
			}
		},
	})
	if err != nil {
		return err
	}
	ctx, stop := clock.WithCancel(context.Background())
	ended := false
	var closed error
	clk.Go(func() {
		closed = h.Run(ctx, nil)
		ended = true
	})
	clk.Run(end.Add(-1))
	stop()
	clk.RunFor(closing)
	if !ended {
		return errors.New("the host did not end after the span")
	}
	return closed
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

func newDemoCommand(a *app) *cobra.Command {
	span := &duration{30 * time.Second}
	var dir string
	c := &cobra.Command{
		Use:   "demo [--for 30s] [--dir DIR]",
		Short: "Show it at work: a site with simulated cameras",
		Long: `Writes an example site with four scripts and runs it for half a minute against
three simulated devices on ports of this machine. Something moves at the door, a
script is edited meanwhile, and at the end it sums up what the devices were asked.`,
		Args:        atMost(a, 0),
		Annotations: next("{hiklua} demo; at its end it names three commands to go on with."),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := a.demo(c.Context(), span.d, dir)
			return err
		},
	}
	c.Flags().Var(span, "for", "how long it runs")
	c.Flags().StringVar(&dir, "dir", "", "`DIR` to write the site to (default hiklua-demo, hiklua-demo-2 and so on)")
	return c
}

// demo writes the site, runs it, and sums up. It returns the devices, whose
// journals tell what they were asked.
func (a *app) demo(ctx context.Context, span time.Duration, dir string) (*demoDevices, error) {
	dir, err := newDemoFolder(dir)
	if err != nil {
		return nil, err
	}
	if err := writeDemoSite(dir); err != nil {
		return nil, err
	}
	s, err := a.loadSite(dir, false)
	if err != nil {
		return nil, err
	}
	devices, err := a.demoDevices(s)
	if err != nil {
		return nil, err
	}
	return devices, errors.Join(a.runDemo(ctx, s, devices, span), devices.close())
}

func (a *app) runDemo(ctx context.Context, s *site.Site, devices *demoDevices, span time.Duration) error {

	ctx, stop := clock.WithCancel(ctx)
	defer stop()
	tell := a.newNarrator(s, stop)
	h, err := a.newHost(devices.site, hostOptions{
		log: tell.logger(), transport: devices.transport, quiet: true, print: tell.say, record: tell.record,
	})
	if err != nil {
		return err
	}
	defer abortOnHurry(ctx, h)()
	devices.introduce(a, s.Dir, span)
	h.Open()
	tell.askPresets(ctx, h)
	loaded, ended := a.clk.NewWaiter(), a.clk.NewWaiter()
	var closed error
	a.clk.Go(func() {
		closed = h.Run(ctx, func([]runtime.Change) { loaded.Wake() })
		ended.Wake()
	})
	clock.WaitFor(ctx, loaded)
	played := a.playDemo(ctx, tell, h, devices, s.Dir, span)
	stop()
	ended.Wait()
	devices.settle(a)
	sum := devices.summary(s.Dir, played)
	fmt.Fprint(a.output(), sum.text(a))
	return errors.Join(closed, sum.problem())
}

// played is when what the demo does itself came to pass; zero: it did not.
type played struct{ noticed, saved time.Time }

// playDemo lets the site run; meanwhile something moves at the door, and an edit
// to a script is saved.
func (a *app) playDemo(ctx context.Context, tell *narrator, h *runtime.Host, devices *demoDevices, dir string, span time.Duration) (p played) {
	if clock.Sleep(ctx, a.clk, span/4) == nil && devices.notice() {
		p.noticed = a.clk.Now()
		tell.say("demo", "somebody comes to the "+noticingDevice)
	}
	if clock.Sleep(ctx, a.clk, span/2-span/4) == nil {
		p.saved = a.clk.Now()
		tell.say("demo", fmt.Sprintf("saves %s with one more stop: preset %d %q", editedScript, editedPreset, editedName))
		if err := editDemoScript(dir); err != nil {
			tell.warn("demo", err.Error())
		}
		if _, virtual := a.clk.(*clock.Virtual); virtual {
			h.Sync(ctx) // nothing watches files in virtual time
		}
	}
	how := clock.FormatDuration(span) + " are over"
	if clock.Sleep(ctx, a.clk, span-span/2) != nil {
		how = "interrupted"
	}
	tell.say("demo", how+": scripts end, heads are stopped")
	return p
}

// duration is a flag such as 30s or 1m30s; a bare number is seconds.
type duration struct{ d time.Duration }

// String implements pflag.Value.
func (f *duration) String() string { return clock.FormatDuration(f.d) }

// Type implements pflag.Value.
func (*duration) Type() string { return "DURATION" }

// Set implements pflag.Value.
func (f *duration) Set(text string) error {
	d, err := clock.ParseDuration(text)
	switch {
	case err != nil:
		return err
	case d < time.Second:
		return errors.New("at least 1s")
	}
	f.d = d
	return nil
}

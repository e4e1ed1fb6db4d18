package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// askTimeout is how long "devices" takes at most, however many there are.
	askTimeout = 30 * time.Second
	// saveTimeout is askTimeout for --save, which asks each head, too.
	saveTimeout = 2 * time.Minute
	// askAtOnce bounds the devices that are asked at the same time.
	askAtOnce = 32
)

// found is what a device tells of itself, or why it does not.
type found struct {
	conf     site.Device
	state    string
	info     *isapi.DeviceInfo
	channels []isapi.Channel
	ahead    *time.Duration // of the device's clock; nil: unknown
	err      error

	simulated bool // software in the place of the device

	saved  *site.SavedDevice // for devices.yaml; nil: it was not asked for, or has not answered
	notes  []string          // what was not told for it
	missed bool              // and should have been
}

func newDevicesCommand(a *app) *cobra.Command {
	var asJSON, asYAML, save, simulate bool
	c := &cobra.Command{
		Use:   "devices [SITE] [--json] [--yaml] [--save] [--simulate]",
		Short: "Ask every device of a site: model, state, channels",
		Long: `Asks every device of a site (default: the current folder) for its model,
firmware, channels and clock, and says what to do about those that fail. With
--save it also asks what their heads can do and keeps that, presets with names
and positions, in devices.yaml beside site.yaml: check, the REPL and simulated
devices go by it. It holds no addresses and no passwords.`,
		Example: `  {hiklua} devices
  {hiklua} devices --yaml        # the channels: blocks to paste into site.yaml
  {hiklua} devices --save        # again after a preset was set or a camera exchanged`,
		Args:        atMost(a, 1),
		Annotations: next(`a name for each channel: {hiklua} devices --yaml prints the block for site.yaml.`),
		RunE: func(c *cobra.Command, args []string) error {
			if asJSON && asYAML {
				return &misuse{"--json and --yaml are two forms of the same: one is enough", a.name + " devices --yaml"}
			}
			if save && simulate {
				return &misuse{"--save keeps what the real devices say: there is nothing to keep of simulated ones", a.name + " devices --save"}
			}
			s, err := a.loadSite(siteArg(args), simulate)
			if err != nil {
				return err
			}
			if save {
				if _, err := site.LoadSaved(s.Dir); err != nil {
					return a.damagedSaved(err)
				}
			}
			all, err := a.askAll(c.Context(), s, simulate, save)
			if err == nil && c.Context().Err() != nil {
				err = &failure{"interrupted"}
			}
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				err = a.writeDevicesJSON(all)
			case asYAML:
				a.writeChannelBlocks(all)
			default:
				a.writeDevicesTable(all)
			}
			for _, f := range all {
				if f.err != nil && err == nil {
					err = errTold
				}
			}
			if save {
				out := a.stdout
				if asJSON || asYAML {
					out = a.stderr
				}
				err = errors.Join(err, a.saveDevices(out, s, all))
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	c.Flags().BoolVar(&asYAML, "yaml", false, "as the channels: blocks of site.yaml")
	c.Flags().BoolVar(&save, "save", false, "keep what they can do in devices.yaml, for check, repl and simulated devices")
	c.Flags().BoolVar(&simulate, "simulate", false, "simulated devices in the place of all; no passwords needed")
	return c
}

// askAll asks every device of s, in the order of site.yaml; with save also what
// their heads can do.
func (a *app) askAll(ctx context.Context, s *site.Site, simulate, save bool) ([]found, error) {
	h, err := a.newHost(s, hostOptions{log: a.quietLogger(s.Timezone, false), simulate: simulate})
	if err != nil {
		return nil, err
	}
	limit := askTimeout
	if save {
		limit = saveTimeout
	}
	ctx, cancel := clock.WithTimeout(a.clk, ctx, limit)
	defer cancel()
	devices := h.Devices()
	all := make([]found, len(devices))
	a.parallel(len(devices), askAtOnce, func(i int) {
		all[i] = a.ask(ctx, s.Devices[i], devices[i])
		if save && all[i].err == nil && !all[i].simulated {
			a.askHeads(ctx, &all[i], devices[i].Client())
		}
	})
	return all, h.Close()
}

// ask asks one device. What it does not tell beside its channels is left out.
func (a *app) ask(ctx context.Context, conf site.Device, d *device.Ref) found {
	f := found{conf: conf, state: device.StateOnline, simulated: d.Simulated()}
	client := d.Client()
	limited := func() (context.Context, context.CancelFunc) { return clock.WithTimeout(a.clk, ctx, conf.Timeout) }

	step, done := limited()
	f.info, f.err = client.DeviceInfo(step)
	done()
	if f.err != nil {
		f.state = stateOf(f.err)
		return f
	}
	// A recorder is asked several times for its channels.
	step, done = clock.WithTimeout(a.clk, ctx, 3*conf.Timeout)
	f.channels, f.err = client.Channels(step)
	done()
	if f.err != nil {
		return f
	}
	step, done = limited()
	defer done()
	if t, err := client.Time(step); err == nil {
		ahead := t.Ahead(a.clk.Now())
		f.ahead = &ahead
	}
	return f
}

// stateOf is the state that an error of deviceInfo means, in the words of
// dev.state.
func stateOf(err error) string {
	switch runtime.Report(err).Kind {
	case "unauthorized":
		return device.StateUnauthorized
	case "locked":
		return device.StateLocked
	case "offline", "timeout":
		return device.StateOffline
	}
	return device.StateUnknown
}

// parallel calls f for 0 to n-1, at most limit at once, and waits for all.
func (a *app) parallel(n, limit int, f func(i int)) {
	all, slots := clock.NewGroup(a.clk), clock.NewSemaphore(a.clk, limit)
	for i := range n {
		slots.Acquire(context.Background())
		all.Go(func() {
			defer slots.Release()
			f(i)
		})
	}
	all.Wait()
}

// jsonDevice is a device in the output of devices --json.
type jsonDevice struct {
	Name         string        `json:"name"`
	State        string        `json:"state"`
	Simulated    bool          `json:"simulated,omitempty"`
	Model        string        `json:"model,omitempty"`
	Firmware     string        `json:"firmware,omitempty"`
	Serial       string        `json:"serial,omitempty"`
	MAC          string        `json:"mac,omitempty"`
	Type         string        `json:"type,omitempty"`
	Manufacturer string        `json:"manufacturer,omitempty"`
	ClockAhead   *float64      `json:"clock_ahead_seconds,omitempty"`
	Channels     []jsonChannel `json:"channels"`
	Error        *jsonError    `json:"error,omitempty"`
}

type jsonChannel struct {
	ID      int    `json:"id"`
	Name    string `json:"name"` // in site.yaml, else the device's
	Enabled bool   `json:"enabled"`
	Online  *bool  `json:"online,omitempty"`
	PTZ     bool   `json:"ptz"`
	Stream  int    `json:"stream"`
}

type jsonError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) writeDevicesJSON(all []found) error {
	list := make([]jsonDevice, 0, len(all))
	for _, f := range all {
		d := jsonDevice{Name: f.conf.Name, State: f.state, Simulated: f.simulated, Channels: []jsonChannel{}}
		if f.info != nil {
			d.Model, d.Firmware, d.Serial = f.info.Model, f.info.Firmware, f.info.Serial
			d.MAC, d.Type, d.Manufacturer = f.info.MAC, f.info.Type, f.info.Manufacturer
		}
		if f.ahead != nil {
			seconds := f.ahead.Round(time.Second).Seconds()
			d.ClockAhead = &seconds
		}
		for _, ch := range f.channels {
			d.Channels = append(d.Channels, jsonChannel{ch.ID, channelLabel(f.conf, ch), ch.Enabled, ch.Online, ch.PTZ, ch.Stream})
		}
		if f.err != nil {
			r := runtime.Report(f.err)
			d.Error = &jsonError{r.Kind, r.Message, r.Hint}
		}
		list = append(list, d)
	}
	return a.writeJSON(list)
}

package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/rehearsal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// rehearseOptions are the flags of rehearse.
type rehearseOptions struct {
	from   string
	span   duration
	by     *enumFlag
	full   bool
	strict bool
	seed   uint64
	events string // a file
}

func newRehearseCommand(a *app) *cobra.Command {
	o := rehearseOptions{span: duration{24 * time.Hour}, by: newEnumFlag("device", "device", "script")}
	c := &cobra.Command{
		Use:   "rehearse [SITE] [--from TIME] [--for DURATION]",
		Short: "What a site would do, in seconds: a timeline, and what is wrong with it",
		Long: `Runs the scripts of a site (default: the current folder) in virtual time, against
simulated devices, and shows what would happen: a week takes seconds. Nothing is
sent to a device or to the network, and nothing of the site is touched.`,
		Example: `  {hiklua} rehearse
  {hiklua} rehearse --from "2026-03-28 00:00" --for 48h`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} next SITE lists only when jobs run; {hiklua} run SITE does it for real.`),
		RunE: func(c *cobra.Command, args []string) error {
			return a.rehearse(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().StringVar(&o.from, "from", "", "begin at this `TIME`: 2026-03-28, \"2026-03-28 01:30\", or with a zone 2026-03-28T01:30:00Z (default now)")
	c.Flags().Var(&o.span, "for", "how long; what happens at its end is not part of it")
	c.Flags().Var(o.by, "by", "what lines are put together by")
	c.Flags().BoolVar(&o.full, "full", false, "nothing is folded; also every line that a script prints or logs")
	c.Flags().BoolVar(&o.strict, "strict", false, "exit status 1 if there are findings")
	c.Flags().StringVar(&o.events, "events", "", "what devices notice and suffer meanwhile, in a `FILE`: \"23:10 gate motion\", \"02:00-02:20 nvr offline\"")
	c.Flags().Uint64Var(&o.seed, "seed", 1, "`N` decides about jitter and what scripts draw at random")
	return c
}

func (a *app) rehearse(ctx context.Context, dir string, o rehearseOptions) error {
	s, err := a.loadSite(dir, true)
	if err != nil {
		return err
	}
	from := a.clk.Now().In(s.Timezone).Truncate(time.Second)
	if o.from != "" {
		if from, err = clock.ParseTime(o.from, s.Timezone); err != nil {
			return &misuse{err.Error(), a.name + ` rehearse --from "2026-03-28 01:30" --for 24h`}
		}
	}
	watch := clock.NewStopwatch()
	result, err := a.runRehearsal(s, from, o)
	if err != nil {
		return err
	}
	if err := result.Timeline.Text(a.stdout, timeline.TextOptions{By: timeline.By(o.by.value), Full: o.full}); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "rehearsed %s in %.1f s\n", clock.FormatDuration(o.span.d), watch.Elapsed().Seconds())
	if o.strict && len(result.Timeline.Findings) > 0 {
		return errTold
	}
	return nil
}

func (a *app) runRehearsal(s *site.Site, from time.Time, o rehearseOptions) (*rehearsal.Result, error) {
	devices := make(rehearsedDevices)
	happenings, err := readHappenings(o.events, s)
	if err != nil {
		return nil, err
	}
	return rehearsal.Run(rehearsal.Options{
		Begin: devices.play(happenings, from.Add(o.span.d), o.seed),
		Site:  s, From: from, For: o.span.d, Seed: o.seed, Version: version(), Getenv: a.env,
		State:  filepath.Join(dataFolder(s.Dir), "state.db"),
		Device: devices.transport, Preset: devices.preset, PictureSize: devices.pictureSize,
	})
}

// rehearsedDevices are the simulated devices of a rehearsal, by name.
type rehearsedDevices map[string]rehearsedDevice

type rehearsedDevice struct {
	*sim.Device
	channels []sim.ChannelOptions
}

func (r rehearsedDevices) transport(d site.Device, clk clock.Clock) http.RoundTripper {
	o := simOptions(d, clk)
	o.JournalSize, o.SmallPictures = 1, true
	o.Latency = rehearsedLatency
	device := sim.New(o)
	r[d.Name] = rehearsedDevice{device, o.Channels}
	return device.Transport()
}

// rehearsedLatency is how long a device takes to answer.
const rehearsedLatency = 2 * time.Millisecond

func (r rehearsedDevices) preset(device string, channel int, id string) string {
	number, err := strconv.Atoi(id)
	if d, ok := r[device]; ok && err == nil {
		return d.PresetName(channel, number)
	}
	return ""
}

const (
	// What a picture of a real camera has of pixels, where it is not known, and of
	// bytes for each.
	usualPixels    = 1920 * 1080
	usualSubPixels = 640 * 360
	bytesEachPixel = 0.2
)

func (r rehearsedDevices) pictureSize(device string, channel int, sub bool) int64 {
	pixels := usualPixels
	if sub {
		pixels = usualSubPixels
	}
	for _, c := range r[device].channels {
		switch {
		case c.ID != channel:
		case sub && c.SubWidth*c.SubHeight > 0:
			pixels = c.SubWidth * c.SubHeight
		case !sub && c.MainWidth*c.MainHeight > 0:
			pixels = c.MainWidth * c.MainHeight
		}
	}
	return int64(float64(pixels) * bytesEachPixel)
}

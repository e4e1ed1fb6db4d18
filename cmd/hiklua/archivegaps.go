package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
)

func newArchiveGapsCommand(a *app) *cobra.Command {
	var o archiveFlags
	var check, asJSON bool
	c := &cobra.Command{
		Use:   "gaps [SITE] [CHANNEL...] [FLAG...]",
		Short: "Pictures that should be there and are not, and why",
		Long: `Compares what archive.schedules of site.yaml asked for with what was taken, for
the last day or the time that --from and --till name: how many pictures are
missing of each channel and label, and why. It goes by the record that the host
keeps while it runs, two minutes behind; what was removed since is not missing.
With --check the status is 1 if a picture is missing.
` + channelHelp,
		Example: `  {hiklua} archive gaps
  {hiklua} archive gaps gate/yard --from 7d
  {hiklua} archive gaps site --check`,
		Annotations: next(`{hiklua} journal SITE --device D has what the device answered then.`),
		RunE: func(c *cobra.Command, args []string) error {
			dir, names := siteAndChannels(args)
			v, err := a.viewArchive(dir)
			if err != nil {
				return err
			}
			chosen, err := v.choose(c.Context(), "gaps", names, o)
			if err != nil {
				return err
			}
			report, err := v.gaps(chosen)
			if err != nil {
				return err
			}
			if asJSON {
				err = a.writeJSON(report)
			} else {
				v.writeGaps(report)
			}
			if err == nil && check && report.Missing > 0 {
				err = errTold
			}
			return err
		},
	}
	o.addTimes(c)
	c.Flags().BoolVar(&check, "check", false, "status 1 if a picture is missing")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

// jsonGaps is what archive gaps --json prints.
type jsonGaps struct {
	From    time.Time     `json:"from"`
	Till    time.Time     `json:"till"`
	Alive   *time.Time    `json:"alive,omitempty"` // a host was last seen
	Due     int           `json:"due"`             // pictures
	Missing int           `json:"missing"`
	Series  []jsonMissing `json:"series"`
}

// jsonMissing is what is missing of one schedule at one channel.
type jsonMissing struct {
	Device   string    `json:"device"`
	Channel  int       `json:"channel"`
	Name     string    `json:"name,omitempty"`
	Label    string    `json:"label,omitempty"`
	Schedule string    `json:"schedule"` // in words
	Due      int       `json:"due"`      // 0: the schedule is not in site.yaml any more
	Missing  int       `json:"missing"`
	Text     string    `json:"text"`
	Gaps     []jsonGap `json:"gaps"`
}

// jsonGap is pictures in a row that are missing.
type jsonGap struct {
	From    time.Time    `json:"from"` // the first of them was due
	Last    time.Time    `json:"last"` // the last of them was due
	Till    *time.Time   `json:"till,omitempty"`
	Missing int          `json:"missing"`
	Reasons []jsonReason `json:"reasons"`
}

// jsonReason is why.
type jsonReason struct {
	Why     string     `json:"why"`
	From    time.Time  `json:"from"`
	Till    *time.Time `json:"till,omitempty"`
	Missing int        `json:"missing"`
}

// gaps makes the report of what is chosen.
func (v *archiveView) gaps(c *choice) (*jsonGaps, error) {
	q := gaps.Query{Device: c.Device, Channel: c.Channel, Label: c.Label, From: c.From, Till: c.Till}
	found, err := runtime.Gaps(v.site, dataFolder(v.dir), q, v.clk.Now())
	if err != nil {
		return nil, err
	}
	zone := v.site.Timezone
	report := &jsonGaps{From: found.From.In(zone), Till: found.Till.In(zone), Alive: timeOrNone(found.Alive, zone), Series: []jsonMissing{}}
	for _, l := range found.Lines {
		one := archive.Entry{Device: l.Device, Channel: l.Channel, Name: l.Name}
		if len(c.of) > 0 && !slices.ContainsFunc(c.of, func(ch channel) bool { return ch.match(&one) }) {
			continue
		}
		report.Due += l.Due
		report.Missing += l.Missing
		s := jsonMissing{
			Device: l.Device, Channel: l.Channel, Name: l.Name, Label: l.Label, Schedule: l.Every, Due: l.Due, Missing: l.Missing,
			Text: l.Text(zone), Gaps: []jsonGap{},
		}
		for _, g := range l.Gaps {
			gap := jsonGap{g.From.In(zone), g.Last.In(zone), timeOrNone(g.Till, zone), g.Missing, []jsonReason{}}
			for _, r := range g.Reasons {
				gap.Reasons = append(gap.Reasons, jsonReason{r.Why, r.From.In(zone), timeOrNone(r.Till, zone), r.Missing})
			}
			s.Gaps = append(s.Gaps, gap)
		}
		report.Series = append(report.Series, s)
	}
	return report, nil
}

func timeOrNone(t time.Time, zone *time.Location) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.In(zone)
	return &t
}

func (v *archiveView) writeGaps(r *jsonGaps) {
	if len(r.Series) == 0 {
		fmt.Fprintln(v.stderr, v.nothingFollowed())
		return
	}
	fmt.Fprintf(v.stdout, "from %s to %s\n", v.timeText(r.From), v.timeText(r.Till))
	for _, s := range r.Series {
		v.writeWrapped(s.line() + "\n")
	}
}

// line is what is missing, and of what as far as the reason does not say it.
func (s *jsonMissing) line() string {
	var of []string
	one := archive.Entry{Device: s.Device, Channel: s.Channel, Name: s.Name}
	if path := one.ChannelPath(); !strings.Contains(s.Text, path) {
		of = append(of, path)
	}
	if s.Label != "" {
		of = append(of, s.Label)
	}
	if len(of) == 0 {
		return s.Text
	}
	return s.Text + " (" + strings.Join(of, ", ") + ")"
}

// nothingFollowed says why there is nothing to report.
func (v *archiveView) nothingFollowed() string {
	if v.site.Archive == nil || len(v.site.Archive.Schedules) == 0 {
		return "site.yaml has no archive.schedules: nothing is due"
	}
	return fmt.Sprintf("no such schedule was followed yet: %s run %s begins it", v.name, shellWord(v.dir))
}

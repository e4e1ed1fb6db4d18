package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
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

// gaps makes the report of what is chosen.
func (v *archiveView) gaps(c *choice) (*api.Gaps, error) {
	q := gaps.Query{Device: c.Device, Channel: c.Channel, Label: c.Label, From: c.From, Till: c.Till, Cluster: v.site.Cluster != nil}
	var found gaps.Report
	for i, p := range v.parts() {
		part, err := runtime.Gaps(p.site, p.data, q, v.clk.Now())
		if err == nil && q.Cluster && part.Stopped(v.clk.Now()) {
			fmt.Fprintf(v.stderr, "%s: not held here since %s: what is missing since then is told where the host runs that holds it\n", p.share, v.timeText(part.Alive))
		}
		switch {
		case err != nil:
			return nil, err
		case i == 0:
			found = part
			continue
		}
		found.Lines = append(found.Lines, part.Lines...)
		if part.Alive.After(found.Alive) {
			found.Alive = part.Alive
		}
	}
	return api.GapsOf(found, v.site.Timezone, func(l gaps.Line) bool {
		one := archive.Entry{Device: l.Device, Channel: l.Channel, Name: l.Name}
		return len(c.of) == 0 || slices.ContainsFunc(c.of, func(ch channel) bool { return ch.match(&one) })
	}), nil
}

func (v *archiveView) writeGaps(r *api.Gaps) {
	if len(r.Series) == 0 {
		fmt.Fprintln(v.stderr, v.nothingFollowed())
		return
	}
	fmt.Fprintf(v.stdout, "from %s to %s\n", v.timeText(r.From), v.timeText(r.Till))
	for _, s := range r.Series {
		v.writeWrapped(missingLine(&s) + "\n")
	}
}

// missingLine is what is missing, and of what as far as the reason does not say it.
func missingLine(s *api.Missing) string {
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
	if v.site.Cluster != nil {
		return "no such schedule was followed on this machine yet: the host does that which holds the devices (" + v.name + " cluster status)"
	}
	return fmt.Sprintf("no such schedule was followed yet: %s run %s begins it", v.name, shellWord(v.dir))
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/happening"
	"github.com/hiklua/hiklua/runtime/rehearsal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
	"github.com/hiklua/hiklua/runtime/timeline/page"
)

// rehearseOptions are the flags of rehearse.
type rehearseOptions struct {
	from   string
	span   duration
	by     *enumFlag
	full   bool
	json   bool
	strict bool
	seed   uint64
	events string // a file
	expect string
	update bool
	other  string
	html   string // a file

	compare string // a time

	suffered    []happening.Happening // beside those of events
	interrupted func() bool
}

// rehearseTry is a rehearsal to type in the place of one that was typed wrong.
const rehearseTry = ` rehearse --from "2026-03-28 00:00" --for 48h`

func newRehearseCommand(a *app) *cobra.Command {
	o := rehearseOptions{span: duration{24 * time.Hour}, by: newEnumFlag("device", "device", "script")}
	c := &cobra.Command{
		Use:   "rehearse [SITE] [--from TIME] [--for DURATION]",
		Short: "What a site would do, in seconds: a timeline, and what is wrong with it",
		Long: `Runs the scripts of a site (default: the current folder) in virtual time, against
simulated devices, and shows what would happen: a week takes seconds. Nothing is
sent to a device or to the network, and nothing of the site is touched.

What comes again and again is one line; --full shows each, and what scripts print
and log. With --expect the timeline is compared with one that was kept in FILE:
a site's regression test. --update keeps it.`,
		Example: `  {hiklua} rehearse
  {hiklua} rehearse --from "2026-03-28 00:00" --for 48h
  {hiklua} rehearse --for 7d --html week.html
  {hiklua} rehearse --from "2026-03-28 00:00" --for 48h --expect rehearsal.txt --update
  {hiklua} rehearse --expect rehearsal.txt
  {hiklua} rehearse --for 7d --diff ../site-with-changes`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} next SITE lists only when jobs run; {hiklua} run SITE does it for real.`),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.checkRehearse(c, &o); err != nil {
				return err
			}
			return a.rehearse(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().StringVar(&o.from, "from", "", "begin at this `TIME`: 2026-03-28, \"2026-03-28 01:30\", or with a zone 2026-03-28T01:30:00Z (default now)")
	c.Flags().Var(&o.span, "for", "how long; what happens at its end is not part of it")
	c.Flags().Var(o.by, "by", "what lines are put together by")
	c.Flags().BoolVar(&o.full, "full", false, "nothing is folded; also every line that a script prints or logs")
	c.Flags().BoolVar(&o.json, "json", false, "lines of JSON, for programs: the span, actions, findings, devices; with --full also what scripts print")
	c.Flags().BoolVar(&o.strict, "strict", false, "exit status 1 if there are findings")
	c.Flags().StringVar(&o.events, "events", "", "what devices notice and suffer meanwhile, in a `FILE`: \"23:10 gate motion\", \"02:00-02:20 nvr offline\"")
	c.Flags().StringVar(&o.expect, "expect", "", "compare with the timeline that is kept in `FILE`; exit status 1 if they differ. Span and seed are those of the file unless they are given")
	c.Flags().BoolVar(&o.update, "update", false, "keep the timeline in the file of --expect")
	c.Flags().StringVar(&o.other, "diff", "", "show what would change with the version of the site in `DIR`")
	c.Flags().StringVar(&o.html, "html", "", "also as a page for a browser, one `FILE` with all in it: zoom from the week to the second")
	c.Flags().StringVar(&o.compare, "compare", "", "rehearse what is on record from `TIME` on, with what devices noticed and suffered then, and show where the two differ")
	c.Flags().Uint64Var(&o.seed, "seed", 1, "`N` decides about jitter and what scripts draw at random")
	return c
}

// checkRehearse refuses flags that do not go together, and takes from a kept
// timeline what was not given.
func (a *app) checkRehearse(c *cobra.Command, o *rehearseOptions) error {
	wrong := func(problem, try string) error { return &misuse{problem, a.name + " " + try} }
	switch {
	case o.update && o.expect == "":
		return wrong("--update keeps the timeline in the file of --expect", "rehearse --expect rehearsal.txt --update")
	case o.expect == "-":
		return wrong("--expect -: what is kept is a file, such as rehearsal.txt", "rehearse --expect rehearsal.txt")
	case o.expect != "" && o.other != "":
		return wrong("--expect compares with what was kept, --diff with another version: one of them", "rehearse --diff DIR")
	case o.json && (o.expect != "" || o.other != ""):
		return wrong("--expect and --diff compare texts: they are not for --json", "rehearse --expect rehearsal.txt")
	case o.html != "" && (o.expect != "" || o.other != ""):
		return wrong("--expect and --diff compare texts: they have no page", "rehearse --html week.html")
	}
	if o.compare != "" {
		if o.from != "" || o.expect != "" || o.other != "" || o.events != "" || o.json || o.html != "" {
			return wrong("--compare TIME takes the span and its events from the record: of the other flags only --for and --seed go with it", "rehearse --compare 22:00 --for 8h")
		}
	}
	if err := noPlaceFor(o.html); err != nil {
		return err
	}
	if o.expect == "" || o.update && c.Flags().Changed("from") {
		return nil
	}
	kept, err := readKept(o.expect)
	if err != nil {
		return err
	}
	return kept.apply(c, o)
}

func (a *app) rehearse(ctx context.Context, dir string, o rehearseOptions) error {
	s, err := a.loadSite(dir, true)
	if err != nil {
		return err
	}
	from := a.clk.Now().In(s.Timezone).Truncate(time.Second)
	if o.from != "" {
		if from, err = clock.ParseTime(o.from, s.Timezone); err != nil {
			return &misuse{err.Error(), a.name + rehearseTry}
		}
	}
	if o.compare != "" {
		if from, err = a.parseWhen("--compare", o.compare, s.Timezone); err != nil {
			return &misuse{err.Error(), a.name + " rehearse --compare 22:00 --for 8h"}
		}
		from = from.In(s.Timezone)
	}
	o.interrupted = func() bool { return ctx.Err() != nil }
	defer collectLess()()
	switch {
	case o.compare != "":
		return a.compareReal(ctx, s, from, o)
	case o.expect != "":
		return a.compareKept(s, from, o)
	case o.other != "":
		return a.compareSites(s, from, o)
	}
	watch := clock.NewStopwatch()
	result, err := a.runRehearsal(s, from, o)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	if o.json {
		err = result.Timeline.JSON(out, o.full)
	} else {
		err = result.Timeline.Text(out, o.text())
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if o.html != "" {
		if err := a.writePage(o.html, &result.Timeline, page.Options{By: timeline.By(o.by.value), Full: o.full, Command: o.commandLine(dir, from)}); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stderr, "rehearsed %s in %.1f s\n", clock.FormatDuration(o.span.d), watch.Elapsed().Seconds())
	if o.strict && len(result.Timeline.Findings) > 0 {
		return errTold
	}
	return nil
}

// commandLine is the command that rehearses the same again.
func (o rehearseOptions) commandLine(dir string, from time.Time) string {
	words := []string{"rehearse", dir, "--from", from.Format("2006-01-02 15:04:05"), "--for", clock.FormatDuration(o.span.d), "--seed", strconv.FormatUint(o.seed, 10)}
	if o.events != "" {
		words = append(words, "--events", o.events)
	}
	return wholeLine(words)
}

// text is how the timeline is written.
func (o rehearseOptions) text() timeline.TextOptions {
	return timeline.TextOptions{By: timeline.By(o.by.value), Full: o.full}
}

// runRehearsal rehearses a site. What is compared begins without hik.state and
// files: those of a site change from day to day.
func (a *app) runRehearsal(s *site.Site, from time.Time, o rehearseOptions) (*rehearsal.Result, error) {
	devices := make(rehearsedDevices)
	happenings, err := readHappenings(o.events, s)
	if err != nil {
		return nil, err
	}
	conf := rehearsal.Options{
		Begin: devices.play(happenings, o.suffered, from.Add(o.span.d), o.seed, a.leftOut()),
		Site:  s, From: from, For: o.span.d, Seed: o.seed, Version: version(), Getenv: a.env,
		Device: devices.transport, Preset: devices.preset, PictureSize: devices.pictureSize,
	}
	conf.Interrupted = o.interrupted
	if o.expect == "" && o.other == "" {
		conf.Data = dataFolder(s.Dir)
		conf.State = stateFile(s)
	}
	return rehearsal.Run(conf)
}

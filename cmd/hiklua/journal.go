package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
	"github.com/hiklua/hiklua/runtime/timeline/page"
)

// journalTimeout is how long a host that stops waits for the last lines.
const journalTimeout = 2 * time.Second

// journalFolder is where a site's host puts on record what happens.
func journalFolder(dir string) string { return filepath.Join(dataFolder(dir), "journal") }

// openJournal takes the record of a running host. Without a disk that takes
// it, the host runs without a record; what simulated devices were sent is none.
func (a *app) openJournal(s *site.Site, log *slog.Logger, o runOptions) (record func(journal.Entry), lost func() int, end func()) {
	if o.simulate {
		return nil, func() int { return 0 }, func() {}
	}
	j, err := journal.Open(journalFolder(s.Dir), journal.Options{
		Clock: a.clk, Log: log, Kind: func(err error) string { return runtime.Report(err).Kind },
	})
	if err != nil {
		log.Error("nothing is put on record", errorKey, err)
		return nil, func() int { return 0 }, func() {}
	}
	return j.Write, j.Lost, func() {
		ctx, cancel := clock.WithTimeout(a.clk, context.Background(), journalTimeout)
		defer cancel()
		if err := j.Close(ctx); err != nil {
			log.Error(err.Error())
		}
	}
}

// journalOptions are the flags of journal.
type journalOptions struct {
	device, script, since string
	html                  string // a file
	last                  int
	all, moves, json      bool
	by                    *enumFlag
}

func newJournalCommand(a *app) *cobra.Command {
	o := journalOptions{by: newEnumFlag("time", "time", "device", "script")}
	c := &cobra.Command{
		Use:   "journal [SITE] [--since T] [--device D] [--script S] [--by WHAT] [--last N] [--moves] [--all] [--json]",
		Short: "What happened: commands and their answers, runs of jobs, events",
		Long: `Tells what happened on a site (default: the current folder), from what its host
has put on record in data/journal, while the host runs and when none does: what
heads did, pictures and where they lie, runs of jobs and how they ended, what
devices noticed, notifications, reloads, when the host began and ended. What
comes again and again is told once, with how often. Without --since it is the
last day that is on record.

--last, --moves and --all list what is on record one by one: when, what, the
answer, how long it took, and the task that did it. A device that fails again
and again to answer when it is asked for its state is one line there, and such
questions that were answered are left out; --all shows them.`,
		Example: `  {hiklua} journal --since 22:00
  {hiklua} journal --device gate --since 3d --by script
  {hiklua} journal --last 20
  {hiklua} journal --moves --since "2026-03-28 01:30"
  {hiklua} journal --since 2h --json
  {hiklua} journal --since 18:00 --html night.html`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} events SITE lists what devices noticed; {hiklua} log SITE has what scripts and the host said.`),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case o.all && o.moves:
				return &misuse{"--all shows everything, --moves only moves: one of them", a.name + " journal --moves"}
			case o.last < 0:
				return &misuse{fmt.Sprintf("--last %d: it is a number of entries", o.last), a.name + " journal --last 20"}
			case c.Flags().Changed("by") && (o.all || o.moves || o.last > 0 || o.json):
				return &misuse{"--by puts together what is folded; --last, --moves, --all and --json list it one by one", a.name + " journal --by script"}
			case o.html != "" && (o.all || o.moves || o.last > 0 || o.json):
				return &misuse{"--html draws what is folded; --last, --moves, --all and --json list it one by one", a.name + " journal --since 18:00 --html night.html"}
			}
			if err := noPlaceFor(o.html); err != nil {
				return err
			}
			return a.showJournal(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().StringVar(&o.device, "device", "", "of this `DEVICE` only")
	c.Flags().StringVar(&o.script, "script", "", "of this `SCRIPT` only")
	c.Flags().StringVar(&o.since, "since", "", "from this `TIME` on: 2026-03-28, \"2026-03-28 01:30\", 01:30, or so long ago: 90s, 2h, 3d")
	c.Flags().Var(o.by, "by", "how it is put together")
	c.Flags().IntVar(&o.last, "last", 0, "the last `N` entries, one by one")
	c.Flags().BoolVar(&o.moves, "moves", false, "only what moves heads or stops them, one by one")
	c.Flags().BoolVar(&o.all, "all", false, "every entry, one by one, with what only asks for state, clock or position")
	c.Flags().BoolVar(&o.json, "json", false, "a line of JSON for each entry, for programs")
	c.Flags().StringVar(&o.html, "html", "", "also as a page for a browser, one `FILE` with all in it: zoom from the week to the second")
	return c
}

// siteOfRecord is a site as far as its record needs it: also with a site.yaml that
// has mistakes, when the record is of most use. s is nil then.
func (a *app) siteOfRecord(dir string) (s *site.Site, zone *time.Location, err error) {
	s, err = a.loadSite(dir, true)
	switch {
	case err == nil:
		return s, s.Timezone, nil
	case !hasSite(dir):
		return nil, nil, err
	}
	fmt.Fprintf(a.stderr, "site.yaml has mistakes (%s check %s lists them); times are this machine's\n", a.name, shellWord(dir))
	return nil, time.Local, nil
}

func (a *app) showJournal(ctx context.Context, dir string, o journalOptions) error {
	s, zone, err := a.siteOfRecord(dir)
	if err != nil {
		return err
	}
	f := journal.Filter{Device: o.device, Script: o.script, Kinds: journal.Kinds(), Limit: o.last}
	if o.since != "" {
		if f.Since, err = a.parseWhen("--since", o.since, zone); err != nil {
			return &misuse{err.Error(), a.name + " journal --since 2h"}
		}
	}
	shown := 0
	switch {
	case o.json || o.all || o.moves || o.last > 0:
		f.Moves, f.Quiet = o.moves, !o.all && !o.json
		shown, err = a.listJournal(ctx, dir, f, zone, o.json)
	default:
		shown, err = a.tellJournal(ctx, dir, f, s, zone, o)
	}
	if err == nil && shown == 0 && !o.json {
		fmt.Fprintln(a.stderr, a.emptyJournal(s, dir, o))
	}
	return err
}

// listJournal lists entries one by one.
func (a *app) listJournal(ctx context.Context, dir string, f journal.Filter, zone *time.Location, asJSON bool) (shown int, err error) {
	show := &journalTable{app: a, fold: f.Quiet}
	write := show.write
	if asJSON {
		write = a.writeEntry
	}
	for e, err := range journal.Read(journalFolder(dir), f) {
		if err != nil {
			return shown, err
		}
		if ctx.Err() != nil {
			return shown, errTold
		}
		shown++
		e.Time = e.Time.In(zone)
		if err := write(e); err != nil {
			return shown, err
		}
	}
	return shown, show.end()
}

// tellJournal tells what happened.
func (a *app) tellJournal(ctx context.Context, dir string, f journal.Filter, s *site.Site, zone *time.Location, o journalOptions) (told int, err error) {
	t, err := journalTimeline(ctx, dir, f, s, zone)
	if err != nil || t.Actions.Len() == 0 {
		return 0, err
	}
	by := timeline.By(o.by.value)
	if err := t.Text(a.stdout, timeline.TextOptions{By: by}); err != nil || o.html == "" {
		return t.Actions.Len(), err
	}
	if by != timeline.ByScript {
		by = timeline.ByDevice
	}
	t.To = t.To.Truncate(time.Second).Add(time.Second) // what was last belongs to the picture
	return t.Actions.Len(), a.writePage(o.html, &t, page.Options{By: by, Command: o.commandLine(dir, t)})
}

// commandLine is the command that shows the same again, as long as it is on
// record.
func (o journalOptions) commandLine(dir string, t timeline.Timeline) string {
	words := []string{"journal", dir, "--since", t.From.Format("2006-01-02 15:04:05")}
	for _, flag := range [][2]string{{"--device", o.device}, {"--script", o.script}} {
		if flag[1] != "" {
			words = append(words, flag[0], flag[1])
		}
	}
	return wholeLine(words)
}

// journalDay is how much of a record is told if nothing else is asked for.
const journalDay = 24 * time.Hour

// journalTimeline makes a timeline of what is on record: since f.Since, without
// one of the last day. s may be nil.
func journalTimeline(ctx context.Context, dir string, f journal.Filter, s *site.Site, zone *time.Location) (timeline.Timeline, error) {
	t := timeline.Timeline{Site: filepath.Base(runtime.FullPath(dir)), Zone: zone, Version: version(), Real: true}
	o := timeline.Options{}
	if s != nil {
		o.Channel = s.ChannelName
		if at := s.Location; at != nil {
			t.Place = &timeline.Place{Latitude: at.Lat, Longitude: at.Lon}
		}
	}
	folder := journalFolder(dir)
	last, err := lastOnRecord(dir)
	if err != nil {
		return t, err
	}
	t.To = last.In(zone)
	t.From = f.Since.In(zone)
	if f.Since.IsZero() && !t.To.IsZero() {
		f.Since = t.To.Add(-journalDay)
	}
	var b *timeline.Builder
	for e, err := range journal.Read(folder, f) {
		if err != nil {
			return t, err
		}
		if ctx.Err() != nil {
			return t, errTold
		}
		if b == nil {
			if t.From.Before(e.Time) && f.Since.Equal(t.To.Add(-journalDay)) {
				t.From = e.Time.Truncate(time.Second).In(zone)
			}
			o.Timeline = t
			b = timeline.NewBuilder(o)
		}
		b.Entry(e)
	}
	if b == nil {
		return t, nil
	}
	return b.Timeline(), nil
}

// writeEntry writes an entry as a line of JSON.
func (a *app) writeEntry(e journal.Entry) error {
	text, err := e.MarshalJSON()
	if err == nil {
		_, err = fmt.Fprintf(a.stdout, "%s\n", text)
	}
	return err
}

// emptyJournal says why nothing was shown.
func (a *app) emptyJournal(s *site.Site, dir string, o journalOptions) string {
	if o.device != "" && s != nil {
		if _, known := s.Device(o.device); !known {
			return fmt.Sprintf("nothing about %q is on record, and site.yaml has no such device; it has %s", o.device, strings.Join(s.DeviceNames(), ", "))
		}
	}
	if names := append(scriptNames(dir), site.FileName); o.script != "" && !slices.Contains(names, o.script) {
		return fmt.Sprintf("nothing about script %q is on record, and the site has none of that name%s", o.script, nearest.Hint(o.script, names))
	}
	if o.device+o.script+o.since != "" || o.moves {
		return "nothing like that is on record"
	}
	return a.noRecord(dir)
}

// noRecord says why a site has none.
func (a *app) noRecord(dir string) string {
	if s, err := a.loadNames(dir); err == nil && s.Cluster != nil {
		return "nothing is on record on this machine: each host of a cluster has what it did itself"
	}
	return fmt.Sprintf("nothing is on record: %s run %s begins it (with --simulate nothing is kept)", a.name, shellWord(dir))
}

// parseWhen reads the time of a flag, or how long ago it was.
func (a *app) parseWhen(flag, text string, zone *time.Location) (time.Time, error) {
	if t, err := clock.ParseTime(text, zone); err == nil {
		return t, nil
	}
	if t, err := time.Parse("15:04", text); err == nil {
		now := a.clk.Now().In(zone)
		at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, zone)
		if at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()-1, t.Hour(), t.Minute(), 0, 0, zone)
		}
		return at, nil
	}
	if d, err := clock.ParseDuration(text); err == nil && d >= 0 {
		return a.clk.Now().Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%s %q is neither a time nor how long ago", flag, text)
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// journalTimeout is how long a host that stops waits for the last lines.
const journalTimeout = 2 * time.Second

// journalFolder is where a site's host puts its commands on record.
func journalFolder(dir string) string { return filepath.Join(dataFolder(dir), "journal") }

// openJournal takes the record of a running host. Without a disk that takes
// it, the host runs without a record; what simulated devices were sent is none.
func (a *app) openJournal(s *site.Site, log *slog.Logger, o runOptions) (record func(journal.Entry), end func()) {
	if o.simulate {
		return nil, func() {}
	}
	j, err := journal.Open(journalFolder(s.Dir), journal.Options{
		Clock: a.clk, Log: log, Kind: func(err error) string { return runtime.Report(err).Kind },
	})
	if err != nil {
		log.Error("commands are not put on record", errorKey, err)
		return nil, func() {}
	}
	record = j.Write
	return record, func() {
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
	last                  int
	all, moves, json      bool
}

func newJournalCommand(a *app) *cobra.Command {
	var o journalOptions
	c := &cobra.Command{
		Use:   "journal [SITE] [--device D] [--script S] [--since T] [--last N] [--moves] [--all] [--json]",
		Short: "Every command that devices were sent, and what they answered",
		Long: `Lists the commands that the host of a site (default: the current folder) has
sent to its devices: when, what, the answer, how long it took, and the task that
gave it. It reads what is on record in data/journal, while a host runs and when
none does; the newest is the last line. Left out are commands that only asked
for the state, the clock or the position of a head and were answered; --all
shows them, --moves shows only what moves or stops heads. A device that fails
to answer them again and again has one line, with a count.`,
		Example: `  {hiklua} journal --last 20
  {hiklua} journal --moves --since 22:00
  {hiklua} journal --device gate --since 2h
  {hiklua} journal --since "2026-03-28 01:30" --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} log SITE has what scripts and the host said meanwhile.`),
		RunE: func(c *cobra.Command, args []string) error {
			if o.all && o.moves {
				return &misuse{"--all shows everything, --moves only moves: one of them", a.name + " journal --moves"}
			}
			if o.last < 0 {
				return &misuse{fmt.Sprintf("--last %d: it is a number of commands", o.last), a.name + " journal --last 20"}
			}
			return a.showJournal(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().StringVar(&o.device, "device", "", "of this `DEVICE` only")
	c.Flags().StringVar(&o.script, "script", "", "of this `SCRIPT` only")
	c.Flags().StringVar(&o.since, "since", "", "from this `TIME` on: 2026-03-28, \"2026-03-28 01:30\", 01:30, or so long ago: 90s, 2h, 3d")
	c.Flags().IntVar(&o.last, "last", 0, "the last `N` only; 0: all that is on record")
	c.Flags().BoolVar(&o.moves, "moves", false, "only what moves heads or stops them")
	c.Flags().BoolVar(&o.all, "all", false, "also what only asks for state, clock or position")
	c.Flags().BoolVar(&o.json, "json", false, "a line of JSON for each that is on record, for programs")
	return c
}

func (a *app) showJournal(ctx context.Context, dir string, o journalOptions) error {
	// The record is of most use when something is wrong: also with site.yaml.
	zone := time.Local
	s, err := a.loadNames(dir)
	switch {
	case err == nil:
		zone = s.Timezone
	case !hasSite(dir):
		return err
	default:
		fmt.Fprintf(a.stderr, "site.yaml has mistakes (%s check %s lists them); times are this machine's\n", a.name, shellWord(dir))
	}
	f := journal.Filter{Device: o.device, Script: o.script, Moves: o.moves, Quiet: !o.all && !o.json, Limit: o.last}
	if o.since != "" {
		if f.Since, err = a.parseWhen("--since", o.since, zone); err != nil {
			return &misuse{err.Error(), a.name + " journal --since 2h"}
		}
	}
	show := &journalTable{app: a, fold: f.Quiet}
	write := show.write
	if o.json {
		write = a.writeEntry
	}
	shown := 0
	for e, err := range journal.Read(journalFolder(dir), f) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errTold
		}
		shown++
		e.Time = e.Time.In(zone)
		if err := write(e); err != nil {
			return err
		}
	}
	if shown == 0 && !o.json {
		fmt.Fprintln(a.stderr, a.emptyJournal(s, dir, o))
	}
	return show.end()
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
			return fmt.Sprintf("no command to %q is on record, and site.yaml has no such device; it has %s", o.device, strings.Join(s.DeviceNames(), ", "))
		}
	}
	if o != (journalOptions{}) {
		return "no such command is on record"
	}
	return fmt.Sprintf("no command is on record: %s run %s begins it", a.name, shellWord(dir))
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

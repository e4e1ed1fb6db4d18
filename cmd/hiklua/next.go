package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// mostRuns bounds --count.
const mostRuns = 1000

func newNextCommand(a *app) *cobra.Command {
	var asJSON bool
	var from string
	var count int
	c := &cobra.Command{
		Use:   "next [SITE] [--from TIME] [--count N] [--json]",
		Short: "When each job runs next, and what clock changes do to it",
		Long: `Loads the scripts of a site (default: the current folder) and lists the next runs
of each job, from now or from TIME, with what a change of the clock does to
them. No device is asked, no job is run. Jobs that count from when they went
live count from the host that runs the site, if one does and no --from is
given, else from the time that the list begins with.`,
		Example: `  {hiklua} next
  {hiklua} next --from 2026-03-28 --count 20
  {hiklua} next --from "2026-10-25 01:00" --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} run SITE runs them; {hiklua} jobs SITE shows those of a running host.`),
		RunE: func(c *cobra.Command, args []string) error {
			if count < 1 || count > mostRuns {
				return &misuse{fmt.Sprintf("--count %d: it is 1 to %d", count, mostRuns), a.name + " next --count 5"}
			}
			return a.showNext(c.Context(), siteArg(args), from, count, asJSON)
		},
	}
	c.Flags().StringVar(&from, "from", "", "begin at this `TIME`: 2026-03-28, \"2026-03-28 01:30\", or with a zone 2026-03-28T01:30:00Z")
	c.Flags().IntVar(&count, "count", 5, "`N` runs of each job")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

// jsonRun is a run in the output of next --json.
type jsonRun struct {
	Script string `json:"script"`
	Job    string `json:"job"`
	Time   string `json:"time"` // RFC 3339 with the zone's offset
	Note   string `json:"note"`
}

func (a *app) showNext(ctx context.Context, dir, from string, count int, asJSON bool) error {
	s, err := a.loadNames(dir)
	if err != nil {
		return err
	}
	start := a.clk.Now()
	var began map[string]time.Time
	if from != "" {
		if start, err = clock.ParseTime(from, s.Timezone); err != nil {
			return &misuse{err.Error(), a.name + ` next --from "2026-03-28 01:30"`}
		}
	} else {
		began = a.liveSince(ctx, dir)
	}
	runs, none, err := a.preview(s, start, count, began)
	if err != nil {
		return err
	}
	broken := false
	for _, u := range none {
		switch {
		case u.Err != nil:
			broken = true
			fmt.Fprintf(a.stderr, "%s\n", u.Why)
		default:
			fmt.Fprintf(a.stderr, "%s/%s: %s\n", u.Script, u.Job, u.Why)
		}
	}
	if asJSON {
		list := make([]jsonRun, 0, len(runs))
		for _, r := range runs {
			list = append(list, jsonRun{r.Script, r.Job, r.Time.Format(time.RFC3339), r.Note})
		}
		if err := a.writeJSON(list); err != nil {
			return err
		}
	} else {
		a.writeRuns(runs)
	}
	if broken {
		return errTold
	}
	return nil
}

// preview asks a host of its own, in virtual time that begins at start.
func (a *app) preview(s *site.Site, start time.Time, count int, began map[string]time.Time) (runs []runtime.Planned, none []runtime.Unplanned, err error) {
	clk := clock.NewVirtual(start.In(s.Timezone))
	aside := *a
	aside.clk = clk
	h, err := aside.newHost(s, hostOptions{log: a.quietLogger(s.Timezone, false), simulate: true, print: func(string, string) {}})
	if err != nil {
		return nil, nil, err
	}
	clk.Do(func() {
		runs, none = h.Preview(count, began)
		err = h.Close()
	})
	return runs, none, err
}

// liveSince asks the host that runs the site, if one does, since when its jobs
// count.
func (a *app) liveSince(ctx context.Context, dir string) map[string]time.Time {
	if _, virtual := a.clk.(*clock.Virtual); virtual {
		return nil
	}
	st, err := a.statusOf(ctx, dir)
	if err != nil {
		return nil
	}
	began := make(map[string]time.Time)
	for _, j := range st.Jobs {
		if j.Began != nil {
			began[j.Script+"/"+j.Name] = *j.Began
		}
	}
	return began
}

func (a *app) writeRuns(runs []runtime.Planned) {
	t := &table{head: []string{"TIME", "JOB", "NOTE"}}
	for _, r := range runs {
		t.add(r.Time.Format("Mon 2006-01-02 15:04:05 MST"), r.Script+"/"+r.Job, r.Note)
	}
	if len(t.rows) == 0 {
		fmt.Fprintln(a.stdout, "no job runs by time")
		return
	}
	a.writeTable(t)
}

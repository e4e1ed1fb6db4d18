package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
)

func newJobsCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "jobs [SITE] [--json]",
		Short: "The jobs of a running host: next and last run",
		Long: `Lists the jobs of the host that runs a site (default: the current folder), with
when they run next and how they ran last.`,
		Example: `  {hiklua} jobs
  {hiklua} jobs /srv/site --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} job run NAME runs one now; {hiklua} next SITE lists runs to come.`),
		RunE: func(c *cobra.Command, args []string) error {
			st, err := a.statusOf(c.Context(), siteArg(args))
			if err != nil {
				return err
			}
			if asJSON {
				return a.writeJSON(st.Jobs)
			}
			a.writeMarks(st)
			if st.Cluster != nil { // the jobs of other hosts are asked for there
				a.writeWrapped(clusterLine(st.Cluster))
			}
			if len(st.Jobs) == 0 {
				fmt.Fprintln(a.stdout, "no script has a job")
				return nil
			}
			a.writeTable(jobsTable(st))
			for _, j := range st.Jobs {
				if j.Last != nil && j.Last.Error != nil {
					a.writeWrapped(fmt.Sprintf("\n%s: last run, %s\n%s", inShare(j.Share, j.Script+"/"+j.Name), timeText(began(j.Last), st.Now), errorLines(j.Last.Error)))
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

func newJobCommand(a *app) *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use:   "job run NAME [SITE] [--wait]",
		Short: "Run a job of a running host now",
		Long: `Starts a run of a job in the host that runs a site (default: the current folder),
beside those it has at its times. NAME is the job's, or SCRIPT/NAME where
several scripts have one of that name, or in a cluster SHARE/SCRIPT/NAME, else
it is run in each share that has it. With --wait the command ends with the run,
and its status is 1 if that failed or was cancelled; Ctrl-C ends the waiting,
not the run.`,
		Example: `  {hiklua} job run "night tour"
  {hiklua} job run night/sweep /srv/site --wait`,
		Annotations: next(`{hiklua} log --follow SITE shows how it goes; {hiklua} jobs SITE lists the names.`),
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 || args[0] != "run":
				return &misuse{`job is followed by "run" and the name of a job`, a.name + " job run NAME"}
			case len(args) == 1:
				return &misuse{"which job? job run is followed by its name", a.name + " jobs"}
			}
			return atMost(a, 3)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			run, err := a.runJobIn(c.Context(), siteArg(args[2:]), args[1], wait)
			switch {
			case wait && c.Context().Err() != nil && err != nil:
				return &failure{"interrupted: the run goes on"}
			case err != nil:
				return err
			case run == nil:
				fmt.Fprintf(a.stdout, "%s has begun\n", args[1])
				return nil
			}
			return a.tellRun(args[1], run)
		},
	}
	c.Flags().BoolVar(&wait, "wait", false, "for the end of the run; status 1 if it did not go well")
	return c
}

// runJobIn starts a run of a job in the host that runs the site in dir, and with
// wait returns how it went.
func (a *app) runJobIn(ctx context.Context, dir, name string, wait bool) (*runtime.RunStatus, error) {
	run, err := askHost(ctx, a, dir, func(c *api.Client) (api.JobRun, error) { return c.RunJob(ctx, name, wait) })
	return run.Run, err
}

// tellRun says how a run went.
func (a *app) tellRun(name string, run *runtime.RunStatus) error {
	took := time.Duration(run.Duration * float64(time.Second)).Round(time.Millisecond)
	fmt.Fprintf(a.stdout, "%s: %s after %s\n", name, run.Outcome, clock.FormatDuration(took))
	if run.Error != nil {
		fmt.Fprint(a.stdout, errorLines(run.Error))
	}
	if run.Outcome != runtime.OutcomeOK {
		return errTold
	}
	return nil
}

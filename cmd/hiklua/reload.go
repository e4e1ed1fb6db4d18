package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/api"
)

func newReloadCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "reload [SITE] [--json]",
		Short: "Have a running host look at its site now",
		Long: `Has the host that runs a site (default: the current folder) compare site.yaml,
scripts/ and lib/ with what runs, as it does by itself when a file is saved, and
says what became of it. What is broken stays as it was; the exit status is 1.`,
		Example: `  {hiklua} reload
  {hiklua} reload /srv/site && echo good`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} status SITE shows what runs; {hiklua} check SITE finds mistakes beforehand.`),
		RunE: func(c *cobra.Command, args []string) error {
			all, err := a.reloadIn(c.Context(), siteArg(args))
			if err != nil {
				return err
			}
			if asJSON {
				if err := a.writeJSON(all); err != nil {
					return err
				}
			} else if len(all) == 0 {
				fmt.Fprintln(a.stdout, "nothing has changed")
			}
			failed := false
			for _, r := range all {
				failed = failed || r.Error != nil
				if asJSON {
					continue
				}
				fmt.Fprintf(a.stdout, "%s: %s\n", r.What, r.Did)
				if r.Error != nil {
					fmt.Fprint(a.stdout, errorLines(r.Error))
				}
			}
			if failed {
				return errTold
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

// reloadIn has the host that runs the site in dir look at it.
func (a *app) reloadIn(ctx context.Context, dir string) ([]api.Reloaded, error) {
	return askHost(ctx, a, dir, func(c *api.Client) ([]api.Reloaded, error) { return c.Reload(ctx) })
}

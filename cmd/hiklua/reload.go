package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
)

// reloaded is what became of one file when a host looked at its site.
type reloaded struct {
	What  string               `json:"what"` // site.yaml, or a script's name
	Did   string               `json:"did"`  // loaded, reloaded, removed, taken over, not loaded, not taken over
	Error *runtime.ErrorStatus `json:"error,omitempty"`
}

// reloadAnswer looks at the site and tells what changed, and what does not
// run although it was saved before.
func reloadAnswer(ctx context.Context, h *runtime.Host) []reloaded {
	all := []reloaded{}
	listed := make(map[string]bool)
	for _, c := range h.Sync(ctx) {
		r := reloaded{What: c.Script}
		switch {
		case c.Site != nil:
			r.What, r.Did = "site.yaml", "taken over"
		case !c.Is:
			r.Did = "removed"
		case c.Was:
			r.Did = "reloaded"
		default:
			r.Did = "loaded"
		}
		if c.Err != nil {
			continue // status has it, in the same words as for one that was saved before
		}
		listed[r.What] = true
		all = append(all, r)
	}
	st := h.Status()
	if st.Site.Error != nil {
		all = append(all, reloaded{"site.yaml", "not taken over, everything runs on as it was", st.Site.Error})
	}
	for _, s := range st.Scripts {
		if s.Edit == nil {
			continue
		}
		did := "not loaded"
		if s.State != runtime.ScriptBroken {
			did = "not loaded, the version before runs on"
		}
		all = append(all, reloaded{s.Name, did, s.Edit})
	}
	return all
}

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
			var all []reloaded
			if err := a.askHost(c.Context(), siteArg(args), opReload, nil, &all); err != nil {
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

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/nearest"
)

func newArchiveCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "archive list|show|gaps|prune|verify|export [SITE]",
		Short: "The pictures that were archived: list, prove, thin out, export",
		Long: `The archive of a site (default: the current folder): the pictures that the
schedules of site.yaml took, and those that scripts put there by
snapshot():archive(). The commands work beside a host that runs the site, and
without one.`,
		Example: `  {hiklua} archive list gate/yard --last 20
  {hiklua} archive export gate/yard --from 2026-03-28 --till 2026-03-29 --to day.avi
  {hiklua} archive verify`,
		Annotations: next(`{hiklua} archive show tells how much there is; {hiklua} archive list --help how pictures are chosen.`),
		Args: func(c *cobra.Command, args []string) error {
			var names []string
			for _, sub := range c.Commands() {
				names = append(names, sub.Name())
			}
			m := &misuse{`archive is followed by list, show, gaps, prune, verify or export`, helpOf(a, c)}
			if len(args) > 0 {
				m.problem = fmt.Sprintf("archive has no command %q", args[0])
				if near := nearest.Word(args[0], names); near != "" {
					m.problem += fmt.Sprintf(" (did you mean %q?)", near)
					m.try = commandLine(a, c) + " " + near
				}
			}
			return m
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args has refused it
	}
	for _, sub := range []*cobra.Command{
		newArchiveListCommand(a), newArchiveShowCommand(a), newArchiveGapsCommand(a), newArchivePruneCommand(a), newArchiveVerifyCommand(a), newArchiveExportCommand(a),
	} {
		sub.DisableFlagsInUseLine = true
		c.AddCommand(sub)
	}
	return c
}

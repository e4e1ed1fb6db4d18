package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/nearest"
)

func newScriptCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "script hold|release NAME [SITE]",
		Short: "Set a script of a running host aside, and let it go",
		Long: `Sets a script of the host that runs a site aside, so that a person has the
cameras for a while, and lets it go. No file is touched.`,
		Example: `  {hiklua} script hold night
  {hiklua} script release night /srv/site`,
		Annotations: next(`{hiklua} status SITE shows which scripts run, and which are set aside.`),
		Args: func(c *cobra.Command, args []string) error {
			m := &misuse{"script is followed by hold or release, and the name of a script", a.name + " script hold NAME"}
			if len(args) > 0 {
				m.problem = fmt.Sprintf("script has no command %q%s", args[0], nearest.Hint(args[0], []string{"hold", "release"}))
			}
			return m
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args has refused it
	}
	hold := scriptAction(a, "hold", (*api.Client).HoldScript, "%s is set aside: nothing of it runs until it is released, or saved with a change\n")
	hold.Short = "Have nothing of a script run for now"
	hold.Long = `Sets a script aside: its jobs do not begin, its tasks end, its hik.on_stop runs,
its heads stop. That lasts, over a restart of the host too, until
"{hiklua} script release NAME", or until its file is saved with another content.`
	hold.Annotations = next(`{hiklua} script release NAME SITE lets it run again.`)
	release := scriptAction(a, "release", (*api.Client).ReleaseScript, "%s runs\n")
	release.Short = "Let a script run that was set aside"
	release.Long = `Loads a script again that was set aside. A run that this has cut off goes on, if
it may: a tour until its time is over. The exit status is 1 if the script does
not load.`
	release.Annotations = next(`{hiklua} status SITE shows how it fares.`)
	for _, sub := range []*cobra.Command{hold, release} {
		sub.DisableFlagsInUseLine = true
		c.AddCommand(sub)
	}
	return c
}

// scriptAction is a command that has a running host do something with a script, and
// says so.
func scriptAction(a *app, word string, do func(*api.Client, context.Context, string) error, done string) *cobra.Command {
	return &cobra.Command{
		Use: word + " NAME [SITE]",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &misuse{"which script? script " + word + " is followed by its name", a.name + " status"}
			}
			return atMost(a, 2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			_, err := askHost(c.Context(), a, siteArg(args[1:]), func(client *api.Client) (struct{}, error) {
				return struct{}{}, do(client, c.Context(), args[0])
			})
			if err == nil {
				fmt.Fprintf(a.stdout, done, args[0])
			}
			return err
		},
	}
}

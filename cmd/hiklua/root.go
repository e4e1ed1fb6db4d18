package main

import (
	"github.com/spf13/cobra"
)

// The groups of commands in the help.
const (
	groupStart = "start"
	groupRun   = "run"
	groupPast  = "past"
	groupFault = "fault"
	groupHand  = "hand"
	groupTools = "tools"
)

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "hiklua COMMAND",
		Short: "Lua scripts that drive Hikvision cameras and recorders",
		Long: `hiklua runs Lua scripts that drive Hikvision cameras, NVRs and DVRs over ISAPI:
patrol tours, preset sweeps on a schedule, timed snapshots, and sessions by hand.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noSuchCommand(a, c, args[0])
			}
			return nil
		},
		RunE:                  func(c *cobra.Command, _ []string) error { return c.Help() },
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelpCommand(a))
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return flagMisuse(a, c, err) })
	root.PersistentFlags().Var(a.logFormat, "log-format", "how log lines are written")
	root.PersistentFlags().Var(a.logLevel, "log-level", "what is logged: this level and those above it")
	root.Version = version()
	root.SetVersionTemplate("hiklua {{.Version}}\n")

	var order []*cobra.Command
	add := func(group, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: group, Title: title})
		for _, c := range commands {
			c.GroupID = group
			c.DisableFlagsInUseLine = true
			root.AddCommand(c)
		}
		order = append(order, commands...)
	}
	add(groupStart, "Begin:", newDemoCommand(a), newInitCommand(a))
	add(groupRun, "Run a site:", newRunCommand(a), newStatusCommand(a), newJobsCommand(a), newJobCommand(a), newScriptCommand(a), newEmitCommand(a), newReloadCommand(a), newPageCommand(a), newClusterCommand(a), newWitnessCommand(a))
	add(groupPast, "What was, what will be:", newLogCommand(a), newJournalCommand(a), newEventsCommand(a), newNextCommand(a), newRehearseCommand(a), newTestCommand(a), newArchiveCommand(a))
	add(groupFault, "Find what is wrong:", newCheckCommand(a), newDevicesCommand(a), newDoctorCommand(a), newLoginCommand(a))
	add(groupHand, "By hand:", newExecCommand(a), newReplCommand(a))
	add(groupTools, "Tools:", newSimCommand(a), newStubsCommand(a), newLibCommand(a), newCompletionCommand(a), newVersionCommand(a))
	setHelp(a, root, order)
	a.setCompletion(root)
	return root
}

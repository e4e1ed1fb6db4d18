package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// nextStep is the annotation that holds what help names at its end.
const nextStep = "next step"

// next makes a command's annotations: what to do after it.
func next(text string) map[string]string { return map[string]string{nextStep: text} }

// setHelp gives every command help in the same form: what it does, usage,
// examples, flags, and the next step. commands are those of the program, in the
// order in which help lists them.
func setHelp(a *app, root *cobra.Command, commands []*cobra.Command) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		fmt.Fprint(c.OutOrStdout(), strings.ReplaceAll(helpText(a, c, commands), "{hiklua}", a.name))
	})
}

func helpText(a *app, c *cobra.Command, commands []*cobra.Command) string {
	var b strings.Builder
	about := c.Long
	if about == "" {
		about = c.Short + "."
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(about), usageOf(a, c))
	if !c.HasParent() {
		for _, group := range c.Groups() {
			fmt.Fprintf(&b, "\n%s\n", group.Title)
			for _, sub := range commands {
				if sub.GroupID == group.ID {
					fmt.Fprintf(&b, "  %-10s %s\n", sub.Name(), sub.Short)
				}
			}
		}
	}
	if c.HasParent() && c.HasSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			fmt.Fprintf(&b, "  %-10s %s\n", sub.Name(), sub.Short)
		}
	}
	if c.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(c.Example, "\n"))
	}
	if c.LocalNonPersistentFlags().HasAvailableFlags() && c.HasParent() {
		fmt.Fprintf(&b, "\nFlags:\n%s", c.LocalNonPersistentFlags().FlagUsages())
	}
	fmt.Fprintf(&b, "\nEverywhere:\n%s", c.Root().PersistentFlags().FlagUsages())
	step := c.Annotations[nextStep]
	if step == "" {
		step = "{hiklua} demo shows it at work; {hiklua} COMMAND --help tells more."
	}
	fmt.Fprintf(&b, "\nNext: %s\n", step)
	return b.String()
}

func newHelpCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Help for a command",
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			target, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noSuchCommand(a, c.Root(), args[0])
			}
			return target.Help()
		},
	}
}

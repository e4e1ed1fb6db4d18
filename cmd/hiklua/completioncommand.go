package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/nearest"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "What a shell needs to complete commands, jobs and devices",
		Long: `Prints what a shell needs to complete commands, options, and the jobs, devices
and scripts of a site.`,
		Example: `  source <({hiklua} completion bash)
  {hiklua} completion fish > ~/.config/fish/completions/hiklua.fish`,
		Annotations: next(`docs/commands.md tells where each shell wants it.`),
		ValidArgs:   shells,
		Args: func(_ *cobra.Command, args []string) error {
			try := a.name + " completion bash"
			switch {
			case len(args) == 0:
				return &misuse{"completion of which shell? " + strings.Join(shells, ", "), try}
			case len(args) > 1:
				return &misuse{fmt.Sprintf("completion takes one shell: %q is too much", args[1]), a.name + " completion " + shellWord(args[0])}
			case !slices.Contains(shells, args[0]):
				hint := nearest.Hint(args[0], shells)
				if hint == "" {
					hint = "; there are " + strings.Join(shells, ", ")
				}
				return &misuse{fmt.Sprintf("no completion for the shell %q%s", args[0], hint), try}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			}
			return root.GenPowerShellCompletionWithDesc(a.stdout)
		},
	}
}

package main

import (
	"fmt"
	goruntime "runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newVersionCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:         "version [--json]",
		Short:       "Version of this program",
		Args:        atMost(a, 0),
		Annotations: next(`name it in a report, together with what "{hiklua} devices" prints.`),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return a.writeJSON(jsonVersion{version(), goruntime.Version(), goruntime.GOOS + "/" + goruntime.GOARCH})
			}
			fmt.Fprintf(a.stdout, "hiklua %s (%s, %s/%s)\n", version(), goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

// jsonVersion is the output of version --json.
type jsonVersion struct {
	Version  string `json:"version"`
	Go       string `json:"go"`       // the version of Go that built it
	Platform string `json:"platform"` // "linux/amd64"
}

// version is that of the module, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; len(commit) >= 12 {
		return "devel-" + strings.TrimSpace(commit[:12])
	}
	return "devel"
}

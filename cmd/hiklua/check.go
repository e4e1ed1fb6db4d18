package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/stubs"
)

func newCheckCommand(a *app) *cobra.Command {
	var asJSON, simulate bool
	c := &cobra.Command{
		Use:   "check [SITE] [--json] [--simulate]",
		Short: "Say what is wrong with a site, without asking a device",
		Long: `Looks for everything that can be known to be wrong with a site (default: the
current folder) without a device: site.yaml, the syntax of scripts/ and lib/,
names and options of hik, cron lines, times and durations, speeds and presets,
names of devices, channels and modules, and what "devices --save" did not find
at the devices. No script is run and nothing is sent. One line each, FILE:LINE:COLUMN: what is wrong; warnings are not counted.`,
		Example: `  {hiklua} check
  {hiklua} check site --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} run SITE --simulate tries the site against simulated devices.`),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := siteArg(args)
			if err := a.notFolder(dir); err != nil {
				return err
			}
			report := check.Site(dir, a.env, simulate)
			if asJSON {
				if err := a.writeCheckJSON(report); err != nil {
					return err
				}
			} else {
				a.writeCheck(report)
				if report.Saved {
					fmt.Fprintf(a.stderr, "%s has what the devices told when it was saved; to ask them again: %s devices --save %s\n", site.SavedName, a.name, shellWord(dir))
				}
				a.noteStaleStubs(dir)
			}
			if report.Wrong() {
				return errTold
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	c.Flags().BoolVar(&simulate, "simulate", false, "as for simulated devices: no passwords needed")
	return c
}

// noteStaleStubs says that what the editor knows of the site is out of date.
func (a *app) noteStaleStubs(dir string) {
	if s, err := site.LoadSimulated(dir, a.env); err == nil && stubs.Stale(dir, s) {
		fmt.Fprintf(a.stderr, "what the editor knows of this site is out of date: %s stubs %s\n", a.name, shellWord(dir))
	}
}

func (a *app) writeCheck(r *check.Report) {
	for _, f := range r.Findings {
		fmt.Fprintln(a.stdout, f)
	}
	if r.Wrong() {
		return
	}
	off := ""
	if r.Off > 0 {
		off = fmt.Sprintf(" (%d switched off)", r.Off)
	}
	parts := []string{
		plural(r.Scripts, "script") + off, plural(r.Modules, "module"),
		plural(r.Devices, "device") + " with " + plural(r.Channels, "named channel"),
	}
	if c := r.Cluster; c != nil {
		parts = append(parts, fmt.Sprintf("%s, %s, %s", plural(len(c.Hosts), "host"), witnessesText(len(c.Witnesses)), plural(len(c.Shares), "share")))
	}
	fmt.Fprintln(a.stdout, "ok: "+strings.Join(parts, ", "))
	a.writeShares(r)
}

// writeShares says which device belongs to which share, and where each script runs.
func (a *app) writeShares(r *check.Report) {
	if len(r.Shares) == 0 {
		return
	}
	t := &table{head: []string{"SHARE", "DEVICES"}}
	for _, share := range r.Cluster.Shares {
		t.add(share.Name, strings.Join(share.Devices, ", "))
	}
	a.writePart(t)
	t = &table{head: []string{"SCRIPT", "RUNS WITH", "SINCE IT"}}
	for _, script := range r.Shares {
		t.add(script.Script, strings.Join(script.Shares, ", "), script.Why)
	}
	a.writePart(t)
}

// jsonFinding is a finding in the output of check --json.
type jsonFinding struct {
	File     string `json:"file"`           // "" where no file is meant
	Line     int    `json:"line,omitempty"` // left out: the file as a whole
	Column   int    `json:"column,omitempty"`
	Severity string `json:"severity"` // error, warning
	Message  string `json:"message"`
}

func (a *app) writeCheckJSON(r *check.Report) error {
	list := make([]jsonFinding, 0, len(r.Findings))
	for _, f := range r.Findings {
		severity := "error"
		if f.Warning {
			severity = "warning"
		}
		list = append(list, jsonFinding{f.File, f.Line, f.Col, severity, f.Message})
	}
	return a.writeJSON(list)
}

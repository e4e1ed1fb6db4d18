package main

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/scripts"
)

// completer gives what may stand at a place of a command line.
type completer func(c *cobra.Command, args []string, begin string) []string

// setCompletion tells shells the values of arguments and flags.
func (a *app) setCompletion(root *cobra.Command) {
	commands := []*cobra.Command{root}
	for _, c := range root.Commands() {
		commands = append(append(commands, c), c.Commands()...)
	}
	for _, c := range commands {
		for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) {
				if words, ok := f.Value.(*enumFlag); ok {
					completeFlag(c, f.Name, func(*cobra.Command, []string, string) []string { return words.known })
				}
			})
		}
		switch commandName(c) {
		case "status", "jobs", "log", "journal", "events", "reload", "page", "next", "rehearse", "check", "devices", "stubs", "run", "init", "archive prune", "archive verify", "lib list", "cluster init", "cluster status", "cluster release":
			c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				return nil, folders(len(args) == 0)
			}
		case "job":
			c.ValidArgsFunction = a.completeJob
		case "script hold", "script release":
			c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				if len(args) == 0 {
					return scriptNames(siteArg(nil)), cobra.ShellCompDirectiveNoFileComp
				}
				return nil, folders(len(args) == 1)
			}
		case "lib show":
			c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				if len(args) == 0 {
					return scripts.Names(), cobra.ShellCompDirectiveNoFileComp
				}
				return nil, folders(len(args) == 1)
			}
		case "cluster move":
			c.ValidArgsFunction = a.completeCluster((*site.Site).ShareNames, hostNames)
		case "cluster leave":
			c.ValidArgsFunction = a.completeCluster(hostNames)
		case "witness":
			c.ValidArgsFunction = a.completeCluster(witnessNames)
		case "emit":
			c.ValidArgsFunction = a.completeEmitArgs
		case "doctor", "login":
			c.ValidArgsFunction = a.completeSiteAndDevices
		case "archive list", "archive gaps", "archive export":
			c.ValidArgsFunction = a.completeSiteAndChannels
			completeFlag(c, "label", func(_ *cobra.Command, args []string, _ string) []string { return a.labelNames(args) })
		}
		for name, values := range map[string]completer{
			"journal --device": func(_ *cobra.Command, args []string, _ string) []string { return a.deviceNames(siteArg(args)) },
			"events --device":  func(_ *cobra.Command, args []string, _ string) []string { return a.deviceNames(siteArg(args)) },
			"journal --script": func(_ *cobra.Command, args []string, _ string) []string { return scriptNames(siteArg(args)) },
			"log --device":     func(_ *cobra.Command, args []string, _ string) []string { return a.deviceNames(siteArg(args)) },
			"log --script":     func(_ *cobra.Command, args []string, _ string) []string { return scriptNames(siteArg(args)) },
			"run --cluster":    func(_ *cobra.Command, args []string, _ string) []string { return a.namesOf(siteArg(args), hostNames) },
			"exec --share": func(*cobra.Command, []string, string) []string {
				return a.namesOf(siteAround(), (*site.Site).ShareNames)
			},
			"repl --share": func(*cobra.Command, []string, string) []string {
				return a.namesOf(siteAround(), (*site.Site).ShareNames)
			},
			"exec --device":  func(*cobra.Command, []string, string) []string { return nil }, // an address
			"repl --device":  func(*cobra.Command, []string, string) []string { return nil },
			"login --device": func(*cobra.Command, []string, string) []string { return nil },
			"sim --fault":    func(*cobra.Command, []string, string) []string { return sim.FaultNames() },
		} {
			if command, flag, _ := strings.Cut(name, " --"); command == commandName(c) {
				completeFlag(c, flag, values)
			}
		}
		for _, name := range []string{"site", "dir"} {
			if f := c.Flags().Lookup(name); f != nil {
				_ = c.MarkFlagDirname(name) // the flag is there
			}
		}
	}
}

// completeFlag gives a flag its values. A flag that has some already keeps them.
func completeFlag(c *cobra.Command, flag string, values completer) {
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, args []string, begin string) ([]string, cobra.ShellCompDirective) {
		return values(c, args, begin), cobra.ShellCompDirectiveNoFileComp
	})
}

// folders completes a folder, or nothing.
func folders(due bool) cobra.ShellCompDirective {
	if due {
		return cobra.ShellCompDirectiveFilterDirs
	}
	return cobra.ShellCompDirectiveNoFileComp
}

// completeJob is for job run NAME [SITE].
func (a *app) completeJob(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return []string{"run"}, cobra.ShellCompDirectiveNoFileComp
	case 1:
		return a.jobNames(c.Context(), siteArg(nil)), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, folders(len(args) == 2)
}

// completeCluster is for names of a cluster, one of each list, and [SITE].
func (a *app) completeCluster(lists ...func(*site.Site) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) < len(lists) {
			return a.namesOf(siteArg(nil), lists[len(args)]), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, folders(len(args) == len(lists))
	}
}

// namesOf are names in the site in dir; none if it can't be read.
func (a *app) namesOf(dir string, list func(*site.Site) []string) []string {
	s, err := a.quiet().loadNames(dir)
	if err != nil {
		return nil
	}
	return list(s)
}

func hostNames(s *site.Site) []string {
	if s.Cluster == nil {
		return nil
	}
	return s.Cluster.HostNames()
}

func witnessNames(s *site.Site) []string {
	if s.Cluster == nil {
		return nil
	}
	return s.Cluster.WitnessNames()
}

// completeSiteAndDevices is for [SITE] [DEVICE...].
func (a *app) completeSiteAndDevices(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	dir, named := siteAndDevices(args)
	names := slices.DeleteFunc(a.deviceNames(dir), func(name string) bool { return slices.Contains(named, name) })
	if len(args) == 0 && len(names) == 0 {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeSiteAndChannels is for [SITE] [CHANNEL...].
func (a *app) completeSiteAndChannels(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	dir, named := siteAndChannels(args)
	s, err := a.quiet().loadNames(dir)
	if err != nil {
		return nil, folders(len(args) == 0)
	}
	names := slices.DeleteFunc(channelNames(s), func(name string) bool { return slices.Contains(named, name) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) labelNames(args []string) []string {
	dir, _ := siteAndChannels(args)
	s, err := a.quiet().loadNames(dir)
	if err != nil {
		return nil
	}
	return labels(s)
}

// commandName is the name of a command below the program's: "archive list".
func commandName(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// quiet is the app for a completion, in the middle of a line that is typed:
// nothing is said.
func (a *app) quiet() *app {
	aside := *a
	aside.stderr = io.Discard
	return &aside
}

func (a *app) deviceNames(dir string) []string {
	s, err := a.quiet().loadNames(dir)
	if err != nil {
		return nil
	}
	return s.DeviceNames()
}

func scriptNames(dir string) []string {
	files, _ := filepath.Glob(filepath.Join(dir, "scripts", "*.lua")) // the pattern is good
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".lua")
	}
	return files
}

// jobNames are the names that job run takes: those of the host that runs the
// site, else those that its scripts would have.
func (a *app) jobNames(ctx context.Context, dir string) []string {
	type job struct{ script, name string }
	var jobs []job
	if st, err := a.statusOf(ctx, dir); err == nil {
		for _, j := range st.Jobs {
			jobs = append(jobs, job{j.Script, j.Name})
		}
	} else if s, err := a.quiet().loadNames(dir); err == nil {
		runs, none, _ := a.quiet().preview(s, a.clk.Now(), 1, nil) // scripts that fail have no jobs
		for _, r := range runs {
			jobs = append(jobs, job{r.Script, r.Job})
		}
		for _, u := range none {
			if u.Job != "" {
				jobs = append(jobs, job{u.Script, u.Job})
			}
		}
		// job run takes no schedule of the archive.
		jobs = slices.DeleteFunc(jobs, func(j job) bool { return j.script == site.FileName })
	}
	count := make(map[string]int)
	for _, j := range jobs {
		count[j.name]++
	}
	var names []string
	for _, j := range jobs {
		if count[j.name] > 1 {
			j.name = j.script + "/" + j.name
		}
		names = append(names, j.name)
	}
	slices.Sort(names)
	return names
}

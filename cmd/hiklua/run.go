package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/site"
)

func newRunCommand(a *app) *cobra.Command {
	var o runOptions
	var host string
	c := &cobra.Command{
		Use:   "run [SITE] [--cluster HOST] [--simulate] [--listen ADDR] [--log-file FILE]",
		Short: "Run a site's scripts until Ctrl-C",
		Long: `Runs the scripts of a site (default: the current folder) until Ctrl-C or
SIGTERM, and then stops every head. A script, a module or site.yaml that is
saved goes live at once; one that is broken changes nothing. A second Ctrl-C
ends at once, heads still first. A site with "cluster:" in site.yaml is run by
several machines, each as one of its hosts: --cluster says which this one is.`,
		Example: `  {hiklua} run
  {hiklua} run --simulate hiklua-demo
  {hiklua} run --cluster left /srv/site`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} devices [SITE] tells whether every device answers.`),
		RunE: func(c *cobra.Command, args []string) error {
			if err := site.CheckListen(o.listen); o.listen != "" && err != nil {
				return &misuse{fmt.Sprintf("--listen %q %v", o.listen, err), a.name + " run --listen 127.0.0.1:8333"}
			}
			if c.Flags().Changed("cluster") {
				return a.runAsHost(c.Context(), siteArg(args), host, o)
			}
			return a.runSite(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().StringVar(&host, "cluster", "", "run as this `HOST` of cluster: in site.yaml")
	c.Flags().BoolVar(&o.simulate, "simulate", false, "simulated devices in the place of all; no passwords needed")
	c.Flags().StringVar(&o.listen, "listen", "", "serve the page at `ADDR`, such as 127.0.0.1:8333, in the place of web.listen of site.yaml")
	c.Flags().StringVar(&o.logFile, "log-file", "", "a `FILE` for the log beside stderr, set aside at 10 MB (relative to the site)")
	return c
}

// runOptions are the flags of run.
type runOptions struct {
	simulate bool
	listen   string
	logFile  string
}

func (a *app) runSite(ctx context.Context, dir string, o runOptions) error {
	s, err := a.loadSite(dir, o.simulate)
	if err != nil {
		return err
	}
	if s.Cluster != nil {
		return &misuse{"site.yaml has cluster:, so this machine runs the site as one of " + strings.Join(s.Cluster.HostNames(), ", ") + ": --cluster says which", a.runAs(s, s.Cluster.HostNames()[0])}
	}
	daemon, err := a.newDaemon(s, o)
	if err != nil {
		return err
	}
	defer daemon.close()
	log := daemon.log
	if !o.simulate {
		if err := noteAlone(s.Dir); err != nil {
			log.Warn("it can't be noted that the site runs without the cluster that it had: begin that anew before it runs again", errorKey, err)
		}
	}
	var h *runtime.Host
	h, err = a.newHost(s, hostOptions{
		log: log, devices: daemon.devices, simulate: o.simulate, reload: true, record: daemon.record, publish: daemon.broker.publish(), state: true, outside: daemon.broken,
		taken: func(s *site.Site) { daemon.taken(h, o.web(s)) },
	})
	if err != nil {
		return err
	}
	defer abortOnHurry(ctx, h)()
	log.Info(fmt.Sprintf("site %s: %s%s; time zone %s", runtime.FullPath(s.Dir), plural(len(s.Devices), "device"), simulated(s, o.simulate), zoneText(s)))
	for _, w := range s.Warnings {
		log.Warn(w.String())
	}
	daemon.measure(h, o.web(s))
	h.Open()
	defer daemon.broker.start(h)()
	daemon.listen(h, o.web(s))
	stop := a.stopWith(ctx, daemon, "stopping: scripts end, heads are stopped")
	err = h.Run(ctx, func(changes []runtime.Change) {
		a.tellScripts(log, s, changes)
		daemon.ready(h)
	})
	stop()
	if err != nil {
		return err
	}
	log.Info("stopped, every head is at rest")
	return nil
}

// tellScripts says what was loaded. Why a script was not stands in the log
// already.
func (a *app) tellScripts(log *slog.Logger, s *site.Site, changes []runtime.Change) {
	changes = slices.DeleteFunc(changes, func(c runtime.Change) bool { return c.Site != nil })
	live := 0
	for _, c := range changes {
		if c.Is {
			live++
		}
	}
	switch broken := len(changes) - live; {
	case len(changes) == 0 && s.Archive != nil && len(s.Archive.Schedules) > 0:
		log.Info("no scripts; pictures are taken by archive.schedules of site.yaml; Ctrl-C ends")
	case len(changes) == 0:
		log.Warn("no scripts: what is saved as scripts/NAME.lua goes live at once", "folder", s.Path("scripts"))
	case broken > 0:
		log.Warn(fmt.Sprintf("%d of %s live; a broken one is tried anew when it is saved", live, plural(len(changes), "script")))
	default:
		log.Info(plural(live, "script") + " live; Ctrl-C ends")
	}
}

// simulated says which devices are software: " (gate, nvr simulated)".
func simulated(s *site.Site, all bool) string {
	var names []string
	for _, d := range s.Devices {
		if d.Simulate != "" {
			names = append(names, d.Name)
		}
	}
	switch {
	case len(s.Devices) == 0:
		return ""
	case all || len(names) == len(s.Devices):
		return ", all simulated"
	case len(names) == 0:
		return ""
	}
	return fmt.Sprintf(", %d simulated", len(names))
}

// zoneText names the zone, and says so if site.yaml does not.
func zoneText(s *site.Site) string {
	if s.TimezoneGiven {
		return s.TimezoneName
	}
	return s.TimezoneName + " (this machine's)"
}

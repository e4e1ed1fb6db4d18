package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/engine"
	"github.com/hiklua/hiklua/runtime/site"
)

func newWitnessCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "witness NAME [SITE]",
		Short: "Vote in a cluster, and drive nothing",
		Long: `Runs a witness of a cluster until Ctrl-C or SIGTERM: it votes on which host drives
the devices, and keeps a copy of what they have written down. It asks no device
and runs no script. It needs site.yaml and secrets/cluster, no passwords of
devices; NAME is one of cluster.witnesses.`,
		Example: `  {hiklua} witness box
  {hiklua} witness box /srv/site`,
		Annotations: next(`{hiklua} cluster status on one of the hosts shows whether it is heard.`),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &misuse{"which witness? witness is followed by its name in cluster: of site.yaml", a.name + " witness box"}
			}
			if hasSite(args[0]) {
				return &misuse{fmt.Sprintf("witness is followed by its name in cluster: of site.yaml, and %q is a site", args[0]), a.name + " witness box " + shellWord(args[0])}
			}
			return atMost(a, 2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.runWitness(c.Context(), siteArg(args[1:]), args[0])
		},
	}
}

// runWitness has a witness vote until ctx ends.
func (a *app) runWitness(ctx context.Context, dir, name string) error {
	s, err := a.loadNames(dir)
	if err != nil {
		return err
	}
	if err := a.checkWitness(s, name); err != nil {
		return err
	}
	conf, err := engineConf(s, name)
	if err != nil {
		return err
	}
	lock, err := control.Take(dataFolder(s.Dir), control.Holder{PID: os.Getpid(), Since: a.clk.Now().Round(0), Version: version()})
	if _, held := errors.AsType[*control.HeldError](err); held {
		return &failure{fmt.Sprintf("%v: a witness has a machine, or at least a folder, of its own", err)}
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	// What it has in memory is little, and made anew all the time: a small box has more
	// time for collections than memory.
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	log := a.logger(s.Timezone)
	conf.Clock, conf.Log, conf.Advertise = a.clk, log, a.advertise
	voter, err := engine.Start(ctx, conf)
	if err != nil {
		return &failure{err.Error()}
	}
	log.Info(fmt.Sprintf("witness %s of the cluster of %s, site %s; Ctrl-C ends", name, strings.Join(s.Cluster.HostNames(), ", "), runtime.FullPath(s.Dir)))
	notify := a.newNotifier()
	stopWatchdog := notify.watchdog(func() { voter.Status() })
	notify.tell("READY=1", "STATUS=witness "+name)
	clock.WaitFor(ctx, a.clk.NewWaiter())
	log.Info("stopping: another member leads what this one led")
	notify.tell("STOPPING=1")
	stopWatchdog()
	voter.Close()
	log.Info("stopped")
	return nil
}

// checkWitness says why a name is none of the witnesses that this command runs.
func (a *app) checkWitness(s *site.Site, name string) error {
	c := s.Cluster
	if c == nil {
		return &failure{"site.yaml has no cluster: yet: write the machines into it first, such as\n" + clusterExample}
	}
	if _, found := c.Witness(name); found {
		return nil
	}
	if _, found := c.Host(name); found {
		return &misuse{fmt.Sprintf("%q is a host of the cluster, not a witness", name), a.runAs(s, name)}
	}
	names := c.WitnessNames()
	if len(names) == 0 {
		return &misuse{"the cluster of site.yaml has no witnesses", a.name + " check " + shellWord(s.Dir)}
	}
	return &misuse{
		fmt.Sprintf("cluster: of site.yaml has no witness %q%s", name, hintOrAll(name, names)),
		strings.TrimSpace(a.name + " witness " + nearestOrFirst(name, names) + " " + siteWords(s)),
	}
}

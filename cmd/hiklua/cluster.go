package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

func newClusterCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "cluster init|status|move|release|leave",
		Short: "Several machines that run one site together",
		Long: `Has several machines run one site, so that it goes on when one of them dies:
"cluster:" of site.yaml names them, "{hiklua} run --cluster HOST" starts each, and
"{hiklua} witness NAME" the one that only votes. But for init these commands ask the
host that runs on this machine, which speaks for all.`,
		Example: `  {hiklua} cluster init
  {hiklua} cluster status
  {hiklua} cluster move east right`,
		Annotations: next(`{hiklua} check SITE says what is wrong with cluster: of site.yaml.`),
	}
	subs := []*cobra.Command{newClusterInitCommand(a), newClusterStatusCommand(a), newClusterMoveCommand(a), newClusterReleaseCommand(a), newClusterLeaveCommand(a)}
	var names []string
	for _, sub := range subs {
		sub.DisableFlagsInUseLine = true
		c.AddCommand(sub)
		names = append(names, sub.Name())
	}
	c.Args = func(_ *cobra.Command, args []string) error {
		m := &misuse{"cluster is followed by " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1], a.name + " cluster status"}
		if len(args) > 0 {
			m.problem = fmt.Sprintf("cluster has no command %q%s", args[0], nearest.Hint(args[0], names))
		}
		return m
	}
	c.RunE = func(*cobra.Command, []string) error { return nil } // Args has refused it
	return c
}

func newClusterStatusCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [SITE] [--json]",
		Short: "Which host drives what, and how those that vote fare",
		Long: `Asks the host that runs a site (default: the current folder) how its cluster is:
the machines that vote, the release that runs, and of each share the host that
holds it, the number of its right (term), and when that was last confirmed.`,
		Example: `  {hiklua} cluster status
  {hiklua} cluster status /srv/site --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} cluster move SHARE HOST hands a share over; {hiklua} status has the devices.`),
		RunE: func(c *cobra.Command, args []string) error {
			st, err := askHost(c.Context(), a, siteArg(args), func(client *api.Client) (cluster.Status, error) { return client.ClusterStatus(c.Context()) })
			switch {
			case err != nil:
				return err
			case asJSON:
				return a.writeJSON(st)
			}
			a.writeCluster(st)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

func newClusterMoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "move SHARE HOST [SITE]",
		Short: "Hand a share over to another host",
		Long: `Has the host that holds a share hand it over: its tasks end, its heads stop, what
it has kept goes along, and the other host goes on. It returns when that holds the
share. A site that gives no shares is one, ` + site.OneShare + `.`,
		Example: `  {hiklua} cluster move ` + site.OneShare + ` right
  {hiklua} cluster move east left /srv/site`,
		Annotations: next(`{hiklua} cluster status SITE shows who holds what.`),
		Args:        clusterArgs(a, "move", "a share and the host that is to hold it", "east right", 2),
		RunE: func(c *cobra.Command, args []string) error {
			return clusterAction(c.Context(), a, args[2:], fmt.Sprintf("%s holds %s", args[1], args[0]),
				func(client *api.Client) error { return client.Move(c.Context(), args[0], args[1]) })
		},
	}
}

func newClusterLeaveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "leave HOST [SITE]",
		Short: "Have a host hand over all it holds, and take nothing",
		Long: `Has a host hand over all its shares, so that its machine can be switched off or
worked at without a gap. It takes no share until its "{hiklua} run --cluster" is
started again.

A host or witness that has been taken out of site.yaml, and is stopped for good,
loses its vote, once the other machines were started with the new site.yaml: at
once by this command, else after 5 minutes.`,
		Example:     `  {hiklua} cluster leave right`,
		Annotations: next(`{hiklua} cluster status SITE shows when it holds nothing any more.`),
		Args:        clusterArgs(a, "leave", "the name of a host", "right", 1),
		RunE: func(c *cobra.Command, args []string) error {
			former := false
			_, err := askHost(c.Context(), a, siteArg(args[1:]), func(client *api.Client) (none struct{}, err error) {
				if st, err := client.ClusterStatus(c.Context()); err == nil {
					former = !slices.ContainsFunc(st.Hosts, func(h cluster.HostStatus) bool { return h.Name == args[0] })
				}
				return none, client.Leave(c.Context(), args[0])
			})
			switch {
			case err != nil:
				return err
			case former:
				fmt.Fprintln(a.stdout, args[0]+" has no vote any more")
			default:
				fmt.Fprintln(a.stdout, args[0]+" hands over what it holds, and takes nothing until it is started again")
			}
			return nil
		},
	}
}

func newClusterReleaseCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "release [SITE]",
		Short: "Make this folder what the cluster runs",
		Long: `Makes site.yaml, scripts/ and lib/ of the folder what every host of its cluster
runs: the next release. What is saved in a folder runs nowhere before. It is
checked as {hiklua} check does, and refused if anything is wrong, or if another
release has changed a file since it was edited here.`,
		Example: `  {hiklua} cluster release
  {hiklua} cluster release /srv/site`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} cluster status SITE shows the number of the release, and what is edited here.`),
		RunE: func(c *cobra.Command, args []string) error {
			done, err := askHost(c.Context(), a, siteArg(args), func(client *api.Client) (api.Released, error) { return client.Release(c.Context()) })
			switch {
			case err != nil:
				return err
			case len(done.Changed) == 0:
				fmt.Fprintf(a.stdout, "the cluster runs this folder: release %d\n", done.Number)
			default:
				fmt.Fprintf(a.stdout, "release %d: %s\n", done.Number, strings.Join(done.Changed, ", "))
			}
			return nil
		},
	}
}

// clusterArgs wants n arguments, and the folder of a site perhaps.
func clusterArgs(a *app, word, what, example string, n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < n {
			return &misuse{"cluster " + word + " is followed by " + what, a.name + " cluster " + word + " " + example}
		}
		return atMost(a, n+1)(c, args)
	}
}

// clusterAction has the host of a site do something in its cluster, and says so.
func clusterAction(ctx context.Context, a *app, dir []string, done string, do func(*api.Client) error) error {
	_, err := askHost(ctx, a, siteArg(dir), func(client *api.Client) (struct{}, error) { return struct{}{}, do(client) })
	if err == nil {
		fmt.Fprintln(a.stdout, done)
	}
	return err
}

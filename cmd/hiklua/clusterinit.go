package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/engine"
	"github.com/hiklua/hiklua/runtime/owner"
	"github.com/hiklua/hiklua/runtime/site"
)

func newClusterInitCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [SITE]",
		Short: "Make the secret by which the machines know each other",
		Long: `Makes secrets/cluster (secret_file of cluster: in site.yaml), a key and its
certificate, by which hosts and witnesses know each other, and says what to do
on each machine. It is made once, on one machine: a file that is there is never
written over.`,
		Example: `  {hiklua} cluster init
  {hiklua} cluster init /srv/site`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} run --cluster HOST SITE on each host, and {hiklua} witness NAME SITE on the witness.`),
		RunE:        func(_ *cobra.Command, args []string) error { return a.initCluster(siteArg(args)) },
	}
}

// clusterExample is what site.yaml may have.
const clusterExample = `  cluster:
    hosts: {left: 192.0.2.11, right: 192.0.2.12}
    witnesses: {box: 192.0.2.13}
`

func (a *app) initCluster(dir string) error {
	s, err := a.loadNames(dir)
	if err != nil {
		return err
	}
	c := s.Cluster
	switch {
	case c == nil:
		return &failure{"site.yaml has no cluster: yet: write the machines into it first, such as\n" + clusterExample + "  (docs/cluster.md has the whole way)"}
	case !c.Engine.IsZero():
		return &failure{"the engine of this cluster is one of your own, which has its own logins: there is no secret to make"}
	}
	secret, err := engine.NewSecret()
	if err != nil {
		return &failure{err.Error()}
	}
	path := s.Path(c.SecretFile)
	switch err := writeSecret(path, secret); {
	case errors.Is(err, fs.ErrExist):
		return &failure{path + " is there already, and stays as it is: every machine of the cluster needs this very file"}
	case err != nil:
		return plainFileError(err)
	}
	if err := writeSecret(founderFile(s.Dir), nil); err != nil && !errors.Is(err, fs.ErrExist) {
		return plainFileError(err)
	}
	fmt.Fprintf(a.stdout, "wrote %s: who has it can join the cluster\n", path)
	a.writeClusterSteps(s)
	return nil
}

// founderFile marks the folder in which a cluster was made: it becomes the first
// release, and not that of a host that has little more than site.yaml.
func founderFile(dir string) string { return filepath.Join(dataFolder(dir), "cluster", "founder") }

// writeSecret writes a new file that its owner alone may read. The folder is made.
func writeSecret(path string, secret []byte) error {
	if err := owner.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := owner.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(secret)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path)) // half of it must not stay for the real one
	}
	return nil
}

// writeClusterSteps says what is to be done on each machine.
func (a *app) writeClusterSteps(s *site.Site) {
	c := s.Cluster
	var hosts, witnesses []string
	for _, m := range c.Hosts {
		hosts = append(hosts, fmt.Sprintf("%s (%s)", m.Name, m.Address))
	}
	for _, m := range c.Witnesses {
		witnesses = append(witnesses, fmt.Sprintf("%s (%s)", m.Name, m.Address))
	}
	fmt.Fprintf(a.stdout, "\nNext:\n  copy %s and secrets/ to the other hosts of %s; scripts/ and lib/ of this folder come by themselves\n", site.FileName, strings.Join(hosts, ", "))
	if len(witnesses) > 0 {
		fmt.Fprintf(a.stdout, "  copy %s and %s to %s\n", site.FileName, c.SecretFile, strings.Join(witnesses, ", "))
	}
	fmt.Fprintf(a.stdout, "  open port %d (TCP) between them\n", c.Port)
	fmt.Fprintln(a.stdout, "  then start each, SITE being its folder there:")
	for _, m := range c.Hosts {
		fmt.Fprintf(a.stdout, "  on %s: %s run --cluster %s SITE\n", m.Name, a.name, m.Name)
	}
	for _, m := range c.Witnesses {
		fmt.Fprintf(a.stdout, "  on %s: %s witness %s SITE\n", m.Name, a.name, m.Name)
	}
}

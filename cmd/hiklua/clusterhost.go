package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

// runAsHost runs a site as one host of its cluster, if there is such a host.
func (a *app) runAsHost(ctx context.Context, dir, host string, o runOptions) error {
	if hasSite(host) {
		return &misuse{fmt.Sprintf("--cluster is followed by the name of this host in cluster: of site.yaml, and %q is a site", host), a.name + " run --cluster left " + shellWord(host)}
	}
	s, err := a.loadNames(dir)
	if err != nil {
		return err
	}
	c := s.Cluster
	if c == nil {
		return &misuse{"site.yaml has no cluster:, so one host runs the site, without --cluster", strings.TrimSpace(a.name + " run " + siteWords(s))}
	}
	if _, found := c.Host(host); found {
		return a.runCluster(ctx, dir, host, o)
	}
	if _, found := c.Witness(host); found {
		return &misuse{fmt.Sprintf("%q is a witness of the cluster, not a host", host), strings.TrimSpace(a.name + " witness " + host + " " + siteWords(s))}
	}
	return &misuse{
		fmt.Sprintf("cluster: of site.yaml has no host %q%s", host, hintOrAll(host, c.HostNames())),
		a.runAs(s, nearestOrFirst(host, c.HostNames())),
	}
}

// stateFile has what scripts of a site keep, as far as this machine knows: in a cluster
// the copy of the first share, with which scripts run that name no device.
func stateFile(s *site.Site) string {
	if s.Cluster == nil {
		return filepath.Join(dataFolder(s.Dir), "state.db")
	}
	return filepath.Join(shareFolder(s.Dir, s.ShareNames()[0]), "state.db")
}

// runAs is the command that runs a site as one of its hosts.
func (a *app) runAs(s *site.Site, host string) string {
	return strings.TrimSpace(a.name + " run --cluster " + host + " " + siteWords(s))
}

// siteWords is the folder of a site as an argument; "": it is the current one.
func siteWords(s *site.Site) string {
	if s.Dir == "." {
		return ""
	}
	return shellWord(s.Dir)
}

// hintOrAll ends a message with the name that was meant, or with all that there are.
func hintOrAll(name string, known []string) string {
	if hint := nearest.Hint(name, known); hint != "" {
		return hint
	}
	return "; it has " + strings.Join(known, ", ")
}

func nearestOrFirst(name string, known []string) string {
	if near := nearest.Word(name, known); near != "" {
		return near
	}
	return known[0]
}

// noShare is the error of a command that was given a share where no host holds it.
func (a *app) noShare(share, command string) error {
	return &misuse{fmt.Sprintf("--share %s is for a command that runs in the host of a cluster, and this one does not", share), a.name + " " + command}
}

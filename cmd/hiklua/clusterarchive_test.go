package main

import (
	"strings"
	"testing"
)

// Each share has an archive: verify reads them all, the others need the host that
// knows which are here.
func TestArchiveOfShares(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{
		"site.yaml":                  clusterSite + "archive: {keep: 30d, schedules: [{channels: [\"*/1\"], every: 1h}]}\n",
		"data/archive/east/gate.jpg": "x", "data/archive/west/yard.jpg": "x", "data/archive/north/old.jpg": "x",
		"one/site.yaml":             strings.Replace(clusterSite, "  shares: {east: [gate, \"east-*\"], west: [\"*\"]}\n", "", 1),
		"one/data/archive/gate.jpg": "x",
	})
	s := newLineSession(t)
	wants(t, s.typed("archive verify"), "east/gate.jpg", "west/yard.jpg", "not ok: 2 findings")
	lacks(t, s.out.String(), "north")
	for _, command := range []string{"list", "show", "prune"} {
		s := newLineSession(t)
		s.typed("archive " + command)
		wants(t, s.err.String(), "each share of this site has an archive of its own, and no host runs the site here")
		if s.status != statusFailure {
			t.Errorf("%s: status %d", command, s.status)
		}
	}
	s = newLineSession(t)
	s.typed("archive gaps")
	wants(t, s.err.String(), "no such schedule was followed yet")
	// One share has the archive of a site without a cluster.
	for _, more := range []string{"", "archive: {}\n"} {
		write(t, ".", map[string]string{"one/site.yaml": read(t, "one/site.yaml") + more})
		s = newLineSession(t)
		wants(t, s.typed("archive verify one"), "gate.jpg", "not ok: 1 finding")
	}
}

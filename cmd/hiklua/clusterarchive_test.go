package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/archive/index"
)

// Each share has an archive: verify reads them all.
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
	s = newLineSession(t)
	s.typed("archive gaps")
	wants(t, s.err.String(), "no such schedule was followed on this machine yet", "cluster status")
	// One share has the archive of a site without a cluster.
	for _, more := range []string{"", "archive: {}\n"} {
		write(t, ".", map[string]string{"one/site.yaml": read(t, "one/site.yaml") + more})
		s = newLineSession(t)
		wants(t, s.typed("archive verify one"), "gate.jpg", "not ok: 1 finding")
	}
}

// Without a host the commands go over the archives of all shares.
func TestArchiveOfSharesWithoutHost(t *testing.T) {
	t.Chdir(t.TempDir())
	taken := func(share, device, program string) {
		write(t, ".", map[string]string{"site.yaml": "timezone: UTC\ndevices: {" + device + ": {simulate: ptz}}\narchive: {keep: 30d, path: data/archive/" + share + "}\n"})
		if s, status := typed(t, "exec", "-e", program); status != statusOK {
			t.Fatalf("status %d\n%s%s", status, s.out.String(), s.err.String())
		}
		if err := os.MkdirAll(shareFolder(".", share), 0o755); err != nil {
			t.Fatal(err)
		}
		all, _ := filepath.Glob("data/" + index.FileName + "*")
		for _, name := range all {
			if err := os.Rename(name, filepath.Join(shareFolder(".", share), filepath.Base(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	taken("east", "gate", `hik.snapshot("gate"):archive() hik.sleep("2h") hik.snapshot("gate"):archive{label="alarm"}`)
	taken("west", "yard", `hik.sleep("1h") hik.snapshot("yard"):archive()`)
	write(t, ".", map[string]string{"site.yaml": clusterSite + "archive: {keep: 30d}\n"})
	s, _ := typed(t, "archive", "list", "--json")
	lines := strings.Split(s.out.String(), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], `"east/gate/`) || !strings.Contains(lines[1], `"west/yard/`) || !strings.Contains(lines[2], `"east/gate/`) {
		t.Fatalf("listed:\n%s%s", s.out.String(), s.err.String())
	}
	s, _ = typed(t, "archive", "list", "--last", "1", "--json")
	wants(t, s.out.String(), `"label":"alarm"`)
	s, _ = typed(t, "archive", "show")
	wants(t, s.out.String(), "3 pictures", "gate/1", "yard/1")
	s, _ = typed(t, "archive", "show", "west/yard/1/2026-03-04/13-00-00.jpg")
	wants(t, s.out.String(), "yard")
	s, status := typed(t, "archive", "export", "--to", "all.zip")
	if status != statusOK {
		t.Errorf("export: status %d\n%s%s", status, s.out.String(), s.err.String())
	}
	s, _ = typed(t, "archive", "prune", "--dry-run")
	wants(t, s.out.String(), "nothing has had its time")
}

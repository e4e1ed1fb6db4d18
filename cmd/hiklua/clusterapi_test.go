package main

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/cluster"
)

// What docs/http-api.md shows of a cluster is what its host answers.
func TestHTTPAPIPageCluster(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": clusterSite})
	serveCluster(t, dir, pageCluster{&aCluster{changed: []string{"scripts/night.lua"}}})
	socket := filepath.Join(dir, "data", "control.sock")
	seen := 0
	for _, s := range sections(t, "../../docs/http-api.md") {
		if !strings.Contains(s.names[0], " /api/cluster") {
			continue
		}
		seen++
		command := strings.TrimSpace(blockOf(s.text, "sh"))
		answer := curl(t, socket, command)
		if answer.status != http.StatusOK || !anyFits(values(t, blockOf(s.text, "json"))[0], values(t, string(answer.body))) {
			t.Errorf("%s: %d %s", command, answer.status, answer.body)
		}
	}
	if seen != 4 {
		t.Errorf("%d paths", seen)
	}
}

// pageCluster is one share, as in the page.
type pageCluster struct{ *aCluster }

func (c pageCluster) Status() cluster.Status {
	st := c.aCluster.Status()
	st.Shares = st.Shares[:1]
	st.Shares[0].Name = "site"
	return st
}

// A host that runs its site alone goes on as it was where site.yaml gets a cluster:
// others may drive its devices from then on only when it was stopped.
func TestClusterComesToAHostAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": "devices: {gate: {simulate: ptz}}\n"})
	s := newSession(t)
	s.app.do(func() {
		conf, err := s.app.loadSite(dir, true)
		if err != nil {
			t.Error(err)
			return
		}
		h, err := s.app.newHost(conf, hostOptions{log: slog.New(slog.DiscardHandler), simulate: true, reload: true})
		if err != nil {
			t.Error(err)
			return
		}
		h.Open()
		write(t, dir, map[string]string{"site.yaml": clusterSite})
		h.Sync(context.Background())
		if err := h.SiteError(); err == nil || err.Error() != "site.yaml: cluster: this host runs the site alone: stop it, and start it again with --cluster HOST" {
			t.Errorf("site.yaml is taken over: %v", err)
		}
		if names := h.Site().DeviceNames(); len(names) != 1 {
			t.Errorf("devices %v", names)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
}

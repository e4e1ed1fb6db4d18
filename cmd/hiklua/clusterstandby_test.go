package main

import (
	"bytes"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/hosts"
	"github.com/hiklua/hiklua/runtime/site"
)

// serveStandby has the socket of the site in the current folder answered by the host
// left of its cluster, while right holds all shares.
func serveStandby(t *testing.T) {
	t.Helper()
	s, err := newSession(t).loadNames(".")
	if err != nil {
		t.Fatal(err)
	}
	group := hosts.New(hosts.Config{
		Clock: clock.Real(), Site: func() *site.Site { return s },
		Cluster: func() runtime.ClusterStatus {
			st := runtime.ClusterStatus{Host: "left", Quorum: true}
			for _, name := range s.ShareNames() {
				st.Shares = append(st.Shares, runtime.ShareStatus{Name: name, State: "held", Holder: "right", Term: 7})
			}
			return st
		},
	})
	emit := func(name, rest string) (api.Emitted, error) {
		return emitter{host: group, devices: &simulation{}}.emit(emitRequest{name, rest})
	}
	if err := os.MkdirAll(dataFolder("."), 0o700); err != nil {
		t.Fatal(err)
	}
	answers := api.New(api.Config{Host: group, Emit: emit, Version: version(), Log: slog.DiscardHandler})
	server, err := control.Listen(dataFolder("."), answers.Handler(api.Socket), log.New(&bytes.Buffer{}, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
}

// oneShare is a cluster whose devices are held together.
var oneShare = strings.Replace(clusterSite, "  shares: {east: [gate, \"east-*\"], west: [\"*\"]}\n", "", 1)

// What a host took before another got its share still lies here, and is listed here.
func TestArchiveOfAStandby(t *testing.T) {
	t.Chdir(t.TempDir())
	const keep = "archive: {keep: 30d}\n"
	write(t, ".", map[string]string{"site.yaml": "timezone: UTC\ndevices: {gate: {simulate: ptz}}\n" + keep})
	if s, status := typed(t, "exec", "-e", `hik.snapshot("gate"):archive() hik.sleep("2h") hik.snapshot("gate"):archive{label="alarm"}`); status != statusOK {
		t.Fatalf("status %d\n%s%s", status, s.out.String(), s.err.String())
	}
	write(t, ".", map[string]string{"site.yaml": oneShare + keep})
	serveStandby(t)
	for _, want := range []struct{ line, shown string }{
		{"archive list --label alarm", "gate/1"},
		{"archive show", "2 pictures"},
		{"archive verify", "ok: 2 pictures"},
		{"archive verify --rebuild", "made anew"},
		{"archive prune --dry-run", "no picture goes"},
	} {
		s := newLineSession(t)
		if shown := s.typed(want.line); s.status != statusOK || !strings.Contains(shown, want.shown) {
			t.Errorf("%s: status %d\n%s%s", want.line, s.status, shown, s.err.String())
		}
	}
}

// A rehearsal begins with the state of the cluster, as far as it is here, and not with
// that of the time before.
func TestRehearsalOfACluster(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": "timezone: UTC\ndevices: {gate: {simulate: ptz}}\n"})
	keeps := func(n string) {
		t.Helper()
		if s, status := typed(t, "exec", "-e", "hik.shared_state.n = "+n); status != statusOK {
			t.Fatalf("status %d\n%s%s", status, s.out.String(), s.err.String())
		}
	}
	keeps("7")
	if err := os.MkdirAll(shareFolder(".", site.OneShare), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("data/state.db", filepath.Join(shareFolder(".", site.OneShare), "state.db")); err != nil {
		t.Fatal(err)
	}
	keeps("3")
	write(t, ".", map[string]string{
		"site.yaml":     oneShare,
		"scripts/a.lua": `hik.every("1h", function() if hik.shared_state.n ~= 7 then error("n is " .. tostring(hik.shared_state.n)) end end)`,
	})
	s := newLineSession(t)
	if told := s.typed("rehearse --for 3h"); s.status != statusOK || !strings.Contains(told, "2 runs of jobs") || strings.Contains(told, "n is") {
		t.Errorf("status %d\n%s%s", s.status, told, s.err.String())
	}
}

// A standby says who has what is asked for, and not that there is none.
func TestCommandsOnAStandby(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": oneShare + "archive: {schedules: [{channels: [\"*/1\"], every: 1h}]}\n"})
	serveStandby(t)
	const away = "the site is held by right: ask there (right is at 192.0.2.12)"
	for _, want := range []struct {
		line, said string
		status     int
	}{
		{"jobs", "site held by right", statusOK},
		{"emit shop", "no script on this host listens to that: " + away, statusFailure},
		{"emit gate motion", away, statusFailure},
		{"emit gate offline 2m", away, statusFailure},
		{"job run tour", away, statusFailure},
		{"script hold tour", away, statusFailure},
		{"archive list", "no picture is in the archive", statusOK},
		{"archive gaps", "the host does that which holds the devices", statusOK},
		{"journal", "each host of a cluster has what it did itself", statusOK},
		{"events", "each host of a cluster has what it did itself", statusOK},
	} {
		s := newLineSession(t)
		s.typed(want.line)
		if said := s.out.String() + s.err.String(); s.status != want.status || !strings.Contains(said, want.said) {
			t.Errorf("%s: status %d\n%s", want.line, s.status, said)
		}
	}
}

package rehearsal

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

// Whatever a site has to do with the network, nothing leaves the rehearsal, and
// no file of the site, nor what lies beside it, is touched.
func TestNothingLeaves(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var dials atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			conn.Close()
		}
	}()
	address := listener.Addr().String()
	host, port, _ := net.SplitHostPort(address)
	archive := filepath.Join(t.TempDir(), "pictures")
	s := newSite(t, fmt.Sprintf(`
devices:
  gate: {ip: %s, port: %s, username: a, password: b, channels: {yard: {address: 1}}}
  pinned: {ip: %s, port: %s, scheme: https, tls: pin, username: a, password: b}
archive:
  path: %s
  min_free: 1GB
  copy_to: "s3://bucket?endpoint=http://%s&region=eu-central-1"
  watch: [frozen, dark, blurred]
  schedules: [{channels: [gate/yard], every: 10m}]
notify:
  ops: {webhook: {url: "http://%s/hook"}}
  desk: {mail: {to: a@example.org, from: b@example.org, server: "smtp://%s"}}
`, host, port, host, port, archive, address, address, address), map[string]string{"tells": fmt.Sprintf(`
		hik.every("10m", {name = "tell"}, function()
			hik.notify("ops", "all is well")
			hik.notify("desk", {text = "see", picture = hik.snapshot("gate", 1)})
			local answer = hik.http.post("http://%s/secret-token", {json = {a = 1}})
			print(answer.status, hik.json.encode(answer.json))
			hik.snapshot("pinned", 1):save("shots/last.jpg")
			hik.device{ip = "%s", username = "x", password = "y"}:snapshot(1)
			hik.state.n = (hik.state.n or 0) + 1
		end)`, address, host)})
	if err := os.MkdirAll(filepath.Join(s.Dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	before := tree(t, s.Dir)
	r := rehearse(t, s, time.Hour+time.Second)
	if n := dials.Load(); n > 0 {
		t.Errorf("%d connections to the network", n)
	}
	if tree(t, s.Dir) != before {
		t.Error("the site has changed")
	}
	if _, err := os.Stat(archive); err == nil {
		t.Error("the archive of the site was written to")
	}
	got := text(t, r)
	for _, want := range []string{
		"tells ops: all is well", "tells desk: see", "asks " + address + " by POST", "says: 200 {}",
		" runs of jobs, 12 notifications, 6 requests of hik.http, no errors",
		"archives a picture, " + filepath.ToSlash(archive) + "/gate/1/2026-01-14/",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(got, "secret-token") {
		t.Error("the address of a request is told")
	}
	for a := range r.Timeline.Actions.All() {
		if a.Failed != "" || a.Kind == "error" {
			t.Errorf("%+v", a)
		}
	}
	if t.Failed() {
		t.Log(got[:min(len(got), 4000)])
	}
}

// hik.state begins as the site's, which a running host has open and writes to,
// and stays as it is there. When jobs last ran, and which heads move, is left to
// that host.
func TestStateIsACopy(t *testing.T) {
	s := newSite(t, oneHead, map[string]string{"count": `
		hik.every("10m", {name = "count"}, function()
			hik.state.n = hik.state.n + 1
			print("n is", hik.state.n)
		end)`})
	path := filepath.Join(s.Dir, "data", "state.db")
	running, err := store.Open(path, store.Options{Clock: clock.Real()})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	state := running.Script("count")
	if err := state.Set([]any{"n"}, float64(41)); err != nil {
		t.Fatal(err)
	}
	if err := state.Publish().Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := tree(t, s.Dir)
	r, err := Run(Options{Site: s, From: from, For: 21 * time.Minute, Version: "test", Device: head, State: path, Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, r); !strings.Contains(got, "says: n is 42") || !strings.Contains(got, "says: n is 43") {
		t.Error(got)
	}
	if tree(t, s.Dir) != before {
		t.Error("the site has changed")
	}
	if v, _ := state.Get([]any{"n"}); v != float64(41) {
		t.Error("the state of the site is", v)
	}
}

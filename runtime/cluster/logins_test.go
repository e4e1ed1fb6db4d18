package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// What a device has refused is known on the machine of each host a moment later, and
// what a command has noted on that of the holder counts there.
func TestRefusedLoginsReachAllHosts(t *testing.T) {
	site := strings.Replace(oneDome, "simulate: ptz\n", "simulate: ptz\n    username: admin\n    password: wrong-1\n", 1)
	a := newArena(t, site, nil)
	a.logins = true
	a.cameras["gate"] = sim.New(sim.Options{Name: "gate", Model: sim.PTZ, Clock: a.clk, Username: "admin", Password: "right-1"})
	a.startAll()
	a.run(40 * time.Second)
	first := a.holder("site")
	for _, b := range a.boxes {
		if page := b.read("data/cluster/site/refused-logins"); !strings.Contains(page, `"admin"`) || page != a.box(first).read("data/cluster/site/refused-logins") {
			t.Errorf("%s knows %q", b.name, page)
		}
	}
	a.box(first).kill()
	a.run(30 * time.Second)
	if n := a.cameras["gate"].Counts().RejectedLogins; n < 1 || n > 2 {
		t.Errorf("%d logins were refused", n)
	}
	a.end()
}

// A copy that a disk has not taken is made when the disk takes it.
func TestRefusedLoginsAreNotedWhenTheDiskIsWell(t *testing.T) {
	site := strings.Replace(oneDome, "simulate: ptz\n", "simulate: ptz\n    username: admin\n    password: wrong-1\n", 1)
	a := newArena(t, site, nil)
	a.logins = true
	a.cameras["gate"] = sim.New(sim.Options{Name: "gate", Model: sim.PTZ, Clock: a.clk, Username: "admin", Password: "right-1"})
	a.box("left").write("data/state.db", "") // so that it is the holder
	third := a.box("third")
	third.write("data/cluster/site/refused-logins/in the way", "")
	a.startAll()
	a.run(40 * time.Second)
	if n := strings.Count(a.log.String(), "can't be noted which passwords"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if err := os.RemoveAll(filepath.Join(third.dir, "data", "cluster", "site", "refused-logins")); err != nil {
		t.Fatal(err)
	}
	a.run(5 * time.Second)
	if page := third.read("data/cluster/site/refused-logins"); !strings.Contains(page, `"admin"`) {
		t.Errorf("third knows %q", page)
	}
	a.end()
}

// What a host had noted before it was one of a cluster is known to the next holder.
func TestRefusedLoginsOfAHostAlone(t *testing.T) {
	site := strings.Replace(oneDome, "simulate: ptz\n", "simulate: ptz\n    username: admin\n    password: wrong-1\n", 1)
	began := func(holder, page string) (*arena, string) {
		a := newArena(t, site, nil)
		a.logins = true
		a.cameras["gate"] = sim.New(sim.Options{Name: "gate", Model: sim.PTZ, Clock: a.clk, Username: "admin", Password: "right-1"})
		if holder != "" {
			a.box(holder).write("data/refused-logins", page)
		}
		a.startAll()
		a.run(40 * time.Second)
		return a, a.holder("site")
	}
	a, first := began("", "")
	page := a.box(first).read("data/cluster/site/refused-logins")
	a.end()

	a, holder := began(first, page)
	if holder != first {
		t.Fatalf("%s holds the share first, and then %s", first, holder)
	}
	a.box(first).kill()
	a.run(30 * time.Second)
	if next := a.holder("site"); next == first || next == "" {
		t.Fatalf("%q holds the share after %s", next, first)
	}
	if n := a.cameras["gate"].Counts().RejectedLogins; n != 0 {
		t.Errorf("%d logins were refused", n)
	}
	a.end()
}

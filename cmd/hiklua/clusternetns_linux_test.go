//go:build !race && !nofleet

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// spaces has each member in a network of its own, as machines on one switch.
type spaces struct {
	t  *testing.T
	id string
	n  int
}

func newSpaces(t *testing.T) *spaces {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("for root")
	}
	s := &spaces{t, fmt.Sprintf("hk%x", os.Getpid()&0xffff), 64 + os.Getpid()&63}
	if exec.Command("ip", "netns", "add", s.space("left")).Run() != nil {
		t.Skip("this system has no ip(8), or no network namespaces")
	}
	t.Cleanup(func() {
		for _, name := range trioNames {
			exec.Command("ip", "netns", "del", s.space(name)).Run()
		}
		exec.Command("ip", "link", "del", s.id).Run()
	})
	s.ip("link add %s type bridge", s.id)
	s.ip("address add %s/24 dev %s", s.devices(), s.id)
	s.ip("link set %s up", s.id)
	for i, name := range trioNames {
		if i > 0 {
			s.ip("netns add %s", s.space(name))
		}
		s.ip("link add %s type veth peer name eth0 netns %s", s.wire(name), s.space(name))
		s.ip("link set %s master %s up", s.wire(name), s.id)
		s.ip("-n %s address add %s/24 dev eth0", s.space(name), s.address(name, name))
		s.ip("-n %s link set eth0 up", s.space(name))
		s.ip("-n %s link set lo up", s.space(name))
	}
	return s
}

func (s *spaces) ip(format string, args ...any) {
	s.t.Helper()
	line := fmt.Sprintf(format, args...)
	if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
		s.t.Fatalf("ip %s: %v %s", line, err, out)
	}
}

func (s *spaces) space(name string) string { return s.id + name }
func (s *spaces) wire(name string) string  { return s.id + "w" + name[:1] }
func (s *spaces) devices() string          { return fmt.Sprintf("10.%d.7.254", s.n) }
func (s *spaces) port() string             { return "7423" }

func (s *spaces) address(_, to string) string {
	return fmt.Sprintf("10.%d.7.%d", s.n, strings.Index("lrb", to[:1])+1)
}

func (s *spaces) wrap(name string, args []string) []string {
	return append([]string{"ip", "netns", "exec", s.space(name)}, args...)
}

// cut has a member reach no other, but the devices.
func (s *spaces) cut(name string, cut bool) {
	for _, other := range trioNames {
		if other != name {
			s.away(name, s.address(name, other), cut)
		}
	}
}

// away has nothing that a member sends reach an address.
func (s *spaces) away(name, address string, cut bool) {
	word := map[bool]string{true: "add", false: "del"}[cut]
	s.ip("-n %s route %s blackhole %s/32", s.space(name), word, address)
}

// link has the wire of a member plugged in or not.
func (s *spaces) link(name string, up bool) {
	s.ip("link set %s %s", s.wire(name), map[bool]string{true: "up", false: "down"}[up])
}

// TestClusterNetworks is TestClusterRounds with what only networks of their own can
// show: packets that lie in a socket when the wire is unplugged.
func TestClusterNetworks(t *testing.T) {
	if *rounds <= 3 {
		t.Skip("for -rounds")
	}
	s := newSpaces(t)
	c := newTrio(t, s, "8s", trioScript)
	c.gate.Raise(sim.Alert{Type: "motion", Channel: 1})
	for _, name := range trioNames {
		c.members[name].start()
	}
	freezer := ""
	kill, start := killAndStart()
	for i, g := range []grief{
		{name: "wire unplugged", victim: holderOf,
			do:   func(_ *trio, m *voter) { s.link(m.name, false) },
			mend: func(_ *trio, m *voter) { s.link(m.name, true) }},
		{name: "power lost", victim: holderOf,
			do:   func(c *trio, m *voter) { s.link(m.name, false); kill(c, m) },
			mend: func(c *trio, m *voter) { s.link(m.name, true); start(c, m) }},
		{name: "cut off from the cluster", victim: holderOf,
			do:   func(_ *trio, m *voter) { s.cut(m.name, true) },
			mend: func(_ *trio, m *voter) { s.cut(m.name, false) }},
		{name: "frozen", victim: holderOf,
			do: func(c *trio, m *voter) { freezer = freeze(c.t, m) },
			mend: func(c *trio, m *voter) {
				if st := m.ends(); !st.Signaled() {
					c.t.Errorf("a frozen host ended with %v", st)
				}
				os.Remove(freezer) // "": there is none
				start(c, m)
			}},
	} {
		c.round(i+1, g)
		// What a socket of the former holder still has would come now.
		time.Sleep(3 * time.Second)
	}
	holder, standby, _ := c.wholeAgain()
	c.judge()

	// A device that the holder alone does not reach stays with it.
	s.away(holder.name, s.devices(), true)
	time.Sleep(15 * time.Second)
	st, _ := standby.status()
	if st.Shares[0].Holder != holder.name {
		t.Errorf("the share went from %s, which does not reach the devices, to %s", holder.name, st.Shares[0].Holder)
	}
	s.away(holder.name, s.devices(), false)
	c.counts(holder.name, time.Now(), patience)
}

// freeze freezes a member as a container is that is paused, and returns its group.
func freeze(t *testing.T, m *voter) (group string) {
	t.Helper()
	for _, tree := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		group = filepath.Join(tree, m.places.(*spaces).id+m.name)
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		var err error
		for _, line := range []string{fmt.Sprint("cgroup.procs ", m.cmd.Process.Pid), "cgroup.freeze 1"} {
			file, text, _ := strings.Cut(line, " ")
			if _, missing := os.Stat(filepath.Join(group, file)); missing != nil {
				err = missing
			} else if err == nil {
				err = os.WriteFile(filepath.Join(group, file), []byte(text), 0)
			}
		}
		if err == nil {
			return group
		}
		t.Log(err)
		os.Remove(group)
	}
	t.Log("this system can't freeze a group: the process is stopped instead")
	m.signal(syscall.SIGSTOP)
	return ""
}

//go:build !race && !nofleet

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/cluster"
)

// trio is two hosts and a witness, each a process of its own, and the devices that
// they drive. Between every two of them, and before the devices, the way can be cut.
type trio struct {
	t       *testing.T
	dir     string
	members map[string]*voter
	places  places
	door    *door
	gate    *sim.Device // counts
	yard    *sim.Device // has a head that moves
	struck  []time.Time // when a holder was lost that could end nothing
}

// voter is one process of the cluster.
type voter struct {
	*trio
	name   string
	dir    string
	args   []string
	env    []string
	cmd    *exec.Cmd
	log    string // file
	ended  chan struct{}
	starts int
}

// places is where the members of a trio are.
type places interface {
	// address is that by which a member knows itself or another, devices that of the
	// simulated ones.
	address(from, to string) string
	devices() string
	port() string // of the routes
	// wrap is what a program of a member is started by.
	wrap(member string, args []string) []string
	// cut cuts a member off from the others, or mends that.
	cut(member string, cut bool)
}

var trioNames = []string{"left", "right", "box"}

const trioSite = `timezone: UTC
devices:
  gate: {ip: DOOR, port: GATE, username: "${HOST_USER}", password: simulated}
  yard: {ip: DOOR, port: YARD, username: "${HOST_USER}", password: simulated}
cluster:
  hosts: {left: "${LEFT}", right: "${RIGHT}"}
  witnesses: {box: "${BOX}"}
  port: PORT
  lease: LEASE
`

// newTrio makes folders and devices; nothing runs yet. Each host logs in to the
// devices under its own name, which their journals then have.
func newTrio(t *testing.T, at places, lease, script string) *trio {
	t.Helper()
	c := &trio{t: t, dir: t.TempDir(), members: map[string]*voter{}, places: at}
	users := []sim.User{{Name: "left", Password: "simulated", Level: "Administrator"}, {Name: "right", Password: "simulated", Level: "Administrator"}}
	c.gate = sim.New(sim.Options{Model: sim.PTZ, Clock: clock.Real(), Users: users, JournalSize: 100_000, Name: "GATE"})
	c.yard = sim.New(sim.Options{Model: sim.PTZ, Clock: clock.Real(), Users: users, JournalSize: 100_000, Name: "YARD"})
	c.door = newDoor()
	gatePort, yardPort := c.door.serve(t, at.devices()+":0", c.gate), c.door.serve(t, at.devices()+":0", c.yard)
	text := strings.NewReplacer("DOOR", at.devices(), "GATE", gatePort, "YARD", yardPort, "PORT", at.port(), "LEASE", lease).Replace(trioSite)
	for _, name := range trioNames {
		m := &voter{trio: c, name: name, dir: filepath.Join(c.dir, name), log: filepath.Join(c.dir, name+".log"), args: []string{"run", "--cluster", name}}
		write(t, m.dir, map[string]string{"site.yaml": text})
		if name == "box" {
			m.args = []string{"witness", name}
		}
		m.env = append(os.Environ(), beProgram+"=1", "HOST_USER="+name, advertised+"=127.0.0.1:1")
		for _, to := range trioNames {
			m.env = append(m.env, strings.ToUpper(to)+"="+at.address(name, to))
		}
		c.members[name] = m
	}
	write(t, c.members["left"].dir, map[string]string{"scripts/site.lua": script})
	left := c.members["left"]
	if out, err := left.program("cluster", "init").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	secret, err := os.ReadFile(filepath.Join(left.dir, "secrets", "cluster"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"right", "box"} {
		write(t, c.members[name].dir, map[string]string{"secrets/cluster": string(secret)})
		if err := os.Chmod(filepath.Join(c.members[name].dir, "secrets", "cluster"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, name := range trioNames {
			c.members[name].kill()
		}
		if t.Failed() {
			for _, name := range trioNames {
				text, _ := os.ReadFile(c.members[name].log)
				t.Logf("%s:\n%s", name, text)
			}
		}
	})
	return c
}

// loopback has the members at addresses of their own of this machine, and between
// every two of them a way that can be cut.
type loopback struct {
	net   string // its three first numbers
	route string
	ways  map[string]*way // "FROM TO"
}

func newLoopback(t *testing.T) *loopback {
	t.Helper()
	l := &loopback{net: ownNet(), ways: map[string]*way{}}
	l.route = freePort(t, l.net+".1")
	for _, from := range trioNames {
		for _, to := range trioNames {
			if from != to {
				l.ways[from+" "+to] = newWay(t, l.address(from, to)+":"+l.route, l.address(to, to)+":"+l.route)
			}
		}
	}
	return l
}

func (l *loopback) address(from, to string) string {
	i, j := slices.Index(trioNames, from)+1, slices.Index(trioNames, to)+1
	if i == j {
		return fmt.Sprintf("%s.%d", l.net, j)
	}
	return fmt.Sprintf("%s.%d%d", l.net, i, j)
}

func (l *loopback) devices() string                       { return l.net + ".100" }
func (l *loopback) port() string                          { return l.route }
func (l *loopback) wrap(_ string, args []string) []string { return args }

func (l *loopback) cut(name string, cut bool) {
	for _, other := range trioNames {
		if other != name {
			l.ways[name+" "+other].set(cut)
			l.ways[other+" "+name].set(cut)
		}
	}
}

// ownNet is a part of 127.0.0.0/8 that no other process of these tests has.
func ownNet() string {
	n := os.Getpid()
	return fmt.Sprintf("127.%d.%d", 64+n>>8&63, n&255)
}

func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// program is the program in the folder of a member.
func (m *voter) program(args ...string) *exec.Cmd {
	args = m.places.wrap(m.name, append([]string{os.Args[0]}, args...))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = m.dir, m.env
	return cmd
}

// start starts the member.
func (m *voter) start() {
	m.t.Helper()
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer log.Close()
	fmt.Fprintf(log, "-- start %d\n", m.starts)
	m.starts++
	m.cmd = m.program(m.args...)
	m.cmd.Stderr, m.cmd.Stdout = log, log
	// A test that dies leaves no process behind.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	cmd, ended := m.cmd, make(chan struct{})
	m.ended = ended
	go func() {
		cmd.Wait()
		close(ended)
	}()
}

func (m *voter) signal(s os.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Fatal(m.name, err)
	}
}

// kill ends the process, if it runs, as the loss of power does.
func (m *voter) kill() {
	if m.ended == nil {
		return
	}
	m.cmd.Process.Kill()
	<-m.ended
}

// ends waits for the end of the process.
func (m *voter) ends() syscall.WaitStatus {
	m.t.Helper()
	select {
	case <-m.ended:
	case <-time.After(patience):
		m.t.Fatalf("%s does not end", m.name)
	}
	return m.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// status is what a host says of its cluster; false: it does not answer.
func (m *voter) status() (st cluster.Status, ok bool) {
	ctx, cancel := context.WithTimeout(m.t.Context(), 10*time.Second)
	defer cancel()
	client, err := api.Dial(ctx, dataFolder(m.dir), version())
	if err != nil {
		return st, false
	}
	defer client.Close()
	st, err = client.ClusterStatus(ctx)
	return st, err == nil
}

// until waits for something that a host is to say of the cluster.
func (m *voter) until(what string, good func(cluster.Status) bool) cluster.Status {
	m.t.Helper()
	for late := clock.NewStopwatch(); ; time.Sleep(200 * time.Millisecond) {
		st, ok := m.status()
		if ok && good(st) {
			return st
		}
		if late.Elapsed() > patience {
			m.t.Fatalf("%s: not %s: %+v", m.name, what, st)
		}
	}
}

// whole reports whether all members are there and a share is held.
func whole(st cluster.Status) bool {
	return st.Engine.Quorum && st.Engine.Leader != "" && len(st.Shares) > 0 && st.Shares[0].State == cluster.ShareHeld &&
		!slices.ContainsFunc(st.Engine.Members, func(m cluster.MemberStatus) bool { return !m.Up }) &&
		!slices.ContainsFunc(st.Hosts, func(h cluster.HostStatus) bool { return !h.Up })
}

// wholeAgain waits until both hosts see the whole cluster, and agree who leads; the
// holder steps aside.
func (c *trio) wholeAgain() (holder, standby, leader *voter) {
	c.t.Helper()
	for late := clock.NewStopwatch(); ; time.Sleep(200 * time.Millisecond) {
		a := c.members["left"].until("whole", whole)
		b := c.members["right"].until("whole", whole)
		if a.Engine.Leader == b.Engine.Leader && a.Engine.Leader != a.Shares[0].Holder && a.Shares[0].Holder == b.Shares[0].Holder {
			holder = c.members[a.Shares[0].Holder]
			standby = c.members["left"]
			if holder == standby {
				standby = c.members["right"]
			}
			return holder, standby, c.members[a.Engine.Leader]
		}
		if late.Elapsed() > patience {
			c.t.Fatalf("the hosts do not agree: %+v\n%+v", a, b)
		}
	}
}

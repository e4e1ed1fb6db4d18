package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/site"
)

const clusterSite = `devices:
  gate: {simulate: ptz}
  east-1: {ip: 192.0.2.1, username: a, password: "${NOT_SET}"}
  yard: {simulate: ptz}
cluster:
  hosts: {left: 192.0.2.11, right: 192.0.2.12}
  witnesses: {box: 192.0.2.13}
  shares: {east: [gate, "east-*"], west: ["*"]}
`

// aCluster answers as the host of a cluster does.
type aCluster struct {
	asked   []string
	changed []string
	refuses error
}

func (c *aCluster) Status() cluster.Status {
	at, second, ago := begin, begin.Add(2*time.Second), 0.4
	old := 0.9
	return cluster.Status{
		Host: "left",
		Engine: cluster.EngineStatus{Leader: "box", Quorum: true, Members: []cluster.MemberStatus{
			{Name: "box", Role: cluster.RoleWitness, Up: true, Since: &at}, {Name: "left", Role: cluster.RoleHost, Up: true, Since: &at}, {Name: "right", Role: cluster.RoleHost, Up: true, Since: &second},
		}},
		Release: cluster.ReleaseStatus{Number: 3, Host: "left", At: &at, Edited: []string{}},
		Shares: []cluster.ShareStatus{
			{Name: "east", Devices: []string{"gate", "east-1"}, State: cluster.ShareHeld, Holder: "left", Term: 12, Renewed: &ago},
			{Name: "west", Devices: []string{"yard"}, State: cluster.ShareHeld, Holder: "right", Term: 9, Renewed: &old},
		},
		Hosts: []cluster.HostStatus{{Name: "left", Up: true, Shares: []string{"east"}, Unreached: []string{}}, {Name: "right", Up: true, Shares: []string{"west"}, Unreached: []string{}}},
	}
}

func (c *aCluster) Move(_ context.Context, share, host string) error {
	c.asked = append(c.asked, "move "+share+" "+host)
	return c.refuses
}

func (c *aCluster) Release(context.Context) (uint64, []string, error) {
	c.asked = append(c.asked, "release")
	return 4, c.changed, c.refuses
}

func (c *aCluster) Leave(_ context.Context, host string) error {
	c.asked = append(c.asked, "leave "+host)
	return c.refuses
}

// serveCluster has the socket of the site in dir answered for a cluster.
func serveCluster(t *testing.T, dir string, c api.Cluster) {
	t.Helper()
	if err := os.MkdirAll(dataFolder(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	answers := api.New(api.Config{Cluster: c, Version: version(), Log: slog.DiscardHandler})
	server, err := control.Listen(dataFolder(dir), answers.Handler(api.Socket), log.New(&bytes.Buffer{}, "", 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
}

// lineSession is a session that types lines as they stand.
type lineSession struct {
	*session
	status int // of the last line
}

func newLineSession(t *testing.T) *lineSession { return &lineSession{session: newSession(t)} }

// typed types a line without quotes and returns what is printed.
func (s *lineSession) typed(line string) string {
	s.status = s.run(context.Background(), strings.Fields(line)...)
	return s.out.String()
}

// What docs/commands.md shows of cluster status is what it prints, and what the
// other commands say.
func TestClusterCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": clusterSite})
	c := &aCluster{}
	serveCluster(t, ".", c)
	type ran struct {
		line, out, err string
		status         int
	}
	_, page, _ := strings.Cut(read(t, docsPage("commands.md")), "$ hiklua cluster status\n")
	page, _, _ = strings.Cut(page, "```")
	for _, want := range []ran{
		{"cluster status", page, "", statusOK},
		{"cluster move east right", "right holds east\n", "", statusOK},
		{"cluster move east rigth", "", "the cluster has no host \"rigth\" (did you mean \"right\"?)\n", statusFailure},
		{"cluster move north right .", "", "the cluster has no share \"north\" (there are east, west)\n", statusFailure},
		{"cluster release", "the cluster runs this folder: release 4\n", "", statusOK},
		{"cluster leave right", "right hands over what it holds, and takes nothing until it is started again\n", "", statusOK},
		{"cluster leave former", "former has no vote any more\n", "", statusOK},
		{"cluster", "", "error: cluster is followed by init, status, move, release or leave\ntry: hiklua cluster status\n", statusMisuse},
		{"cluster stauts", "", "error: cluster has no command \"stauts\" (did you mean \"status\"?)\ntry: hiklua cluster status\n", statusMisuse},
		{"cluster move east", "", "error: cluster move is followed by a share and the host that is to hold it\ntry: hiklua cluster move east right\n", statusMisuse},
		{"cluster leave", "", "error: cluster leave is followed by the name of a host\ntry: hiklua cluster leave right\n", statusMisuse},
		{"cluster leave right . x", "", "error: leave takes at most 2 arguments: \"x\" is too much\ntry: hiklua cluster leave HOST [SITE]\n", statusMisuse},
	} {
		s := newLineSession(t)
		if got := (ran{want.line, s.typed(want.line), s.err.String(), s.status}); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	c.changed = []string{"scripts/a.lua", "site.yaml"}
	s := newLineSession(t)
	if out := s.typed("cluster release"); out != "release 4: scripts/a.lua, site.yaml\n" {
		t.Errorf("%q", out)
	}
	c.refuses = errors.New("edited here and changed meanwhile: scripts/a.lua")
	s = newLineSession(t)
	if s.typed("cluster release"); s.status != statusFailure || !strings.Contains(s.err.String(), "edited here and changed meanwhile") {
		t.Errorf("%d %s", s.status, s.err.String())
	}
	if asked := strings.Join(c.asked, "; "); asked != "move east right; release; leave right; leave former; release; release" {
		t.Errorf("asked for %s", asked)
	}
	var st cluster.Status
	s = newLineSession(t)
	if err := json.Unmarshal([]byte(s.typed("cluster status --json")), &st); err != nil || st.Shares[1].Term != 9 {
		t.Errorf("%v %s", err, s.out.String())
	}
}

// docsPage is a page of docs/ from wherever a test is.
func docsPage(name string) string {
	_, file, _, _ := goruntime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "docs", name)
}

// What is wrong comes first, and in status --check.
func TestClusterThatFares(t *testing.T) {
	st := (&aCluster{}).Status()
	st.Engine.Quorum, st.Engine.Leader = false, ""
	st.Engine.Members[2].Up, st.Hosts[1].Up = false, false
	s := newLineSession(t)
	s.writeCluster(st)
	wants(t, s.out.String(), "NOT READY: those that answer have no leader yet; at its very first start a cluster needs all of its machines, later a majority: right does not answer")
	st.Engine.Members[0].Up = false
	st.Release.Refused, st.Release.Edited = "site.yaml:3: no device", []string{"scripts/a.lua"}
	st.Hosts[0].Unreached, st.Hosts[0].Left = []string{"gate", "yard"}, true
	st.Shares[0].State, st.Shares[0].Wanted = cluster.ShareWaning, "right"
	st.Shares[1].State, st.Shares[1].Renewed = cluster.ShareNobody, nil
	s.out.Reset()
	s.writeCluster(st)
	wants(t, s.out.String(), "NO MAJORITY: a majority of hosts and witnesses does not answer", "RELEASE NOT RUN: site.yaml:3: no device",
		"edited in this folder, and not released: scripts/a.lua (hiklua cluster release)", "waning, due to move to right", "nobody", "not heard since", "has left: takes nothing until it is started again", "left can't reach gate, yard")
	if strings.Contains(s.out.String(), "leads") {
		t.Errorf("somebody leads:\n%s", s.out.String())
	}

	block := &runtime.ClusterStatus{Host: "left", Quorum: true, Shares: []runtime.ShareStatus{
		{Name: "east", State: cluster.ShareHeld, Holder: "left", Term: 12}, {Name: "west", State: cluster.ShareNobody, Holder: "right", Term: 9}, {Name: "north", State: cluster.ShareWaning, Holder: "left", Term: 2}}}
	if line := clusterLine(block); line != "host left of a cluster: east held by left (term 12), west nobody (term 9), north waning by left (term 2)\n" {
		t.Error(line)
	}
	if line := clusterLine(&runtime.ClusterStatus{Host: "left"}); line != "host left of a cluster: no release yet, and no host drives anything\n" {
		t.Error(line)
	}
	_, bad := findings(runtime.Status{Cluster: block})
	if got := strings.Join(bad, "; "); got != "no host drives the devices of share west; the lease of share north is not confirmed: its heads are stopped" {
		t.Error(got)
	}
	block.Quorum = false
	if _, bad = findings(runtime.Status{Cluster: block}); len(bad) != 2 || !strings.HasPrefix(bad[0], "a majority of hosts and witnesses does not answer") {
		t.Error(bad)
	}
}

// cluster init makes the secret once, for its owner alone, and says what is next.
func TestClusterInit(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": clusterSite, "alone/site.yaml": "devices: {}\n", "own/site.yaml": "devices: {}\ncluster: {hosts: {left: h}, engine: nats://h}\n"})
	s := newLineSession(t)
	wants(t, s.typed("cluster init"), "wrote secrets/cluster: who has it can join the cluster", "copy site.yaml and secrets/ to the other hosts of left (192.0.2.11), right (192.0.2.12); scripts/ and lib/ of this folder come by themselves",
		"copy site.yaml and secrets/cluster to box (192.0.2.13)", "open port 7423", "on right: hiklua run --cluster right SITE", "on box: hiklua witness box SITE")
	made, err := os.ReadFile("secrets/cluster")
	if err != nil || s.status != statusOK || !bytes.Contains(made, []byte("PRIVATE KEY")) {
		t.Fatalf("%d %v %s", s.status, err, s.err.String())
	}
	if strings.Contains(s.out.String(), "PRIVATE") {
		t.Error("the secret is shown")
	}
	if info, _ := os.Stat("secrets/cluster"); goruntime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	s = newLineSession(t)
	s.typed("cluster init")
	again, _ := os.ReadFile("secrets/cluster")
	if s.status != statusFailure || !bytes.Equal(made, again) {
		t.Errorf("a second time: %d %s", s.status, s.out.String())
	}
	wants(t, s.err.String(), "secrets/cluster is there already, and stays as it is")
	for dir, want := range map[string]string{"alone": "site.yaml has no cluster: yet", "own": "the engine of this cluster is one of your own"} {
		s := newLineSession(t)
		s.typed("cluster init " + dir)
		wants(t, s.err.String(), want)
		if _, err := os.Stat(filepath.Join(dir, "secrets")); err == nil || s.status != statusFailure {
			t.Errorf("%s: status %d, %v", dir, s.status, err)
		}
	}
}

// Machines that were copied from one image have one machine-id, and their site may lie
// in the same place: they are two hosts all the same.
func TestCopiedMachinesAreTwoHosts(t *testing.T) {
	dir := t.TempDir()
	left := hostID(dir, "left")
	if left == hostID(dir, "right") {
		t.Error("a host takes the share of the other as that of its own former process")
	}
	if again := hostID(dir, "left"); left != again {
		t.Error("a host is another after each start")
	}
}

// A name that was typed on the machine of another member is found by its address.
func TestMemberOfThisMachine(t *testing.T) {
	c := &site.Cluster{Hosts: []site.Member{{Name: "left", Address: "192.0.2.11"}, {Name: "right", Address: "right.example"}}, Witnesses: []site.Member{{Name: "box", Address: "127.0.0.1"}}}
	addresses := func(all ...string) (list []net.Addr) {
		for _, a := range all {
			list = append(list, &net.IPNet{IP: net.ParseIP(a)})
		}
		return list
	}
	for _, test := range []struct {
		name  string
		addrs []net.Addr
		want  string
	}{
		{"left", addresses("127.0.0.1", "192.0.2.11"), ""},
		{"right", addresses("127.0.0.1", "192.0.2.11"), "left"},
		{"box", addresses("127.0.0.1", "10.0.0.1", "192.0.2.11"), "left"},
		{"left", addresses("127.0.0.1", "10.0.0.1"), ""},
		{"left", nil, ""},
	} {
		if got := memberHere(c, test.name, test.addrs).Name; got != test.want {
			t.Errorf("%s on %v: %q, want %q", test.name, test.addrs, got, test.want)
		}
	}
}

// A site with a cluster is not driven past its hosts, and names that are wrong are
// told with the one that was meant.
func TestClusterIsNotRunAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": strings.Replace(clusterSite, `"${NOT_SET}"`, "p", 1), "alone/site.yaml": "devices: {}\n", "bare/site.yaml": "devices: {}\ncluster: {hosts: {left: h}, engine: nats://h}\n"})
	const past = "error: site.yaml has cluster:, and past its hosts a head could be moved by two at once: exec and repl need the host that runs here, or --simulate\ntry: hiklua run --cluster left\n"
	for line, want := range map[string]string{
		"run":                               "error: site.yaml has cluster:, so this machine runs the site as one of left, right: --cluster says which\ntry: hiklua run --cluster left\n",
		"run --simulate":                    "error: site.yaml has cluster:, so this machine runs the site as one of left, right: --cluster says which\ntry: hiklua run --cluster left\n",
		"run alone --cluster left":          "error: site.yaml has no cluster:, so one host runs the site, without --cluster\ntry: hiklua run alone\n",
		"run --cluster rihgt":               "error: cluster: of site.yaml has no host \"rihgt\" (did you mean \"right\"?)\ntry: hiklua run --cluster right\n",
		"run --cluster none":                "error: cluster: of site.yaml has no host \"none\"; it has left, right\ntry: hiklua run --cluster left\n",
		"run --cluster bare":                "error: --cluster is followed by the name of this host in cluster: of site.yaml, and \"bare\" is a site\ntry: hiklua run --cluster left bare\n",
		"witness bare":                      "error: witness is followed by its name in cluster: of site.yaml, and \"bare\" is a site\ntry: hiklua witness box bare\n",
		"run --cluster box":                 "error: \"box\" is a witness of the cluster, not a host\ntry: hiklua witness box\n",
		"exec -e print(1)":                  past,
		"exec --alone -e print(1)":          past,
		"repl":                              past,
		"exec --share east --simulate -e 1": "error: --share east is for a command that runs in the host of a cluster, and this one does not\ntry: hiklua exec\n",
		"repl --share east --simulate":      "error: --share east is for a command that runs in the host of a cluster, and this one does not\ntry: hiklua repl\n",
		"repl --alone":                      past,
		"witness":                           "error: which witness? witness is followed by its name in cluster: of site.yaml\ntry: hiklua witness box\n",
		"witness bxo":                       "error: cluster: of site.yaml has no witness \"bxo\" (did you mean \"box\"?)\ntry: hiklua witness box\n",
		"witness left":                      "error: \"left\" is a host of the cluster, not a witness\ntry: hiklua run --cluster left\n",
		"witness box bare":                  "error: the cluster of site.yaml has no witnesses\ntry: hiklua check bare\n",
	} {
		s := newLineSession(t)
		if s.typed(line); s.err.String() != want || s.status != statusMisuse {
			t.Errorf("%s: %d\ngot  %s\nwant %s", line, s.status, s.err.String(), want)
		}
	}
	for _, line := range []string{"exec --simulate -e print(1)", "exec --simulate --device http://x -e print(1)"} {
		s := newLineSession(t)
		if out := s.typed(line); out != "1\n" || s.status != statusOK {
			t.Errorf("%s: %d %s%s", line, s.status, out, s.err.String())
		}
	}
	s := newLineSession(t)
	s.typed("witness box alone")
	wants(t, s.err.String(), "site.yaml has no cluster: yet")
	s = newLineSession(t)
	s.typed("witness box")
	wants(t, s.err.String(), "secrets/cluster is not there")
}

// check tells what the cluster is made of, and where scripts run.
func TestCheckOfACluster(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{
		"site.yaml":          clusterSite,
		"scripts/close.lua":  `hik.cron("@daily", function() hik.preset("yard", 1) end)`,
		"scripts/count.lua":  `hik.cron("@daily", function() print(#hik.devices()) end)`,
		"scripts/patrol.lua": `hik.cron("@daily", function() hik.preset("gate", 1) end)`,
	})
	s := newLineSession(t)
	_, page, _ := strings.Cut(read(t, docsPage("commands.md")), "$ hiklua check harbour\n")
	page, _, _ = strings.Cut(page, "```")
	if out := s.typed("check --simulate"); out != page || s.status != statusOK {
		t.Errorf("%d\n%s\nand docs/commands.md has\n%s", s.status, out, page)
	}
	write(t, ".", map[string]string{"scripts/close.lua": "hik.cron('@daily', function() hik.preset('yard', 1) hik.preset('gate', 1) end)"})
	s = newLineSession(t)
	s.typed("check --simulate")
	wants(t, s.out.String(), `scripts/close.lua:1:64: the script names devices of two shares: "gate" of share east here, and "yard" of share west at scripts/close.lua:1:42`)
	lacks(t, s.out.String(), "ok:", "SHARE")
	if s.status != statusFailure {
		t.Errorf("status %d", s.status)
	}
}

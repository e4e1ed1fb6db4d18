package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// manyShares is a site of so many shares, each of a dome: s0 has gate0.
func manyShares(n int) string {
	var shares []string
	devices := "devices:\n"
	for i := range n {
		shares = append(shares, fmt.Sprintf("s%d: [gate%d]", i, i))
		devices += fmt.Sprintf("  gate%d:\n    simulate: ptz\n    channels:\n      yard%d: {address: 1}\n", i, i)
	}
	return clusterOf + "  shares: {" + strings.Join(shares, ", ") + "}\n" + devices
}

// holders counts the shares of each host.
func (a *arena) holders(n int) map[string]int {
	a.t.Helper()
	count := make(map[string]int)
	for i := range n {
		count[a.holder(fmt.Sprintf("s%d", i))]++
	}
	return count
}

func TestSharesSpreadAndMoveWithTheHosts(t *testing.T) {
	notUnderRace(t)
	const n = 12
	a := newArena(t, manyShares(n), map[string]string{
		"scripts/each.lua": `hik.every("5s", function() for _, d in ipairs(hik.devices()) do print(d.name) end end)`,
		"scripts/one.lua":  `local d = hik.device("gate3") hik.every("5s", function() print(d.name) end)`,
		"scripts/none.lua": `hik.every("5s", function() print("once") end)`,
	})
	a.startAll()
	a.run(40 * time.Second)
	count := a.holders(n)
	if count[""] != 0 || count["left"] < 2 || count["right"] < 2 || count["third"] < 2 {
		t.Fatalf("the shares are spread so: %v\n%s", count, a.log)
	}
	a.printed = nil
	a.run(5 * time.Second)
	if got := a.lines("each"); len(got) != n {
		t.Errorf("the script that goes over all devices printed %q", got)
	}
	if got := a.lines("one"); len(got) != 1 || got[0] != a.holder("s3")+" gate3" {
		t.Errorf("the script of gate3 printed %q", got)
	}
	if got := a.lines("none"); len(got) != 1 || got[0] != a.holder("s0")+" once" {
		t.Errorf("the script without a device printed %q", got)
	}
	before := make(map[string]string)
	for i := range n {
		before[fmt.Sprintf("s%d", i)] = a.holder(fmt.Sprintf("s%d", i))
	}
	a.box("left").kill()
	a.run(15 * time.Second)
	for s, was := range before {
		is := a.holder(s)
		if is == "" || is == "left" || was != "left" && is != was {
			t.Errorf("%s went from %s to %q", s, was, is)
		}
	}
	// What it had it gets back, after a minute and one by one.
	a.box("left").restart()
	a.run(55 * time.Second)
	if count := a.holders(n); count["left"] != 0 || count[""] != 0 {
		t.Errorf("55 s after left is back: %v", count)
	}
	a.run(15 * time.Second)
	if count := a.holders(n); count["left"] == 0 || count["left"] > 4 {
		t.Errorf("70 s after left is back: %v", count)
	}
	a.run(2 * time.Minute)
	for s, was := range before {
		if is := a.holder(s); is != was {
			t.Errorf("%s is held by %s, before it was %s", s, is, was)
		}
	}
	a.judge()
}

func TestMoveAndLeave(t *testing.T) {
	notUnderRace(t)
	const n = 6
	a := newArena(t, manyShares(n), nil)
	a.startAll()
	a.run(30 * time.Second)
	from := a.holder("s0")
	to := a.another(from).name
	asked := a.another(from, to)
	var err error
	a.do(30*time.Second, func() { err = asked.process.member.Move(context.Background(), "s0", to) })
	if now := a.holder("s0"); err != nil || now != to {
		t.Fatalf("s0 is held by %q: %v\n%s", now, err, a.log)
	}
	a.run(3 * time.Minute)
	if now := a.holder("s0"); now != to {
		t.Errorf("s0 went to %q by itself", now)
	}
	for _, wrong := range []struct{ share, host, says string }{
		{"nothing", to, "there is no share"}, {"s0", "nowhere", "there is no host"},
	} {
		a.do(30*time.Second, func() { err = asked.process.member.Move(context.Background(), wrong.share, wrong.host) })
		if err == nil || !strings.Contains(err.Error(), wrong.says) {
			t.Errorf("move %s %s: %v", wrong.share, wrong.host, err)
		}
	}
	for host, says := range map[string]string{"former": "", "nowhere": "nowhere is not in cluster: of site.yaml, and its vote could not be taken: nowhere has no vote"} {
		a.do(30*time.Second, func() { err = asked.process.member.Leave(context.Background(), host) })
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("leave %s: %v", host, err)
		}
	}
	a.do(30*time.Second, func() { err = asked.process.member.Leave(context.Background(), to) })
	if err != nil {
		t.Fatal(err)
	}
	a.run(20 * time.Second)
	if count := a.holders(n); count[to] != 0 || count[""] != 0 {
		t.Errorf("after %s has left: %v\n%s", to, count, a.log)
	}
	a.do(30*time.Second, func() { err = asked.process.member.Move(context.Background(), "s0", to) })
	if err == nil || !strings.Contains(err.Error(), "has left") {
		t.Errorf("a move to who has left: %v", err)
	}
	for _, by := range []string{asked.name, to} {
		for _, h := range a.box(by).process.member.Status().Hosts {
			if h.Left != (h.Name == to) {
				t.Errorf("%s tells of %+v", by, h)
			}
		}
	}
	if st := asked.process.member.Status(); len(st.Shares) != n || len(st.Hosts) != 3 || !st.Hosts[0].Up {
		t.Errorf("status %+v", st)
	}
	// Started again it takes part again.
	a.box(to).process.stop()
	a.run(5 * time.Second)
	a.box(to).restart()
	a.run(3 * time.Minute)
	if count := a.holders(n); count[to] == 0 {
		t.Errorf("after %s was started again: %v", to, count)
	}
	a.judge()
}

// A script that opens the address of a device of another share would drive that beside
// the host which holds it.
func TestADeviceOfAnotherShareIsNotOpenedByItsAddress(t *testing.T) {
	a := newArena(t, clusterOf+`  shares: {east: [gate], west: [yard]}
devices:
  gate: {ip: 192.0.2.1, username: u, password: p}
  yard: {ip: 192.0.2.2, username: u, password: p}
`, map[string]string{"scripts/a.lua": `
local gate = hik.device("gate")
for _, ip in ipairs{"192.0.2.1", "192.0.2.2", "192.0.2.3"} do
  local ok, err = pcall(hik.device, {ip = ip, username = "u", password = "p"})
  print(ip, ok, not ok and err.kind .. " " .. err.device or "")
end`})
	a.startAll()
	a.run(40 * time.Second)
	want := []string{"192.0.2.1\ttrue\t", "192.0.2.2\tfalse\telsewhere yard", "192.0.2.3\ttrue\t"}
	got := a.lines("a")
	for i, line := range got {
		_, got[i], _ = strings.Cut(line, " ")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, not %q", got, want)
	}
}

//go:build !race && !nofleet

package main

import (
	"flag"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

var rounds = flag.Int("rounds", 3, "how often a cluster of processes comes to grief")

// trioScript tells the devices what it does: a count that is in the state before it
// is told, the times of a job by the clock, and that an alarm has begun. The head of
// the yard moves most of the time.
const trioScript = `
hik.every("400ms", {name = "count"}, function()
  hik.state.n = (hik.state.n or 0) + 1
  hik.sleep(0.001) -- returns when the state is kept
  hik.set_preset("gate", 200, "count " .. hik.state.n)
end)
hik.cron("*/10 * * * * *", {name = "clock", overlap = "queue"}, function(run)
  hik.set_preset("gate", 201, "clock " .. run.scheduled)
end)
hik.on("gate:motion", function() hik.set_preset("gate", 202, "alarm") end)
hik.every("2s", {name = "turn"}, function() hik.ptz_pan_tilt("yard", 20, 0, {duration = "1700ms"}) end)
`

// grief is one way in which a holder, or another member, is lost.
type grief struct {
	name string
	// do does it, and mend makes it good again when another host drives the devices,
	// or the same one still does.
	do, mend func(c *trio, victim *voter)
	// victim is whom it befalls.
	victim func(holder, standby, leader *voter) *voter
	stays  bool // the holder stays the holder
	orders bool // it ends in order what it has begun
}

func holderOf(holder, _, _ *voter) *voter   { return holder }
func leaderOf(_, _, leader *voter) *voter   { return leader }
func witness(holder, _, _ *voter) *voter    { return holder.members["box"] }
func standbyOf(_, standby, _ *voter) *voter { return standby }

func killAndStart() (do, mend func(*trio, *voter)) {
	return func(_ *trio, m *voter) { m.kill() }, func(_ *trio, m *voter) { m.start() }
}

// griefs are in the order in which they come; the first three are what each run of
// the tests has.
func griefs() []grief {
	kill, start := killAndStart()
	return []grief{
		{name: "kill", victim: holderOf, do: kill, mend: start},
		{name: "SIGSTOP", victim: holderOf,
			do: func(_ *trio, m *voter) { m.signal(syscall.SIGSTOP) },
			mend: func(c *trio, m *voter) {
				if s := m.ends(); !s.Signaled() || s.Signal() != syscall.SIGKILL {
					c.t.Errorf("%s, which was stopped, ended by %v, not by its kernel", m.name, s)
				}
				m.start()
			}},
		{name: "cut off from the cluster", victim: holderOf,
			do:   func(c *trio, m *voter) { c.places.cut(m.name, true) },
			mend: func(c *trio, m *voter) { c.places.cut(m.name, false) }},
		{name: "cut off from all", victim: holderOf,
			do:   func(c *trio, m *voter) { c.places.cut(m.name, true); c.door.cut(m.name) },
			mend: func(c *trio, m *voter) { c.places.cut(m.name, false); c.door.mend(m.name) }},
		{name: "orderly stop", victim: holderOf, orders: true,
			do: func(_ *trio, m *voter) { m.signal(syscall.SIGTERM) },
			mend: func(_ *trio, m *voter) {
				if s := m.ends(); s.ExitStatus() != 0 {
					m.t.Errorf("%s ended with %v", m.name, s)
				}
				m.start()
			}},
		{name: "kill of the engine's leader", victim: leaderOf, stays: true, do: kill, mend: start},
		{name: "kill of the witness", victim: witness, stays: true, do: kill, mend: start},
		{name: "kill of the standby", victim: standbyOf, stays: true, do: kill, mend: start},
		{name: "SIGSTOP for 3 s", victim: holderOf, stays: true,
			do: func(_ *trio, m *voter) {
				m.signal(syscall.SIGSTOP)
				time.Sleep(3 * time.Second)
				m.signal(syscall.SIGCONT)
			},
			mend: func(*trio, *voter) {}},
		{name: "move", victim: standbyOf, orders: true,
			do: func(c *trio, m *voter) {
				if out, err := m.program("cluster", "move", "site", m.name).CombinedOutput(); err != nil {
					c.t.Errorf("move: %v\n%s", err, out)
				}
			},
			mend: func(*trio, *voter) {}},
	}
}

// TestClusterRounds has a cluster of processes lose one member after the other, and
// judges from what the devices were told.
func TestClusterRounds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute, in which it waits")
	}
	t.Parallel()
	lease := "8s"
	if *rounds <= 3 {
		lease = "4s" // what is waited for most
	}
	c := newTrio(t, newLoopback(t), lease, trioScript)
	c.gate.Raise(sim.Alert{Type: "motion", Channel: 1}) // and it goes on
	for _, name := range trioNames {
		c.members[name].start()
	}
	all, took := griefs(), map[string][]time.Duration{}
	for i := range *rounds {
		g := all[i%len(all)]
		took[g.name] = append(took[g.name], c.round(i+1, g))
	}
	c.wholeAgain()
	c.judge()
	for _, name := range slices.Sorted(maps.Keys(took)) {
		all := took[name]
		slices.Sort(all)
		t.Logf("%-28s n=%d: next command after %.2f / %.2f / %.2f s (least, median, most)",
			name, len(all), all[0].Seconds(), all[len(all)/2].Seconds(), all[len(all)-1].Seconds())
	}
}

// round has one grief befall the cluster, and returns how long no command of the host
// that drives the devices after it came.
func (c *trio) round(n int, g grief) time.Duration {
	holder, standby, leader := c.wholeAgain()
	c.counts(holder.name, time.Now(), patience)
	// At no special moment of what the script and the lease do.
	time.Sleep(time.Duration(n*377%1000) * time.Millisecond)
	victim, next := g.victim(holder, standby, leader), standby
	if g.stays {
		next = holder
	}
	at := time.Now()
	if !g.stays && !g.orders {
		c.struck = append(c.struck, at)
	}
	g.do(c, victim)
	first := c.counts(next.name, at, patience)
	took := first.Start.Sub(at)
	c.t.Logf("round %d: %s of %s, %s held: %s drives after %.2f s", n, g.name, victim.name, holder.name, next.name, took.Seconds())
	if took > 10*time.Second && *rounds > 3 { // else the machine may be busy with other tests
		c.t.Errorf("round %d: %v", n, took)
	}
	g.mend(c, victim)
	return took
}

// counts waits for the first command of a host after a moment.
func (c *trio) counts(host string, after time.Time, within time.Duration) sim.Entry {
	c.t.Helper()
	for late := clock.NewStopwatch(); ; time.Sleep(20 * time.Millisecond) {
		for _, e := range c.commands() {
			if e.User == host && e.Start.After(after) {
				return e
			}
		}
		if late.Elapsed() > within {
			c.t.Fatalf("%s has sent no command for %v", host, within)
		}
	}
}

// commands are what both devices were told to do, in order.
func (c *trio) commands() []sim.Entry {
	all := slices.Concat(puts(c.gate), puts(c.yard))
	slices.SortStableFunc(all, func(a, b sim.Entry) int { return a.Start.Compare(b.Start) })
	return all
}

func puts(d *sim.Device) []sim.Entry {
	return slices.DeleteFunc(d.Journal(), func(e sim.Entry) bool { return e.Method != http.MethodPut || e.User == "" })
}

var presetName = regexp.MustCompile(`<presetName>(\w+) ?(\d*)`)

// judge looks at all that the devices were told.
func (c *trio) judge() {
	t := c.t
	// Hosts follow each other as their terms do: no command of an older one comes after
	// one of a newer. A term may be over before its first command.
	var hosts []string
	for _, e := range c.commands() {
		if len(hosts) == 0 || hosts[len(hosts)-1] != e.User {
			hosts = append(hosts, e.User)
		}
	}
	rest := hosts
	for _, held := range c.held() {
		if len(rest) > 0 && rest[0] == held {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("commands came from %v, the share was held by %v", hosts, c.held())
	}

	// A head that a host has left moving is stopped by the next before all else.
	var last sim.Entry
	for _, e := range puts(c.yard) {
		if e.Status == http.StatusOK && !strings.HasPrefix(e.What, "continuous") {
			t.Errorf("%+v", e)
		}
		if last.User != "" && last.User != e.User && last.What != "continuous 0 0 0" && e.What != "continuous 0 0 0" {
			t.Errorf("%s left the head moving at %v, and %s began with %q", last.User, last.Start, e.User, e.What)
		}
		last = e
	}

	count, alarms, times := 0, 0, map[int]int{}
	var order []int
	var before sim.Entry
	for _, e := range puts(c.gate) {
		said := presetName.FindStringSubmatch(e.Body)
		if said == nil || e.Status != http.StatusOK {
			t.Errorf("%+v", e)
			continue
		}
		n, _ := strconv.Atoi(said[2])
		switch said[1] {
		case "count":
			// A number that a host has kept and not told before it let go is left out.
			if n <= count || n > count+2 {
				t.Errorf("%s counts %d at %v, %s has counted %d at %v", e.User, n, e.Start, before.User, count, before.Start)
			}
			count, before = n, e
		case "clock":
			times[n]++
			order = append(order, n)
		case "alarm":
			alarms++
		}
	}
	if alarms != 1 {
		t.Errorf("an alarm that went on was told %d times", alarms)
	}
	if len(order) == 0 {
		t.Fatal("the clock never ran")
	}
	slices.Sort(order)
	for at := order[0]; at <= order[len(order)-1]; at += 10 {
		// Of several that are missed together the latest is made up.
		if times[at] != 1 && !(times[at] == 0 && c.silent(at)) {
			t.Errorf("the run of %v began %d times", time.Unix(int64(at), 0).UTC(), times[at])
		}
	}
	t.Logf("%d commands, counted to %d, %d times of the clock", len(c.commands()), count, len(order))
}

// silent reports whether no host drove the devices at a time and for 10 s after it; or
// whether the holder was lost, or has let go, with the run that had begun: that it
// begins is in the log before it does, and on a machine that is busy the one takes as
// long as the other. Two counts are what the holder may have told meanwhile.
func (c *trio) silent(at int) bool {
	due := time.Unix(int64(at), 0)
	told := func(until time.Time, what string) (n int) {
		for _, e := range puts(c.gate) {
			if e.Start.After(due) && e.Start.Before(until) && strings.Contains(e.Body, what) {
				n++
			}
		}
		return n
	}
	if told(due.Add(10*time.Second), "") == 0 {
		return true
	}
	lost := c.struck
	for s := range 10 {
		if when := due.Add(time.Duration(s) * time.Second); c.letGo(when) {
			lost = append(slices.Clone(lost), when)
		}
	}
	return slices.ContainsFunc(lost, func(t time.Time) bool {
		return t.After(due.Add(-100*time.Millisecond)) && t.Before(due.Add(10*time.Second)) && told(t, "count") <= 2
	})
}

// letGo reports whether a host let go of the share within a second.
func (c *trio) letGo(second time.Time) bool {
	line := regexp.MustCompile(second.UTC().Format(`(?m)^15:04:05 WRN .*: let go `))
	return slices.ContainsFunc([]string{"left", "right"}, func(name string) bool {
		text, err := os.ReadFile(c.members[name].log)
		return err == nil && line.Match(text)
	})
}

var heldLine = regexp.MustCompile(`this host holds the share share=site term=(\d+)`)

// held is which host held the share, in the order of the terms.
func (c *trio) held() []string {
	byTerm := map[int]string{}
	for _, name := range []string{"left", "right"} {
		text, _ := os.ReadFile(c.members[name].log)
		for _, m := range heldLine.FindAllStringSubmatch(string(text), -1) {
			term, _ := strconv.Atoi(m[1])
			byTerm[term] = name
		}
	}
	var hosts []string
	for _, term := range slices.Sorted(maps.Keys(byTerm)) {
		hosts = append(hosts, byTerm[term])
	}
	return hosts
}

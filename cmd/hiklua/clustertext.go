package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/cluster"
)

// writeCluster shows how a cluster is.
func (a *app) writeCluster(st cluster.Status) {
	now := a.clk.Now()
	up := 0
	for _, m := range st.Engine.Members {
		if m.Up {
			up++
		}
	}
	switch {
	case st.Engine.Quorum:
	case 2*up > len(st.Engine.Members):
		a.writeWrapped(a.tint("NOT READY", colourFail) + ": those that answer have no leader yet; at its very first start a cluster needs all of its machines, later a majority" + missingText(st.Engine.Members) + "\n")
	default:
		a.writeWrapped(a.tint("NO MAJORITY", colourFail) + ": " + noMajority + "\n")
	}
	if st.Release.Refused != "" {
		head := "RELEASE NOT RUN"
		if st.Release.Number == 0 {
			head = "NO RELEASE"
		}
		a.writeWrapped(a.tint(head, colourFail) + ": " + st.Release.Refused + "\n")
	}
	a.writeWrapped("host " + st.Host + "; " + releaseText(st.Release, now) + "\n")
	if len(st.Release.Edited) > 0 {
		a.writeWrapped(fmt.Sprintf("edited in this folder, and not released: %s (%s cluster release)\n", strings.Join(st.Release.Edited, ", "), a.name))
	}
	t := &table{head: []string{"SHARE", "STATE", "HOLDER", "TERM", "CONFIRMED", "DEVICES"}}
	for _, s := range st.Shares {
		confirmed := ""
		if s.Renewed != nil {
			confirmed = secondsText(*s.Renewed) + " ago"
		}
		state := s.State
		if s.Wanted != "" {
			state += ", due to move to " + s.Wanted
		}
		t.add(s.Name, state, s.Holder, fmt.Sprint(s.Term), confirmed, devicesText(s.Devices))
		if s.State == cluster.ShareWaning || s.State == cluster.ShareNobody {
			t.paint(1, colourFail)
		}
	}
	a.writePart(t)
	a.writePart(membersTable(st, now))
	for _, h := range st.Hosts {
		if len(h.Unreached) > 0 {
			a.writeWrapped(fmt.Sprintf("%s can't reach %s\n", h.Name, strings.Join(h.Unreached, ", ")))
		}
	}
}

// missingText is ": box does not answer", or nothing where all do.
func missingText(members []cluster.MemberStatus) string {
	var missing []string
	for _, m := range members {
		if !m.Up {
			missing = append(missing, m.Name)
		}
	}
	switch len(missing) {
	case 0:
		return ""
	case 1:
		return ": " + missing[0] + " does not answer"
	}
	return ": " + strings.Join(missing, ", ") + " do not answer"
}

const noMajority = "a majority of hosts and witnesses does not answer; without it no host may drive a device, and every head is at rest"

// membersTable are the hosts and those that vote: at an engine of one's own the
// two are not the same.
func membersTable(st cluster.Status, now time.Time) *table {
	t := &table{head: []string{"MEMBER", "ROLE", "STATE", "HOLDS"}}
	upText := func(up bool, since *time.Time) string {
		text := "up"
		if !up {
			text = "not heard"
		}
		if since != nil {
			text += " since " + timeText(*since, now)
		}
		return text
	}
	for _, h := range st.Hosts {
		var since *time.Time
		up, leads := h.Up, h.Name == st.Engine.Leader
		if i := slices.IndexFunc(st.Engine.Members, func(m cluster.MemberStatus) bool { return m.Name == h.Name }); i >= 0 && st.Engine.Members[i].Up == up {
			since = st.Engine.Members[i].Since
		}
		state := leadsText(upText(up, since), leads)
		if h.Left {
			state += ", has left: takes nothing until it is started again"
		}
		t.add(h.Name, cluster.RoleHost, state, strings.Join(h.Shares, ", "))
		if !up {
			t.paint(2, colourFail)
		}
	}
	for _, m := range st.Engine.Members {
		if slices.ContainsFunc(st.Hosts, func(h cluster.HostStatus) bool { return h.Name == m.Name }) {
			continue
		}
		t.add(m.Name, m.Role, leadsText(upText(m.Up, m.Since), m.Name == st.Engine.Leader), "")
		if !m.Up {
			t.paint(2, colourFail)
		}
	}
	return t
}

func leadsText(state string, leads bool) string {
	if leads {
		state += ", leads the engine"
	}
	return state
}

// releaseText is "release 3, made by left 28 Mar 01:30".
func releaseText(r cluster.ReleaseStatus, now time.Time) string {
	if r.Number == 0 {
		return "no release yet"
	}
	text := fmt.Sprintf("release %d", r.Number)
	if r.Host != "" {
		text += ", made by " + r.Host
	}
	if r.At != nil {
		text += " at " + timeText(*r.At, now)
	}
	return text
}

// devicesText names devices, or counts them where they are many.
func devicesText(names []string) string {
	if len(names) > mostNamed {
		return plural(len(names), "device")
	}
	return strings.Join(names, ", ")
}

// secondsText is "0.4s".
func secondsText(seconds float64) string {
	if seconds < 10 {
		return fmt.Sprintf("%.1fs", seconds)
	}
	return ageText(time.Duration(seconds * float64(time.Second)))
}

// clusterLine is what status says of the cluster.
func clusterLine(c *runtime.ClusterStatus) string {
	var shares []string
	for _, s := range c.Shares {
		text := s.Name + " " + s.State
		if s.Holder != "" && s.State != cluster.ShareNobody {
			text += " by " + s.Holder
		}
		shares = append(shares, fmt.Sprintf("%s (term %d)", text, s.Term))
	}
	if len(shares) == 0 {
		shares = append(shares, "no release yet, and no host drives anything")
	}
	return "host " + c.Host + " of a cluster: " + strings.Join(shares, ", ") + "\n"
}

// clusterFindings are what is not as it should be with the cluster.
func clusterFindings(c *runtime.ClusterStatus) (bad []string) {
	if !c.Quorum {
		bad = append(bad, noMajority)
	}
	for _, s := range c.Shares {
		switch {
		case s.State == cluster.ShareNobody && c.Quorum:
			bad = append(bad, "no host drives the devices of share "+s.Name)
		case s.State == cluster.ShareWaning:
			bad = append(bad, "the lease of share "+s.Name+" is not confirmed: its heads are stopped")
		}
	}
	return bad
}

// witnessesText is "1 witness".
func witnessesText(n int) string {
	if n == 1 {
		return "1 witness"
	}
	return plural(n, "witnesse")
}

package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

// Status is what this host knows of the cluster. It does not wait.
func (m *Member) Status() Status {
	live := m.live()
	m.mu.Lock()
	now := cmp.Or(m.site, m.conf.Site)
	st := Status{Host: m.conf.Name, Release: ReleaseStatus{Edited: append([]string{}, m.edited...)}}
	if m.release != nil {
		st.Release.Number, st.Release.Host = m.release.Number, m.release.Host
		st.Release.At = clock.In(m.release.At, now.Timezone)
	}
	switch {
	case m.refused != nil:
		st.Release.Refused = m.refused.Error()
	case m.release == nil && m.missing != nil:
		st.Release.Refused = m.missing.Error()
	}
	mine, leaving := append([]string{}, m.unreached...), m.leaving
	m.mu.Unlock()
	st.Engine = m.conf.Engine.Status()
	for i, e := range st.Engine.Members {
		if e.Since != nil {
			st.Engine.Members[i].Since = clock.In(*e.Since, now.Timezone)
		}
	}
	held := make(map[string][]string)
	for _, s := range m.all() {
		one := s.status(now)
		st.Shares = append(st.Shares, one)
		if one.State == ShareHeld || one.State == ShareWaning {
			held[one.Holder] = append(held[one.Holder], s.name)
		}
	}
	if st.Shares == nil { // before there is a release
		st.Shares = []ShareStatus{}
	}
	for _, h := range m.cluster().Hosts {
		one := HostStatus{Name: h.Name, Up: h.Name == m.conf.Name, Shares: append([]string{}, held[h.Name]...), Unreached: []string{}}
		if one.Up {
			one.Unreached, one.Left = mine, leaving
		}
		if p := live[h.Name]; p != nil {
			one.Up, one.Unreached, one.Left = true, append(one.Unreached, p.Unreached...), p.Leaving
		}
		st.Hosts = append(st.Hosts, one)
	}
	return st
}

// Brief is the part of Status about who holds what.
func (m *Member) Brief() runtime.ClusterStatus {
	now := m.Site()
	st := runtime.ClusterStatus{Host: m.conf.Name, Quorum: m.conf.Engine.Status().Quorum, Shares: []runtime.ShareStatus{}}
	for _, s := range m.all() {
		one := s.status(now)
		st.Shares = append(st.Shares, runtime.ShareStatus{Name: one.Name, State: one.State, Holder: one.Holder, Term: one.Term})
	}
	return st
}

// Site is what the release says that this host runs, or, until there is one, its
// folder.
func (m *Member) Site() *site.Site {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cmp.Or(m.site, m.conf.Site)
}

// status is how the share is.
func (s *share) status(now *site.Site) ShareStatus {
	st := s.holder.Status()
	one := ShareStatus{Name: s.name, Devices: []string{}, Holder: st.Record.Host, Term: cmp.Or(st.Record.Term, st.Number)}
	for _, share := range now.Cluster.Shares {
		if share.Name == s.name {
			one.Devices = append(one.Devices, share.Devices...)
		}
	}
	age := st.Age
	switch {
	case st.Term != 0:
		one.Holder, one.Term, one.State = s.m.conf.Name, st.Term, ShareHeld
		age = st.Renewed
		if st.State == hold.Waning {
			one.State = ShareWaning
		}
	case st.Number == 0:
		one.State = ShareNobody
	case st.Record.Free:
		one.State = ShareFree
	case s.holderIn(st) == "":
		one.State = ShareNobody
	default:
		one.State = ShareHeld
	}
	if st.Number != 0 || st.Term != 0 {
		renewed := age.Round(100 * time.Millisecond).Seconds()
		one.Renewed = &renewed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted != one.Holder {
		one.Wanted = s.wanted
	}
	return one
}

// listed names the shares for a message.
func listed(shares []site.Share) string {
	var names []string
	for _, s := range shares {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		names = []string{site.OneShare}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

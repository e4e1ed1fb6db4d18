package cluster

import (
	"slices"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

// tick tells the others how this host is, and has each share go where it belongs.
func (m *Member) tick() {
	shares := m.all()
	for _, s := range shares {
		s.remember()
	}
	m.tell()
	m.keepAside()
	live := m.live()
	for _, s := range shares {
		m.place(s, live, len(shares) == 1)
	}
}

// remember notes which host held the share last.
func (s *share) remember() {
	st := s.holder.Status()
	if st.Term != 0 || st.Number == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before{st.Record.Host, s.m.clk.Now().Add(-st.Age)}
}

// place has this host want a share or not, and gives it to another if it belongs
// there. With one share alone it stays where it is.
func (m *Member) place(s *share, live map[string]*peer, alone bool) {
	st := s.holder.Status()
	wanted := m.wanted(s, st, live, alone, 0)
	s.mu.Lock()
	s.wanted = wanted
	s.mu.Unlock()
	me := m.conf.Name
	// A host that has not been there for as long as a lease can't know when that of the
	// holder ends: if the holder is lost, another is not to wait for it.
	takes := wanted == me || m.wanted(s, st, live, false, s.lasts()) == me
	s.holder.Want(m.eligible() && s.able() && (takes || s.vacant(st)))
	if st.State != hold.Held {
		return
	}
	other := live[wanted] // not this one
	m.mu.Lock()
	due := other != nil && (m.leaving || m.refused != nil || m.pinned.Hosts[s.name] == wanted)
	if !due && other != nil && m.conf.Boot().Sub(other.since) >= joinAfter && m.clk.Now().Sub(m.movedAt) >= moveEvery {
		m.movedAt, due = m.clk.Now(), true
	}
	m.mu.Unlock()
	if due {
		s.log.Info("the share goes to another host", keyHost, wanted)
		s.handOver(wanted)
	}
}

// wanted is the host that is to hold a share, of those that have been there for so
// long; "": none can.
func (m *Member) wanted(s *share, st hold.Status, live map[string]*peer, alone bool, there time.Duration) string {
	var hosts []candidate
	now := m.conf.Boot()
	for _, h := range m.cluster().Hosts {
		p := live[h.Name]
		switch {
		case h.Name == m.conf.Name && m.eligible() && s.able() && now.Sub(m.began) >= there,
			p != nil && !p.Leaving && p.Refused == "" && !slices.Contains(p.Unable, s.name) && now.Sub(p.since) >= there:
			hosts = append(hosts, candidate{h.Name, h.Weight})
		}
	}
	can := func(name string) bool {
		return slices.ContainsFunc(hosts, func(c candidate) bool { return c.name == name })
	}
	if holder := s.holderIn(st); alone && can(holder) {
		return holder
	}
	m.mu.Lock()
	pin := m.pinned.Hosts[s.name]
	m.mu.Unlock()
	if can(pin) {
		return pin
	}
	if st.Number == 0 {
		// Never held: the state of a host that ran the site alone goes into the log with
		// that host, and with no other.
		for _, h := range hosts {
			if p := live[h.name]; h.name == m.conf.Name && m.alone || p != nil && p.Alone {
				return h.name
			}
		}
	}
	return place(s.name, hosts)
}

// eligible reports whether this host may hold shares at all.
func (m *Member) eligible() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.site != nil && m.refused == nil && !m.leaving
}

// lasts is how long a lease is good after it was sent, with what others wait beyond
// it at most.
func (s *share) lasts() time.Duration { return s.m.conf.Site.Cluster.Lease + 2*time.Second }

// holderIn is the host that holds the share by a status; "": none does.
func (s *share) holderIn(st hold.Status) string {
	switch {
	case st.Term != 0:
		return s.m.conf.Name
	case st.Number == 0 || st.Record.Free || st.Age > s.lasts():
		return ""
	}
	return st.Record.Host
}

// vacant reports whether the share has been without a holder for so long that any
// host is to take it.
func (s *share) vacant(st hold.Status) bool {
	now := s.m.conf.Boot()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case st.Term != 0:
		return true
	case st.Number == 0:
		if s.neverHeld == 0 {
			s.neverHeld = now
		}
		return now.Sub(s.neverHeld) > s.lasts()+lingering
	case st.Record.Free:
		return st.Age > freeFor
	}
	return st.Age > s.lasts()+lingering
}

// elsewhere is which host drives a device of another share; known is false if the
// site has no such device.
func (m *Member) elsewhere(device string) (holder string, known bool) {
	m.mu.Lock()
	now := m.site
	m.mu.Unlock()
	if now == nil {
		return "", false
	}
	s := m.share(now.ShareOf(device))
	if s == nil {
		return "", false
	}
	return s.holderIn(s.holder.Status()), true
}

// elsewhereAt names the device at the address of one that a script of a share opens,
// if another share has that: two hosts could drive it. "": none has.
func (m *Member) elsewhereAt(share string, opened site.Device) string {
	m.mu.Lock()
	now := m.site
	m.mu.Unlock()
	if now == nil || opened.Host == "" {
		return ""
	}
	for _, d := range now.Devices {
		if d.Host != "" && placeOf(d) == placeOf(opened) && now.ShareOf(d.Name) != share {
			return d.Name
		}
	}
	return ""
}

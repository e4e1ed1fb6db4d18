package cluster

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
)

const (
	presenceSubject = "presence"
	// startsWithin is how long a host is the one that came later, of two of one name.
	startsWithin = 15 * time.Second
)

// presence is what each host tells the others once a second.
type presence struct {
	Name      string   `json:"name"`
	Session   string   `json:"session"`
	Release   uint64   `json:"release"`           // that it runs; 0: none
	Shares    []string `json:"shares,omitempty"`  // that it holds
	Refused   string   `json:"refused,omitempty"` // why it can't run the cluster's release
	Leaving   bool     `json:"leaving,omitempty"` // it takes no share
	Unable    []string `json:"unable,omitempty"`  // shares whose start failed there
	Alone     bool     `json:"alone,omitempty"`   // it has the state of a site that it ran alone
	Unreached []string `json:"unreached,omitempty"`
	// Doubles are names under which it hears two processes by turns: these do not hear
	// each other.
	Doubles []string `json:"doubles,omitempty"`
	Pins    pins     `json:"pins"`
	// Logins are the passwords that devices have refused, by share, as hashes: for commands on the machine of another host.
	Logins map[string][]byte `json:"logins,omitempty"`
}

// peer is another host as it was heard last. Times are of this host's boot clock.
type peer struct {
	presence
	at    hold.BootTime
	since hold.BootTime // it was heard all the time since then

	before  string        // the session that was heard before this one
	doubled hold.BootTime // when that before last came back; 0: none ever did
}

// tell tells the others how this host is.
func (m *Member) tell() {
	p := presence{Name: m.conf.Name, Session: m.conf.Session, Alone: m.alone}
	for _, s := range m.all() {
		if s.held() {
			p.Shares = append(p.Shares, s.name)
			if page, known := s.refusedLogins(); known && m.conf.Host.Logins != "" {
				if p.Logins == nil {
					p.Logins = make(map[string][]byte)
				}
				p.Logins[s.name] = page
			}
		}
		if !s.able() {
			p.Unable = append(p.Unable, s.name)
		}
	}
	m.mu.Lock()
	for name, other := range m.heard {
		if other.doubled != 0 && m.conf.Boot().Sub(other.doubled) <= heardWithin {
			p.Doubles = append(p.Doubles, name)
		}
	}
	p.Leaving, p.Unreached, p.Pins = m.leaving, slices.Clone(m.unreached), m.pinned
	if m.release != nil {
		p.Release = m.release.Number
	}
	if m.refused != nil {
		p.Refused = m.refused.Error()
	}
	m.mu.Unlock()
	data, err := json.Marshal(p)
	if err != nil {
		m.log.Error("cluster: this host cannot tell how it is", keyError, err)
		return
	}
	m.conf.Engine.Tell(presenceSubject, data)
}

// hear takes what a host tells. It does not wait.
func (m *Member) hear(data []byte) {
	var p presence
	if json.Unmarshal(data, &p) != nil || p.Name == "" {
		return
	}
	now := m.conf.Boot()
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Name == m.conf.Name {
		return
	}
	if slices.Contains(p.Doubles, m.conf.Name) && !m.doubled {
		m.doubled = true
		m.log.Error("another machine runs under the name of this host: give one of them a name of its own, and switch off one that was replaced", "told_by", p.Name)
	}
	known := m.heard[p.Name]
	next := &peer{presence: p, at: now, since: now}
	switch {
	case known == nil:
	case known.Session == p.Session:
		next.before, next.doubled = known.before, known.doubled
		if now.Sub(known.at) <= heardWithin {
			next.since = known.since
		}
	default:
		next.before = known.Session
		if known.before == p.Session {
			next.doubled = now
		}
	}
	m.heard[p.Name] = next
	if p.Pins.Seq > m.pinned.Seq {
		m.pinned = p.Pins
	}
	// What this host can't run it asks for once when it hears of it: a release may be
	// large, and is tried again now and then anyway.
	newer := m.release == nil || p.Release > m.release.Number
	if newer && (m.refused == nil || known == nil || known.Release != p.Release) {
		m.lookNow()
	}
}

// double is the error of a host that has been started while another machine runs under
// its name: the votes of the two would count as one.
func (m *Member) double() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.doubled || m.conf.Boot().Sub(m.began) > startsWithin {
		return nil
	}
	return fmt.Errorf("another machine runs as host %s of this cluster: each has a name of its own, and one that is replaced has to be off", m.conf.Name)
}

// lookNow has the release be asked for. Called with mu held.
func (m *Member) lookNow() {
	m.newer = true
	if m.look != nil {
		m.look.Wake()
	}
}

// live are the other hosts that are heard at present, by name.
func (m *Member) live() map[string]*peer {
	now := m.conf.Boot()
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]*peer, len(m.heard))
	for name, p := range m.heard {
		if now.Sub(p.at) <= heardWithin {
			all[name] = p
		}
	}
	return all
}

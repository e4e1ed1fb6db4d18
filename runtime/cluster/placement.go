package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

const pinsCell = "placement"

// pins is where people have moved shares to: they stay there as long as that host
// lives, and go back to it.
type pins struct {
	Seq   uint64            `json:"seq"` // of the cell's value
	Hosts map[string]string `json:"hosts,omitempty"`
}

// readPins reads the value of the cell.
func readPins(data []byte, seq uint64) (p pins, err error) {
	err = json.Unmarshal(data, &p)
	p.Seq = seq
	return p, err
}

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
	s.setWanted(wanted)
	me := m.conf.Name
	// A host that has not been there for as long as a lease can't know when that of the
	// holder ends: if the holder is lost, another is not to wait for it.
	takes := wanted == me || m.wanted(s, st, live, false, s.lasts()) == me
	s.holder.Want(m.eligible() && s.able() && (takes || s.vacant(st)))
	if st.State != hold.Held || wanted == "" || wanted == me {
		return
	}
	other := live[wanted]
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

// setWanted notes where the share belongs.
func (s *share) setWanted(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = host
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

// Questions to other hosts.
const (
	questionMove  = "move"
	questionLeave = "leave"
)

// moveQuestion is what the holder of a share is asked to do.
type moveQuestion struct {
	Share string `json:"share"`
	To    string `json:"to"`
}

// Move has a share handed over to a host, and returns when that holds it. The share
// stays there as long as that host lives.
func (m *Member) Move(ctx context.Context, name, to string) error {
	s := m.share(name)
	switch {
	case s == nil && len(m.all()) == 0:
		return errors.New("this host does not know the cluster's release yet: hiklua cluster status says what it waits for")
	case s == nil:
		return fmt.Errorf("there is no share %q: there are %s", name, listed(m.cluster().Shares))
	}
	if err := m.host(to); err != nil {
		return err
	}
	if err := m.takes(to, name); err != nil {
		return err
	}
	ctx, cancel := clock.WithTimeout(m.clk, ctx, 2*handOverWithin)
	defer cancel()
	if err := m.pin(ctx, name, to); err != nil {
		return silent(err)
	}
	switch holder := s.holderIn(s.holder.Status()); holder {
	case to:
		return nil
	case m.conf.Name:
		s.handOver(to)
	case "":
	default:
		if err := m.ask(ctx, holder, questionMove, moveQuestion{name, to}); err != nil {
			return silent(err)
		}
	}
	for s.holderIn(s.holder.Status()) != to {
		if clock.Sleep(ctx, m.clk, 50*time.Millisecond) != nil {
			return fmt.Errorf("%s does not hold %s yet: hiklua cluster status shows how it goes on", to, name)
		}
	}
	return nil
}

// silent tells a person what it means that the engine does not answer, and not that
// a time has run out, which is all that people are told of where an error says so.
func silent(err error) error {
	if !errors.Is(err, hold.ErrUnknown) {
		return err
	}
	return fmt.Errorf("the cluster does not answer, a majority of its hosts and witnesses is needed: hiklua cluster status shows who is missing (%w)", hold.ErrUnknown)
}

// takes says why a host can't take a share; nil: it can.
func (m *Member) takes(name, share string) error {
	if name == m.conf.Name {
		m.mu.Lock()
		defer m.mu.Unlock()
		switch {
		case m.leaving:
			return fmt.Errorf("%s has left the cluster until it is started again", name)
		case m.refused != nil:
			return fmt.Errorf("%s can't run the release: %w", name, m.refused)
		}
		return nil
	}
	p := m.live()[name]
	switch {
	case p == nil:
		return fmt.Errorf("%s is not heard: it does not run, or is cut off", name)
	case p.Leaving:
		return fmt.Errorf("%s has left the cluster until it is started again", name)
	case p.Refused != "":
		return fmt.Errorf("%s can't run the release: %s", name, p.Refused)
	case slices.Contains(p.Unable, share):
		return fmt.Errorf("%s could not start the share: its log says why", name)
	}
	return nil
}

// pin notes in the cluster where a share is to be.
func (m *Member) pin(ctx context.Context, share, host string) error {
	for {
		data, seq, err := m.last(ctx, pinsCell)
		if err != nil {
			return err
		}
		var next pins
		if seq != 0 {
			next, _ = readPins(data, seq) // what can't be read is written anew
		}
		if next.Hosts == nil {
			next.Hosts = make(map[string]string)
		}
		next.Hosts[share] = host
		if data, err = json.Marshal(next); err != nil {
			return err
		}
		next.Seq, err = m.conf.Engine.CAS(ctx, pinsCell, seq, data)
		switch {
		case err == nil:
			m.mu.Lock()
			if next.Seq > m.pinned.Seq {
				m.pinned = pins{next.Seq, maps.Clone(next.Hosts)}
			}
			m.mu.Unlock()
			m.tell()
			return nil
		case !errors.Is(err, hold.ErrConflict):
			return err
		}
		if err := clock.Sleep(ctx, m.clk, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// ask asks a host for something that has no answer but that it was begun.
func (m *Member) ask(ctx context.Context, host, question string, what any) error {
	data, err := json.Marshal(what)
	if err != nil {
		return err
	}
	ctx, cancel := clock.WithTimeout(m.clk, ctx, engineWithin)
	defer cancel()
	_, err = m.conf.Engine.Ask(ctx, host, question, data)
	return err
}

func (m *Member) answerMove(_ context.Context, data []byte) ([]byte, error) {
	var q moveQuestion
	if err := json.Unmarshal(data, &q); err != nil {
		return nil, err
	}
	s := m.share(q.Share)
	if s == nil || !s.held() {
		return nil, fmt.Errorf("this host does not hold the share %q", q.Share)
	}
	s.log.Info("the share is moved by hand", keyHost, q.To)
	s.handOver(q.To)
	return nil, nil
}

// Leave has a host hand over all its shares and take none until it is started again. A
// host or witness that site.yaml does not have any more loses its vote.
func (m *Member) Leave(ctx context.Context, host string) error {
	if host == m.conf.Name {
		m.leave()
		return nil
	}
	if _, is := m.cluster().Witness(host); is {
		return fmt.Errorf("%s is a witness, which drives nothing: it can be stopped at any time", host)
	}
	if m.host(host) != nil {
		if err := m.conf.Engine.Dismiss(ctx, host); err != nil {
			return silent(fmt.Errorf("%s is not in cluster: of site.yaml, and its vote could not be taken: %w", host, err))
		}
		return nil
	}
	if m.live()[host] == nil {
		return fmt.Errorf("%s is not heard: it does not run, or is cut off, and holds nothing for longer than its lease", host)
	}
	return m.ask(ctx, host, questionLeave, nil)
}

func (m *Member) answerLeave(context.Context, []byte) ([]byte, error) {
	m.leave()
	return nil, nil
}

func (m *Member) leave() {
	m.log.Warn("this host leaves the cluster: it hands over what it holds, and takes no share until it is started again")
	m.mu.Lock()
	m.leaving = true
	m.mu.Unlock()
	m.tick()
}

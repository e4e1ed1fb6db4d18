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

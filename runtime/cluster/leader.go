package cluster

import (
	"slices"

	"github.com/hiklua/hiklua/runtime/clock"
)

// keepAside is stepAside, for an election that came after the terms of this host began.
// It does not wait.
func (m *Member) keepAside() {
	if m.conf.Engine.Status().Leader != m.conf.Name || !slices.ContainsFunc(m.all(), (*share).held) {
		return
	}
	now := m.clk.Now()
	m.mu.Lock()
	due := now.Sub(m.asideAt) >= asideEvery
	if due {
		m.asideAt = now
	}
	m.mu.Unlock()
	if due {
		m.work.Go(m.stepAside)
	}
}

// stepAside has a member that holds no share lead the leases in the place of this one,
// best a witness: the death of a host is then not the leader's, too. Where each member
// that is up holds one nothing is gained.
func (m *Member) stepAside() {
	st := m.conf.Engine.Status()
	if st.Leader != m.conf.Name {
		return
	}
	var witnesses, hosts []string
	live := m.live()
	for _, o := range st.Members {
		switch {
		case !o.Up:
		case o.Role == RoleWitness:
			witnesses = append(witnesses, o.Name)
		case live[o.Name] != nil && len(live[o.Name].Shares) == 0:
			hosts = append(hosts, o.Name)
		}
	}
	ctx, cancel := clock.WithTimeout(m.clk, m.ctx, engineWithin)
	defer cancel()
	if err := m.conf.Engine.StepAside(ctx, append(witnesses, hosts...)...); err != nil && m.ctx.Err() == nil {
		m.log.Debug("another member could not be made the leader", keyError, err)
	}
}

//go:build !nofleet

package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/cluster"
)

const (
	watchEvery   = time.Second
	watchTimeout = time.Second
	// askEvery is how often the leader is asked whether it still leads: that costs more
	// than to look at the routes.
	askEvery = 5 * time.Second
	// StepAside tries so often, so long each.
	asideTries   = 5
	asideTimeout = 2 * time.Second
	// lookEvery is how often a member that could not write tries again.
	lookEvery = 30 * time.Second
	// leaderless: a leader that steps aside is followed at once, and one that dies
	// after 4 to 9 seconds. Without one for longer there is no majority.
	leaderless = 10 * time.Second
)

// Status is how the engine fares, as watch has seen it last.
func (e *Engine) Status() cluster.EngineStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.status
	s.Members = slices.Clone(s.Members)
	return s
}

// watch looks once a second who is there, and says what has changed.
func (e *Engine) watch() {
	heard := clock.NewStopwatch() // since there was a leader
	var asked clock.Stopwatch     // since it was asked
	var info nats.StreamInfo
	for e.ctx.Err() == nil {
		if e.server != nil {
			e.server.look(lookEvery)
		}
		last := e.Status()
		if last.Leader == "" || !last.Quorum || asked.Elapsed() >= askEvery {
			info, asked = e.leases(), clock.NewStopwatch()
		}
		led := info.Cluster != nil && info.Cluster.Leader != "" || e.server != nil && len(e.cfg.Members) == 1 && info.Config.Name != ""
		if led {
			heard = clock.NewStopwatch()
		}
		var next cluster.EngineStatus
		if e.server != nil {
			next = e.lookInside(last, info)
		} else {
			next = e.lookOutside(info)
		}
		next.Quorum = next.Quorum && (led || last.Quorum && heard.Elapsed() < leaderless)
		e.mu.Lock()
		e.status = next
		e.mu.Unlock()
		if e.ctx.Err() == nil {
			e.tell(last, next)
		}
		clock.Sleep(e.ctx, e.cfg.Clock, watchEvery)
	}
}

// tell writes into the log what has changed.
func (e *Engine) tell(last, next cluster.EngineStatus) {
	was := map[string]bool{}
	for _, m := range last.Members {
		was[m.Name] = m.Up
	}
	for _, m := range next.Members {
		switch {
		case m.Name == e.cfg.Name || m.Up == was[m.Name]:
		case m.Up:
			e.cfg.Log.Info("engine: "+m.Role+" "+m.Name+" is there", "member", m.Name)
		default:
			e.cfg.Log.Warn("engine: "+m.Role+" "+m.Name+" does not answer", "member", m.Name)
		}
	}
	switch {
	case last.Quorum && !next.Quorum:
		e.cfg.Log.Error("engine: a majority of the members does not answer: no share can be held")
	case !last.Quorum && next.Quorum:
		e.cfg.Log.Info("engine: a majority of the members answers")
	}
}

// lookInside is the status of a cluster whose members are ours, by the routes to
// them.
func (e *Engine) lookInside(last cluster.EngineStatus, info nats.StreamInfo) cluster.EngineStatus {
	now := e.cfg.Clock.Now()
	up := map[string]time.Time{}
	if routes, err := e.server.current().Routez(&server.RoutezOptions{}); err == nil {
		for _, r := range routes.Routes {
			up[r.RemoteName] = r.Start
		}
	}
	before := map[string]cluster.MemberStatus{}
	for _, m := range last.Members {
		before[m.Name] = m
	}
	var s cluster.EngineStatus
	there := 0
	for _, name := range e.cfg.names() {
		m := cluster.MemberStatus{Name: name, Role: cluster.RoleHost}
		if slices.Contains(e.cfg.Witnesses, name) {
			m.Role = cluster.RoleWitness
		}
		since, ok := up[token(name)]
		m.Up = ok || name == e.cfg.Name
		old, known := before[name]
		switch {
		case known && old.Up == m.Up:
			m.Since = old.Since
		case ok:
			m.Since = &since
		case known || name == e.cfg.Name:
			m.Since = &now
		}
		if m.Up {
			there++
			if info.Cluster != nil && info.Cluster.Leader == token(name) {
				s.Leader = name
			}
		}
		s.Members = append(s.Members, m)
	}
	if len(e.cfg.Members) == 1 {
		s.Leader = e.cfg.Name
	}
	s.Quorum = there > len(e.cfg.Members)/2
	return s
}

// lookOutside is the status of a cluster that is not ours: its servers are what
// votes.
func (e *Engine) lookOutside(info nats.StreamInfo) cluster.EngineStatus {
	s := cluster.EngineStatus{Quorum: true}
	if info.Cluster == nil {
		return s
	}
	s.Leader = info.Cluster.Leader
	up := map[string]bool{s.Leader: true}
	for _, r := range info.Cluster.Replicas {
		up[r.Name] = !r.Offline
	}
	for _, name := range slices.Sorted(maps.Keys(up)) {
		s.Members = append(s.Members, cluster.MemberStatus{Name: name, Role: cluster.RoleWitness, Up: up[name]})
	}
	return s
}

// leases is what the leader of the leases says of their stream, and nothing if
// there is none.
func (e *Engine) leases() nats.StreamInfo {
	ctx, cancel := clock.WithTimeout(e.cfg.Clock, e.ctx, watchTimeout)
	defer cancel()
	info, err := e.streamInfo(ctx, leasesStream)
	if err != nil {
		return nats.StreamInfo{}
	}
	return info
}

func (e *Engine) streamInfo(ctx context.Context, name string) (info nats.StreamInfo, err error) {
	err = e.api(ctx, "STREAM.INFO."+name, nil, &info)
	return info, err
}

// StepAside has another member lead the leases and the logs, if this one does: the
// first of to that has all that is kept. Where none has, this one goes on.
func (e *Engine) StepAside(ctx context.Context, to ...string) error {
	if e.server == nil {
		return nil // no machine of ours leads
	}
	for _, name := range []string{leasesStream, stateStream} {
		var err error
		for range asideTries {
			if err = e.stepAside(ctx, name, to); err == nil || ctx.Err() != nil || e.ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stepAside has another member lead a stream if this one does. Only a leader answers:
// where another has just begun to lead there is no answer, and one has to look again.
func (e *Engine) stepAside(ctx context.Context, stream string, to []string) error {
	ctx, cancel := clock.WithTimeout(e.cfg.Clock, ctx, asideTimeout)
	defer cancel()
	info, err := e.streamInfo(ctx, stream)
	if err != nil || info.Cluster == nil || info.Cluster.Leader != token(e.cfg.Name) {
		return err
	}
	for _, member := range to {
		// A leader that has just been elected may not have heard yet how far the others are.
		if slices.ContainsFunc(info.Cluster.Replicas, func(r *nats.PeerInfo) bool { return r.Name == token(member) && r.Current && !r.Offline }) {
			return e.api(ctx, "STREAM.LEADER.STEPDOWN."+stream, map[string]any{
				"placement": map[string]any{"preferred": token(member)},
			}, &struct{}{})
		}
	}
	return nil
}

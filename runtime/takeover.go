package runtime

import (
	"errors"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

// In a cluster a host takes over from another one what that has put into the log of
// the share. A run that has its time by the clock begins once, whatever becomes of
// one machine: that it begins is in the log before it does, and what is not there
// has not begun, so that the next holder makes up for it.

// inCluster reports whether several hosts share the state.
func (h *Host) inCluster() bool { return h.conf.StateLog != nil }

// takesOver reports whether the scripts that are loaded now are those that another
// holder of the share had, or this one before.
func (h *Host) takesOver(opened, now time.Time) bool {
	return h.inCluster() && now.Sub(opened) <= lateGrace
}

// away is why a run was missed.
func (h *Host) away() string {
	if h.inCluster() {
		return "no host held the share"
	}
	return "the host was down"
}

// runsOnce reports whether each run of the job begins once, on one of the hosts: it
// has its time by the clock, or by a beat that is worth an entry in the log.
func (j *job) runsOnce() bool {
	if !j.script.host.inCluster() || j.on != nil {
		return false
	}
	switch j.spec.Kind {
	case "cron", "at":
		return true
	case "every":
		return j.fixed || j.spec.Interval >= lateGrace
	}
	return false
}

// noteInLog waits until the log has what was noted of runs. The error says that it
// has not, as far as is known.
func (s *script) noteInLog() error {
	ctx, cancel := clock.WithTimeout(s.host.clk, s.ctx, lateGrace)
	defer cancel()
	err := s.host.store.Flush(ctx)
	for err != nil && !errors.Is(err, store.ErrFenced) && !errors.Is(err, store.ErrClosed) && clock.Cause(ctx) == nil {
		clock.Sleep(ctx, s.host.clk, time.Second)
		err = s.host.store.Flush(ctx)
	}
	switch {
	case err == nil:
		return nil
	case clock.Cause(s.ctx) != nil:
		return clock.Cause(s.ctx)
	case errors.Is(err, store.ErrFenced):
		return &luaapi.Failure{
			Kind: "elsewhere", Message: "the run did not begin: another host has taken this share", Err: errors.Join(isapi.ErrElsewhere, err),
		}
	}
	return &luaapi.Failure{
		Kind: "busy", Message: "the run did not begin: the cluster has not noted it: " + firstLine(err), Err: err,
		Hint: "`hiklua cluster status` tells who is missing",
	}
}

// hasNotRun takes back that a run has begun, so that the next holder, or the next
// generation of the script, makes up for it.
func (j *job) hasNotRun(f luaapi.Firing) {
	j.script.host.store.SetLastRun(j.script.name, j.name, f.Scheduled.Add(-1))
}

// beat is the name under which it is kept since when a job counts its intervals.
func (j *job) beat() string { return "\x00beat " + j.phase() }

// keepBeat has a job that takes over go on with the beat that it had, and the next
// holder with the one that it has now. Called with script.mu held.
func (j *job) keepBeat(opened, now time.Time) {
	s := j.script
	if !s.host.inCluster() || j.spec.Kind != "every" || j.fixed || !s.isFile() {
		return
	}
	kept, ok := s.host.store.LastRun(s.name, j.beat())
	if ok && s.phases == nil && s.host.takesOver(opened, now) {
		j.began = kept
	}
	if !ok || !kept.Equal(j.began) {
		s.host.store.SetLastRun(s.name, j.beat(), j.began)
	}
}

// begunUntil is up to when the runs of a job have begun: later than now where the
// clock of the former holder is ahead of this one's.
func (j *job) begunUntil(now time.Time) time.Time {
	if !j.runsOnce() {
		return now
	}
	r, ok := j.script.host.store.LatestRun(j.script.name, j.name)
	if ok && r.Scheduled.After(now) && r.Scheduled.Sub(now) <= lateGrace {
		return r.Scheduled
	}
	return now
}

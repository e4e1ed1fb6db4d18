package runtime

import (
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

const (
	// offencesAllowed within offenceWindow are one too many: a script whose
	// tasks ran away that often is held back.
	offencesAllowed = 3
	offenceWindow   = time.Minute
	// The first pause, and what they grow to, each twice the one before.
	holdMin = time.Minute
	holdMax = time.Hour
)

// health is how a generation of a script fares. Guarded by script.mu.
type health struct {
	since     time.Time // went live
	lastErr   error     // that no script caught
	lastErrAt time.Time

	offences   []time.Time // runaways, of the last minute
	holds      int         // how often it was held back
	heldUntil  time.Time   // no run and no task begins before
	holdLogged bool        // a run that was left out has been logged
}

// noteEnd notes how a task ended, and whether its error was logged.
func (s *script) noteEnd(t *task, err error, logged bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.host.clk.Now()
	if logged {
		s.health.lastErr, s.health.lastErrAt = err, now
	}
	if err == nil || t.loading || Report(err).Kind != "runaway" {
		return
	}
	s.health.offences = append(slices.DeleteFunc(s.health.offences, func(at time.Time) bool { return now.Sub(at) >= offenceWindow }), now)
	if len(s.health.offences) < offencesAllowed || s.health.heldUntil.After(now) {
		return
	}
	pause := min(holdMin<<min(s.health.holds, 10), holdMax)
	s.health.offences, s.health.holdLogged = nil, false
	s.health.holds++
	s.health.heldUntil = now.Add(pause)
	s.host.log.Error(fmt.Sprintf("script held back for %v: its tasks ran away %d times within %v", clock.FormatDuration(pause), offencesAllowed, clock.FormatDuration(offenceWindow)),
		keyScript, s.name, keyUntil, s.health.heldUntil.In(s.site.Timezone).Format(time.TimeOnly),
		keyHint, "mend and save it: then it runs at once")
}

// heldBack reports until when no run of the script may begin; zero: they may.
// Called with mu held.
func (s *script) heldBack() time.Time {
	if s.health.heldUntil.After(s.host.clk.Now()) {
		return s.health.heldUntil
	}
	return time.Time{}
}

// leftOut reports whether a run does not begin because the script is held
// back, and logs the first of them. Called with mu held.
func (j *job) leftOut() bool {
	s := j.script
	until := s.heldBack()
	if until.IsZero() {
		return false
	}
	j.recordRun(journal.RunSkipped, nil, luaapi.Firing{Started: s.host.clk.Now()}, j.heldError(until))
	if !s.health.holdLogged {
		s.health.holdLogged = true
		s.host.log.Warn("run left out: the script is held back", keyScript, s.name, keyJob, j.name,
			keyUntil, until.In(s.site.Timezone).Format(time.TimeOnly))
	}
	return true
}

// heldError is the answer to an operator who starts a job by hand.
func (j *job) heldError(until time.Time) error {
	return &luaapi.Failure{
		Kind:    "busy",
		Message: fmt.Sprintf("%s is held back until %s because its tasks ran away", j.script.name, until.In(j.script.site.Timezone).Format(time.TimeOnly)),
		Hint:    "mend and save it: then it runs at once",
		Err:     errHeld,
	}
}

// awaitTurn keeps a spawned task waiting while its script is held back.
func (t *task) awaitTurn() error {
	if !t.patient {
		return nil
	}
	for {
		t.script.mu.Lock()
		until := t.script.heldBack()
		t.script.mu.Unlock()
		if until.IsZero() {
			return nil
		}
		if err := clock.Sleep(t.ctx, t.script.host.clk, until.Sub(t.script.host.clk.Now())); err != nil {
			return err
		}
	}
}

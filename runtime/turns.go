package runtime

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Where time is virtual it goes on only when nothing has anything to do. What
// always has would hold it up for ever: these bounds end it.
const (
	// maxTaskTurns is how often a task may go on within turnSpell, and maxScriptTurns
	// how often all tasks of a script may. An instant alone is no bound: a loop that
	// sleeps for a nanosecond would fill the second with a thousand million of them.
	maxTaskTurns   = 10_000
	maxScriptTurns = 20_000
	turnSpell      = time.Second
	// stepsPatience is how long a task may compute in real time where its steps are
	// counted. What functions in Go do counts as steps, but not all of it; with the race
	// detector on a slow machine, the steps of a right script take most of a minute.
	stepsPatience = time.Minute
	// stepsPatienceLater is that once it was not enough for a task of the script.
	stepsPatienceLater = 5 * time.Second
	// afterOffence is the part of steps and turns that is left once a task of the
	// script has run away: the next will, too, and the week is to go on.
	afterOffence = 20
	// stepsASecond is how many instructions of Lua count as a second of
	// limits.compute.
	stepsASecond = 50_000_000
)

// StepsOf is Config.Steps for limits.compute.
func StepsOf(compute time.Duration) int64 { return int64(compute.Seconds() * stepsASecond) }

// turns count how often something goes on within a spell.
type turns struct {
	at      time.Time // when the spell began
	n       int
	offence bool // there were too many once
}

// tooMany counts one more, and reports whether there are more than most. It then
// begins anew.
func (c *turns) tooMany(now time.Time, most int) bool {
	if d := now.Sub(c.at); d >= turnSpell || d < 0 {
		c.at, c.n = now, 0
	}
	c.n++
	if c.n <= most {
		return false
	}
	c.n = 0
	return true
}

// within says over what time the turns were taken.
func (c *turns) within(now time.Time) string {
	if now.Equal(c.at) {
		return "without time going by"
	}
	return "within " + clock.FormatDuration(turnSpell)
}

// takeTurn gives a task its steps until it waits again. The caller has the
// script's lock.
func (t *task) takeTurn() {
	s := t.script
	steps, most, mostOfAll := s.host.conf.Steps, maxTaskTurns, maxScriptTurns
	if s.turns.offence {
		steps, most, mostOfAll = steps/afterOffence, most/afterOffence, mostOfAll/afterOffence
	}
	t.flag.Allow(steps)
	now := s.host.clk.Now()
	mine, all := t.turns.tooMany(now, most), s.turns.tooMany(now, mostOfAll)
	if !mine && !all {
		return
	}
	s.turns.offence = true
	what := "went on again and again " + t.turns.within(now)
	if !mine {
		what = "it and other tasks of the script went on again and again " + s.turns.within(now)
	}
	t.flag.Stop(&luaapi.Failure{Kind: "runaway", Message: what, Hint: "wait for longer than 0 in loops, and between one task and the next"})
}

// tooManySteps is the error of a task that has used up its steps.
func (s *script) tooManySteps() error {
	s.turns.offence = true
	return &luaapi.Failure{
		Kind:    "runaway",
		Message: fmt.Sprintf("computed for longer than limits.compute (%s) without waiting", clock.FormatDuration(s.host.site().Limits.Compute)),
		Hint:    "call hik.sleep in long loops",
	}
}

// computed is what os.clock tells: real time, or where the steps of tasks are
// counted that of the clock.
func (h *Host) computed() func() time.Duration {
	if h.conf.Steps == 0 {
		return h.watch.Elapsed
	}
	began := h.clk.Now()
	return func() time.Duration { return h.clk.Now().Sub(began) }
}

package sim

import "time"

// patrol is a round of presets that the device runs by itself.
type patrol struct {
	name  string
	steps []patrolStep
}

type patrolStep struct {
	preset int // 0: an empty slot
	speed  int // 1..40
	delay  int // seconds, or milliseconds where the device counts so
}

// patrolRun is the patrol that goes on. Only one does.
type patrolRun struct {
	id     int
	step   int       // the next one
	next   time.Time // when the head leaves for it
	paused bool
	unit   time.Duration
}

const (
	maxPatrol    = 8
	patrolSlots  = 32
	maxPatrolGap = 1800
)

func defaultPatrols() map[int]patrol {
	return map[int]patrol{1: {"round", []patrolStep{{1, 30, 15}, {2, 30, 15}, {3, 30, 15}, {4, 30, 15}}}}
}

// startPatrol begins a patrol, or goes on with the one that pauses. It
// reports whether there is anything to visit.
func (h *head) startPatrol(id int, now time.Time, unit time.Duration) bool {
	h.advance(now)
	if h.run != nil && h.run.id == id && h.run.paused {
		h.run.paused, h.run.next = false, now
		h.advance(now)
		return true
	}
	h.run = nil
	p := h.patrols[id]
	for _, s := range p.steps {
		if _, ok := h.presets[s.preset]; ok {
			h.stop(now)
			h.run = &patrolRun{id: id, next: now, unit: unit}
			h.advance(now)
			return true
		}
	}
	return false
}

// pausePatrol holds the head where it is. The step it was on its way to is
// taken again later.
func (h *head) pausePatrol(id int, now time.Time) bool {
	h.advance(now)
	if h.run == nil || h.run.id != id {
		return false
	}
	run := *h.run
	if h.moving(now) {
		n := len(h.patrols[id].steps)
		run.step = (run.step + n - 1) % n
	}
	h.stop(now)
	run.paused = true
	h.run = &run
	return true
}

// stopPatrol is content with a patrol that does not run.
func (h *head) stopPatrol(id int, now time.Time) bool {
	h.advance(now)
	if h.run != nil && h.run.id == id {
		h.stop(now)
	}
	return true
}

// advance lets the patrol do all that was due until now.
func (h *head) advance(now time.Time) {
	for run := h.run; run != nil && !run.paused && !run.next.After(now); {
		steps := h.patrols[run.id].steps
		step, found := patrolStep{}, false
		for range steps {
			step = steps[run.step%len(steps)]
			run.step = (run.step + 1) % len(steps)
			if _, found = h.presets[step.preset]; found {
				break
			}
		}
		if !found {
			h.run = nil
			return
		}
		h.travel(run.next, h.presets[step.preset].pose, float64(step.speed)/40)
		at, _ := h.rest()
		if at.Before(run.next) {
			at = run.next
		}
		run.next = at.Add(max(time.Second, time.Duration(step.delay)*run.unit))
	}
}

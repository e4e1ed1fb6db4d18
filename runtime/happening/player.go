package happening

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Player has things happen by a clock. Its fields are set before Play.
type Player struct {
	Clock clock.Clock
	// Until is the end of the span: what would happen then or later does not.
	Until time.Time
	// Seed decides about what comes at random and has no seed of its own.
	Seed uint64
	// Device finds a simulated device; nil: there is none of that name.
	Device func(name string) *sim.Device
	// Emit tells the scripts of an event.
	Emit func(name string, value any)
}

// Play sets the clock for all that happens from now on; what happens now is part
// of it. It returns at once. Where something could not happen, such as motion on
// a channel that a device does not have, nothing does, and problems says why.
func (p *Player) Play(all []Happening) (problems site.Problems) {
	for _, h := range all {
		if h.random == nil || h.random.named {
			problems = append(problems, p.check(h)...)
		}
	}
	if problems != nil {
		return problems
	}
	before := p.Clock.Now().Add(-1)
	for _, h := range all {
		if h.random != nil {
			p.draw(h, p.Clock.Now(), before)
			continue
		}
		p.next(h, before)
	}
	return nil
}

func (p *Player) check(h Happening) site.Problems {
	w := h.What
	amiss := func(message string) site.Problems {
		return site.Problems{{File: h.File, Line: h.Line, Message: message}}
	}
	switch d := p.Device(w.Device); {
	case w.Emit != "":
	case d == nil:
		return amiss(w.Device + " is no simulated device")
	case w.Channel != 0 && !d.HasChannel(w.Channel):
		return amiss(fmt.Sprintf("%s has no channel %d", w.Device, w.Channel))
	}
	return nil
}

// next sets the clock for the first time after another.
func (p *Player) next(h Happening, after time.Time) {
	at := h.when.Next(after)
	if at.IsZero() || !at.Before(p.Until) {
		return
	}
	p.Clock.At(at, func() {
		what := h.What
		if h.until != nil {
			what.For = h.lasts(at)
		}
		p.do(h, what)
		p.next(h, at)
	})
}

// lasts is how long a span lasts that begins at a time. By the clock that is
// shown, so that "23:00-06:00" ends at six also when clocks change; a span that
// a change of clocks leaves out is moved as its begin is.
func (h *Happening) lasts(begin time.Time) time.Duration {
	d := h.until.Next(begin).Sub(begin)
	if most := h.length + 12*time.Hour; d <= 0 || d > most {
		return h.length
	}
	return d
}

// draw sets the clock for what comes at random in the day or the hour of t.
func (p *Player) draw(h Happening, t, after time.Time) {
	moments, next := h.random.draw(&h, t, p.Seed)
	for _, m := range moments {
		if m.at.After(after) && m.at.Before(p.Until) {
			p.Clock.At(m.at, func() { p.do(h, m.what) })
		}
	}
	if next.Before(p.Until) {
		p.Clock.At(next, func() { p.draw(h, next, next.Add(-1)) })
	}
}

func (p *Player) do(h Happening, w What) {
	if w.Emit != "" {
		p.Emit(w.Emit, w.Value)
		return
	}
	if d := p.Device(w.Device); d != nil {
		w.Do(d)
	}
}

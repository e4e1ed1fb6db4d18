package runtime

import (
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

const (
	// A chain of emissions, each made by the handler of the one before, may
	// have so many links within so long: more is a circle.
	maxChain   = 1000
	chainSpell = time.Second
)

// emission is one link of a chain: an emission made by the handler of another.
type emission struct {
	began time.Time
	links int
}

// next is the link after c, which may be nil.
func (c *emission) next(now time.Time) *emission {
	if c == nil || now.Sub(c.began) > chainSpell {
		return &emission{began: now, links: 1}
	}
	return &emission{began: c.began, links: c.links + 1}
}

// Emit implements luaapi.Task.
func (t *task) Emit(name string, value any) error {
	now := t.script.host.clk.Now()
	link := t.chain.next(now)
	if link.links > maxChain {
		return &luaapi.Failure{
			Kind:    "busy",
			Message: fmt.Sprintf("%q is emitted in a circle: %d times within %v, each time by the handler of the one before", name, maxChain, clock.FormatDuration(chainSpell)),
			Hint:    "a handler must not emit what leads back to it; if it has to, let it sleep in between",
		}
	}
	t.script.host.record(t.by(journal.Entry{Kind: journal.Event, Time: now, What: name}))
	t.script.host.devices.Hub().Emit(name, value, now, link)
	return nil
}

// Emit tells every script that listens to name of a value, as hik.emit does in a
// script, and returns how many handlers were told. "mqtt:" and a topic tells of a
// message that did not come, "http:" and a name of a request to that hook. The value is as luaapi.Task.Emit takes it; the error
// says why the name is none. It does not wait.
func (h *Host) Emit(name string, value any) (told int, err error) {
	if err := luaapi.CheckToldName(name); err != nil {
		return 0, err
	}
	if topic, ok := strings.CutPrefix(name, luaapi.MessageEvent); ok {
		return h.Deliver(asMessage(topic, value)), nil
	}
	if hook, ok := strings.CutPrefix(name, luaapi.HookEvent); ok {
		return h.deliverHook(&luaapi.HookCall{Request: asRequest(hook, value)}), nil
	}
	now := h.clk.Now()
	h.record(journal.Entry{Kind: journal.Event, Time: now, What: name})
	return h.devices.Hub().Emit(name, value, now, (*emission)(nil)), nil
}

// EmittedNames are the names that scripts listen to by hik.on, sorted.
func (h *Host) EmittedNames() []string { return h.devices.Hub().Names() }

package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

const (
	// hookTimeout is how long the caller of a hook waits for what its handler
	// returns.
	hookTimeout = 10 * time.Second
	// hookRetry is when a caller may try again that came too early.
	hookRetry = 2 * time.Second
)

var (
	errHeld   = errors.New("the script is held back")
	errNotNow = errors.New("the handler takes nothing at this time")
)

// Hook implements luaapi.Services.
func (s *script) Hook(name string) error {
	s.seen.noteHook(name)
	web := s.host.site().Web
	if _, ok := web.Hook(name); !ok {
		return luaapi.NoHook(name, web.HookNames())
	}
	return nil
}

// CallHook has the handler of hik.on("http:NAME") run for a request, and returns
// what the caller gets. It waits for the end of the run, but no longer than
// hookTimeout, nor than ctx lasts: the run then goes on. Whether the caller may do
// that has been looked at before.
func (h *Host) CallHook(ctx context.Context, r luaapi.HookRequest) luaapi.HookAnswer {
	type end struct {
		begun bool
		err   error
	}
	ended := make(chan end, 1)
	w := h.clk.NewWaiter()
	defer clock.OnDone(h.ctx, w.Wake)()
	call := &luaapi.HookCall{Request: r}
	call.Ended = func(started, _ time.Time, err error) {
		select {
		case ended <- end{!started.IsZero(), err}:
			w.Wake()
		default: // its caller holds a lock
		}
	}
	if h.deliverHook(call) == 0 {
		return h.noHandler(r.Name)
	}
	limit, cancel := clock.WithTimeout(h.clk, ctx, hookTimeout)
	defer cancel()
	clock.WaitFor(limit, w)
	select {
	case e := <-ended:
		if e.err == nil {
			return call.Answer
		}
		return h.hookFailed(r.Name, e.begun, e.err)
	default:
	}
	if clock.Cause(h.ctx) != nil || clock.Cause(ctx) != nil {
		return RefuseHook(http.StatusServiceUnavailable, "cancelled", "the host stops, or its page is taken down, before "+luaapi.HookEvent+r.Name+" has answered", hookRetry)
	}
	return jsonAnswer(http.StatusAccepted, map[string]bool{"running": true})
}

// deliverHook gives a request to the handler of its hook, and returns how many there
// are: one or none. It does not wait.
func (h *Host) deliverHook(call *luaapi.HookCall) (told int) {
	name := luaapi.HookEvent + call.Request.Name
	hub := h.devices.Hub()
	if !hub.Has(name) {
		return 0
	}
	now := h.clk.Now()
	from := ""
	if call.Request.Address != "" {
		from = "from " + call.Request.Address
	}
	h.record(journal.Entry{Kind: journal.Event, Time: now, What: name, Name: from})
	return hub.Emit(name, call, now, (*emission)(nil))
}

// noHandler is the answer where no script listens.
func (h *Host) noHandler(name string) luaapi.HookAnswer {
	if h.isLoading() {
		return RefuseHook(http.StatusServiceUnavailable, "busy", "scripts are being loaded: the handler of "+luaapi.HookEvent+name+" may be among them", hookRetry)
	}
	return RefuseHook(http.StatusNotFound, "not_found", fmt.Sprintf("no script that runs has hik.on(%q, fn)", luaapi.HookEvent+name), 0)
}

// isLoading reports whether a script is about to run that did not before.
func (h *Host) isLoading() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.scanned {
		return h.started && !h.stopping
	}
	for _, o := range h.loaders {
		if o.current != nil && o.live == nil && o.aside == nil {
			return true
		}
	}
	return false
}

// hookFailed is the answer of a run that did not begin, or ended with an error.
func (h *Host) hookFailed(name string, begun bool, err error) luaapi.HookAnswer {
	name = luaapi.HookEvent + name
	message := h.withoutSecrets(Report(err).Message)
	switch {
	case isOrderly(err):
		return RefuseHook(http.StatusServiceUnavailable, "cancelled", name+" was cut off: "+message, hookRetry)
	case errors.Is(err, errNotNow):
		return RefuseHook(http.StatusConflict, "denied", name+": "+message, 0)
	case !begun && errors.Is(err, errHeld):
		return RefuseHook(http.StatusServiceUnavailable, "busy", message, hookRetry)
	case !begun:
		return RefuseHook(http.StatusTooManyRequests, "busy", message, hookRetry)
	}
	return RefuseHook(http.StatusInternalServerError, Report(err).Kind, message, 0)
}

// RefuseHook is the answer to a request that no script has taken: {"error": {kind,
// message}}, as everywhere in the API. The caller may try again after retry; 0: it
// is not told so.
func RefuseHook(status int, kind, message string, retry time.Duration) luaapi.HookAnswer {
	type failure struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	}
	a := jsonAnswer(status, map[string]failure{"error": {kind, strings.Join(strings.Fields(message), " ")}})
	a.RetryAfter = retry
	return a
}

func jsonAnswer(status int, v any) luaapi.HookAnswer {
	text, _ := json.Marshal(v) // it holds texts and a boolean
	return luaapi.HookAnswer{Status: status, ContentType: "application/json", Body: text}
}

// asRequest is a value of which a script is told as if it had come for a hook: a text
// as it stands, anything else as JSON.
func asRequest(name string, value any) luaapi.HookRequest {
	r := luaapi.HookRequest{Name: name, Body: payloadOf(value)}
	if _, isText := value.(string); !isText && value != nil {
		r.ContentType = "application/json"
	}
	return r
}

package luaapi

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/nearest"
)

const (
	// HookEvent is before the name of a hook where the name of an event is due.
	HookEvent = "http:"
	// MaxHookBody bounds what a request to a hook carries, in bytes.
	MaxHookBody = 64 << 10
	// MaxHookAnswer bounds what a handler returns, in bytes.
	MaxHookAnswer = 1 << 20
)

// HookRequest is a request to a hook.
type HookRequest struct {
	Name        string
	ContentType string // as it came
	Body        []byte // at most MaxHookBody; nothing may change it
	Query       url.Values
	Form        url.Values // of a body that is a form; nil: it is none
	Address     string     // of the caller; "": the request did not come over the network
}

// HookAnswer is what the caller of a hook gets.
type HookAnswer struct {
	Status      int    // of HTTP
	ContentType string // "": there is no body
	Body        []byte
	RetryAfter  time.Duration // when the caller may try again; 0: nothing is said of that
}

// HookCall is a request on its way to a handler, the value of its Firing.
type HookCall struct {
	Request HookRequest
	// Answer is of the handler, and complete once Ended is told of a run without an
	// error.
	Answer HookAnswer
	// Ended is Firing.Ended.
	Ended func(started, ended time.Time, err error)
}

// NoHook is the error of a hook that site.yaml has no token for; it has known.
func NoHook(name string, known []string) error {
	env := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	hint := fmt.Sprintf(`site.yaml needs web: {hooks: {%s: {token: "${%s_TOKEN}"}}}`, name, env)
	if near := nearest.Word(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q? Otherwise %s", HookEvent+near, hint)
	}
	return &Failure{Kind: "misuse", Message: fmt.Sprintf("the hook %q has no token", name), Hint: hint, Err: ErrUnknownName}
}

var hookNameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// CheckHookName says why a name is none that a hook can have; nil: it is one.
func CheckHookName(name string) error {
	if !hookNameForm.MatchString(name) {
		return fmt.Errorf("the hook name %q: it has letters A to Z, digits, - and _, at most 64", name)
	}
	return nil
}

// onHook is hik.on for "http:NAME".
func (c *call) onHook(name string) int {
	if err := CheckHookName(name); err != nil {
		c.misuse("%v", err)
	}
	if err := c.m.script.Hook(name); err != nil {
		c.refuse(err)
	}
	spec := EventSpec{Type: HookEvent + name}
	return c.addJob(JobSpec{Kind: "on", When: spec.Type, Event: &spec}, eventOptions)
}

// schemeMeant is a slip of "http:" or "mqtt:" before the name of something that is no
// device.
func (c *call) schemeMeant(name string) {
	before, rest, _ := strings.Cut(name, ":")
	if strings.Contains(before, "/") || rest == "" {
		return
	}
	for _, d := range c.m.script.Devices() {
		if d.Name() == before {
			return
		}
	}
	schemes := []string{strings.TrimSuffix(HookEvent, ":"), strings.TrimSuffix(MessageEvent, ":")}
	known := schemes
	for _, d := range c.m.script.Devices() {
		known = append(known, d.Name())
	}
	near := nearest.Word(before, known)
	if before == "https" {
		near = schemes[0]
	}
	for _, scheme := range schemes {
		if near == scheme {
			c.misuse("no event is called %q (did you mean %q?)", name, scheme+":"+rest)
		}
	}
}

// hookCallOf is the request that a handler is told of. A run by hand has none: it
// gets an empty one.
func hookCallOf(f Firing) (call *HookCall, ok bool) {
	if call, told := f.Value.(*HookCall); told {
		return call, true
	}
	name, ok := strings.CutPrefix(f.Event.Type, HookEvent)
	return &HookCall{Request: HookRequest{Name: name}}, ok
}

// hookTable is a request as scripts have it. Where the body is no JSON, json is nil,
// and form where it is no form.
func hookTable(L *lua.LState, r HookRequest) *lua.LTable {
	t := L.CreateTable(0, 8)
	t.RawSetString("name", lua.LString(r.Name))
	t.RawSetString("body", lua.LString(r.Body))
	t.RawSetString("query", fieldTable(L, r.Query))
	setText(t, "content_type", r.ContentType)
	setText(t, "address", r.Address)
	if r.Form != nil {
		t.RawSetString("form", fieldTable(L, r.Form))
		return t
	}
	reader := jsonReader{interruptible: interruptible{L: L}, s: string(r.Body)}
	if v, err := reader.document(); err == nil {
		t.RawSetString("json", v)
	}
	return t
}

// fieldTable is {name = text}; of a name that comes several times, the last counts.
func fieldTable(L *lua.LState, fields url.Values) *lua.LTable {
	t := L.CreateTable(0, len(fields))
	for name, values := range fields {
		if n := len(values); n > 0 {
			t.RawSetString(name, lua.LString(values[n-1]))
		}
	}
	return t
}

// TakeAnswer makes what the handler of a hook has returned the answer of its call;
// other runs have none. It is called by the holder of the script's lock. The error
// says that no caller could read what was returned.
func TakeAnswer(L *lua.LState, f Firing, results []lua.LValue) error {
	call, ok := f.Value.(*HookCall)
	if !ok {
		return nil
	}
	call.Answer = HookAnswer{Status: http.StatusNoContent}
	if len(results) == 0 {
		return nil
	}
	switch v := results[0].(type) {
	case *lua.LNilType:
		return nil
	case lua.LString:
		call.Answer = HookAnswer{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte(v)}
	default:
		text, err := encodeJSON(L, v, "")
		if err != nil {
			return &Failure{Kind: "misuse", Message: fmt.Sprintf("what the handler of %s%s returns is no answer: %v", HookEvent, call.Request.Name, err),
				Hint: "a table is answered as JSON, a string as text, nil as nothing"}
		}
		call.Answer = HookAnswer{Status: http.StatusOK, ContentType: "application/json", Body: []byte(text)}
	}
	if n := len(call.Answer.Body); n > MaxHookAnswer {
		return &Failure{Kind: "misuse", Message: fmt.Sprintf("what the handler of %s%s returns has %d bytes, and %d MB is the most", HookEvent, call.Request.Name, n, MaxHookAnswer>>20)}
	}
	return nil
}

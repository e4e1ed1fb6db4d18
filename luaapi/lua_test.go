package luaapi

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// Each file of testdata is a script that checks one part of the module with
// the functions of testdata/prelude.lua. A new behaviour is a new case there.
func TestLua(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) < 2 {
		t.Fatal("no tests in testdata", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".lua")
		if name == "prelude" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			h := newFakeHost(t)
			if err := h.run(file); err != nil {
				r := Describe(err)
				t.Errorf("%s\n%s", r, r.Traceback)
			}
			if h.L.GetGlobal("cases").(*lua.LTable).Len() == 0 {
				t.Error("the file has no case")
			}
		})
	}
}

// openPrelude gives scripts what testdata/prelude.lua is made of.
func (h *fakeHost) openPrelude() {
	L := h.L
	host := L.NewTable()
	L.SetGlobal("host", host)
	set := func(name string, fn lua.LGFunction) { host.RawSetString(name, L.NewFunction(fn)) }
	take := func(L *lua.LState, lines *[]string) int {
		t := L.NewTable()
		for _, l := range *lines {
			t.Append(lua.LString(l))
		}
		*lines = nil
		L.Push(t)
		return 1
	}
	device := func(L *lua.LState) *fakeDevice {
		dev, err := h.Device(L.CheckString(1))
		if err != nil {
			L.RaiseError("%v", err)
		}
		return dev.(*fakeDevice)
	}
	set("fail", func(L *lua.LState) int {
		h.t.Errorf("%s", L.CheckString(1))
		return 0
	})
	set("line", func(L *lua.LState) int {
		dbg, _ := L.GetStack(L.CheckInt(1))
		L.GetInfo("l", dbg, lua.LNil)
		L.Push(lua.LNumber(dbg.CurrentLine))
		return 1
	})
	set("asked", func(L *lua.LState) int { return take(L, &device(L).asked) })
	set("commands", func(L *lua.LState) int { return take(L, &device(L).commands) })
	set("logged", func(L *lua.LState) int { return take(L, &h.logged) })
	set("answer", func(L *lua.LState) int { device(L).answers[L.CheckString(2)] = L.CheckString(3); return 0 })
	set("quoted", func(L *lua.LState) int { L.Push(lua.LString(fmt.Sprintf("%q", L.CheckString(1)))); return 1 })
	set("broker", func(L *lua.LState) int { h.noBroker = !L.CheckBool(1); return 0 })
	set("message", func(L *lua.LState) int {
		m := Message{Topic: L.CheckString(1), Payload: []byte(L.CheckString(2)), Retain: L.OptBool(3, false)}
		args := FiringArgs(L, takesAll(L), Firing{Event: &Event{Type: MessageEvent + m.Topic}, Value: m})
		for _, arg := range args {
			L.Push(arg)
		}
		return len(args)
	})
	set("hook", func(L *lua.LState) int {
		r := HookRequest{Name: "door", Body: []byte(L.CheckString(1)), ContentType: L.OptString(2, ""), Address: "192.0.2.7"}
		r.Query = url.Values{"card": {"6", "7"}}
		if L.OptBool(3, false) {
			r.Form = url.Values{"state": {"open"}}
		}
		for _, arg := range FiringArgs(L, takesAll(L), Firing{Event: &Event{Type: HookEvent + r.Name}, Value: &HookCall{Request: r}}) {
			L.Push(arg)
		}
		return 2
	})
	set("empty_hook", func(L *lua.LState) int {
		L.Push(FiringArgs(L, takesAll(L), Firing{Event: &Event{Type: HookEvent + "door"}})[0])
		return 1
	})
	set("answered", func(L *lua.LState) int {
		call := &HookCall{Request: HookRequest{Name: "door"}}
		var results []lua.LValue
		for i := range L.GetTop() {
			results = append(results, L.Get(i+1))
		}
		if err := TakeAnswer(L, Firing{Value: call}, results); err != nil {
			L.Push(lua.LString(err.Error()))
			return 1
		}
		L.Push(lua.LString(fmt.Sprintf("%d %s %s", call.Answer.Status, call.Answer.ContentType, call.Answer.Body)))
		return 1
	})
	set("busy", func(L *lua.LState) int { device(L).busy = L.CheckBool(2); return 0 })
	set("state", func(L *lua.LState) int { device(L).state = L.CheckString(2); return 0 })
	set("loading", func(L *lua.LState) int {
		h.loading = L.CheckBool(1)
		if !h.loading {
			for _, begin := range h.held {
				begin()
			}
			h.held = nil
		}
		return 0
	})
	set("file", func(L *lua.LState) int { L.Push(lua.LString(h.files[L.CheckString(1)])); return 1 })
	set("job", func(L *lua.LState) int {
		j := h.jobs[len(h.jobs)-1]
		L.Push(lua.LString(fmt.Sprintf("%s %q %v %s name=%s overlap=%s timeout=%v jitter=%v tz=%s days=%s between=%s",
			j.spec.Kind, j.spec.When, j.spec.Interval, j.spec.Place, j.spec.Name, j.spec.Overlap, j.spec.Timeout, j.spec.Jitter,
			j.spec.Timezone, j.spec.Days, j.spec.Between)))
		L.Push(j.spec.Fn)
		return 2
	})
	set("opened", func(L *lua.LState) int { L.Push(toLua(L, h.opened[len(h.opened)-1])); return 1 })
	set("stops", func(L *lua.LState) int { L.Push(lua.LNumber(len(h.onStop))); return 1 })
	set("firing", func(L *lua.LState) int {
		L.Push(FiringTable(L, Firing{Name: "night", Scheduled: began, Started: began.Add(1500e6), Late: 1500e6}))
		return 1
	})
	h.openEvents(set)
	put := func(m map[string]int) { m["x"] = 1 }
	set("panics", h.moduleOf().bind("panics", func(c *call) int {
		put(nil)
		return 0
	}).GFunction)
	set("describe", func(L *lua.LState) int {
		err := L.CallByParam(lua.P{Fn: L.CheckFunction(1), Protect: true})
		if err == nil {
			L.RaiseError("no error")
		}
		r := Describe(err)
		L.Push(toLua(L, map[string]any{
			"kind": r.Kind, "message": r.Message, "hint": r.Hint, "file": r.File, "line": r.Line, "script": r.Script,
			"traceback": r.Traceback, "text": r.String(), "device": r.Device, "channel": r.Channel,
		}))
		return 1
	})
	if err := L.DoFile("testdata/prelude.lua"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *fakeHost) moduleOf() *module {
	return moduleOf(h.L)
}

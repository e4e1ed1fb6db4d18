package luaapi

import (
	"context"
	"fmt"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
)

// happens is the event that the fake devices have for tasks that wait.
var happens = &Event{
	Type: "line_crossing", Native: "linedetection", State: "start", Device: "nvr", Channel: 3, Time: began, Target: "human", Region: 2,
	Image: jpegBytes, Raw: []byte("<EventNotificationAlert/>"),
}

func (d *fakeDevice) Events() string { return "flowing" }

func (d *fakeDevice) WaitEvent(ctx context.Context, spec EventSpec, timeout time.Duration) (*Event, error) {
	d.note(Command{What: "wait " + spec.Type, Channel: spec.Channel}, fmt.Sprintf(" state=%s timeout=%v", spec.State, timeout))
	if spec.Type == happens.Type {
		return happens, nil
	}
	return nil, clock.Sleep(ctx, d.h.clk, timeout)
}

func (k *fakeTask) Emit(name string, value any) error {
	if name == "circle" {
		return &Failure{Kind: "busy", Message: "emitted in a circle"}
	}
	k.h.emitted = append(k.h.emitted, value)
	k.h.logged = append(k.h.logged, "emit "+name)
	return nil
}

// openEvents gives scripts host.registered, host.received and host.emitted.
func (h *fakeHost) openEvents(set func(string, lua.LGFunction)) {
	set("registered", func(L *lua.LState) int {
		j := h.jobs[len(h.jobs)-1]
		e := j.spec.Event
		device := "none"
		if e.Device != nil {
			device = e.Device.Name()
		}
		L.Push(lua.LString(fmt.Sprintf("%s %q %s ch%d %s state=%s name=%s overlap=%s days=%s between=%s timeout=%v", j.spec.Kind, j.spec.When,
			device, e.Channel, e.Type, e.State, j.spec.Name, j.spec.Overlap, j.spec.Days, j.spec.Between, j.spec.Timeout)))
		return 1
	})
	set("received", func(L *lua.LState) int {
		f := Firing{Name: "h", Scheduled: began, Started: began, Event: happens}
		if L.GetTop() > 0 {
			f.Event, f.Value = &Event{Type: L.CheckString(1)}, h.emitted[len(h.emitted)-1]
		}
		args := FiringArgs(L, takesAll(L), f)
		for _, v := range args {
			L.Push(v)
		}
		return len(args)
	})
}

// takesAll is a function that is given all there is.
func takesAll(L *lua.LState) *lua.LFunction {
	return L.NewFunction(func(*lua.LState) int { return 0 })
}

// The table of a run is made for functions that can see it.
func TestWhoGetsTheRun(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	for code, want := range map[string]int{
		"function() end": 0, "function(run) end": 1, "function(run, more) end": 1, "function(...) return ... end": 1, "function(...) end": 1, "print": 1,
	} {
		if err := L.DoString("fn = " + code); err != nil {
			t.Fatal(err)
		}
		if got := FiringArgs(L, L.GetGlobal("fn").(*lua.LFunction), Firing{Name: "night"}); len(got) != want {
			t.Errorf("%s gets %d values, want %d", code, len(got), want)
		}
	}
}

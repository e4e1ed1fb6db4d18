package luaapi

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

func TestDescribeGoErrors(t *testing.T) {
	refused := &isapi.Error{
		Op: "snapshot", Device: "gate", Channel: 3, HTTPStatus: 404, SubCode: "notSupport",
		Hint: "list the channels", Err: isapi.ErrNotFound,
	}
	for _, c := range []struct {
		err  error
		want Report
	}{
		{refused, Report{Kind: "not_found", Message: "gate: snapshot channel 3: 404 not found", Hint: "list the channels",
			Device: "gate", Channel: 3, Status: 404, SubStatus: "notSupport"}},
		{fmt.Errorf("more: %w", refused), Report{Kind: "not_found", Message: "gate: snapshot channel 3: 404 not found", Hint: "list the channels",
			Device: "gate", Channel: 3, Status: 404, SubStatus: "notSupport"}},
		{&isapi.Error{Device: "gate", Op: "info", Err: isapi.ErrOffline}, Report{Kind: "offline", Message: "gate: info: offline", Device: "gate", Retryable: true}},
		{&Failure{Kind: "busy", Message: "its queue is full", Device: "gate", Channel: 2, Hint: "wait"},
			Report{Kind: "busy", Message: "gate channel 2: its queue is full", Hint: "wait", Device: "gate", Channel: 2, Retryable: true}},
		{&Failure{Kind: "offline", Message: "no answer", Device: "gate", Err: refused},
			Report{Kind: "offline", Message: "gate: no answer", Device: "gate", Status: 404, SubStatus: "notSupport"}},
		{&Failure{Message: "odd"}, Report{Kind: "error", Message: "odd"}},
		{context.Canceled, Report{Kind: "cancelled", Message: "the task was ended"}},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), Report{Kind: "timeout", Message: "took longer than it may", Retryable: true}},
		{errors.New("two\nlines"), Report{Kind: "error", Message: "two lines"}},
	} {
		if got := Describe(c.err); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v\n got %+v\nwant %+v", c.err, got, c.want)
		}
	}
	if f := (&Failure{Err: context.Canceled}); !errors.Is(f, context.Canceled) {
		t.Error("what lies behind a failure is lost")
	}
}

func TestDescribeSyntaxErrors(t *testing.T) {
	for source, want := range map[string]Report{
		"local x = = 1":       {Line: 1, Col: 11, Message: "unexpected '=': = assigns, == in one piece compares"},
		"if true then":        {Line: 1, Message: "'end' expected to close 'if' at line 1 near end of file"},
		"\n\nlocal s = 'open": {Line: 3, Col: 11, Message: "unfinished string: the ' that begins here has no second one on its line"},
		"\ngoto nowhere":      {Line: 2, Message: "no visible label 'nowhere' for <goto> at line 2"},
	} {
		_, err := sandbox.Compile([]byte(source), "scripts/a.lua")
		want.Kind, want.File = "syntax", "scripts/a.lua"
		if got := Describe(err); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v\n got %+v\nwant %+v", source, err, got, want)
		}
	}
}

// Open works on a state that has nothing but the language, and gives the same
// module to require.
func TestModule(t *testing.T) {
	h := newFakeHost(t)
	if Module(h.L, h) != h.L.GetGlobal("hik") {
		t.Error("a second module was made")
	}
	bare := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer bare.Close()
	Open(bare, h)
	if bare.GetGlobal("hik").Type() != lua.LTTable {
		t.Error("no global hik")
	}
}

// No password is in anything that a script can print.
func TestNoPasswordInLua(t *testing.T) {
	h := newFakeHost(t)
	h.devices[0].answers["/ISAPI/System/deviceInfo"] = "401 "
	err := h.runText(`
		local out = {}
		local function see(v) out[#out + 1] = tostring(v) end
		local gate = hik.device("gate")
		see(gate) see(gate:channel(1)) see(gate:stream_url{stream = "main"})
		local ok, err = pcall(gate.info, gate)
		for k, v in pairs(err) do see(v) end
		see(err)
		error(table.concat(out, "\n"), 0)`, "scripts/a.lua")
	if err == nil || !strings.Contains(err.Error(), "gate/yard") {
		t.Fatal(err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

func BenchmarkOpen(b *testing.B) {
	h := newFakeHost(&testing.T{})
	b.ReportAllocs()
	for range b.N {
		L := lua.NewState(lua.Options{SkipOpenLibs: true, MinimizeStackMemory: true, RegistrySize: 256, CallStackSize: 32})
		Open(L, h)
		L.Close()
	}
}

// One call of the module from Lua: finding hik.now, calling it.
func BenchmarkCall(b *testing.B) {
	h := newFakeHost(&testing.T{})
	fn, err := h.L.Load(strings.NewReader("local n = ... for i = 1, n do hik.now() end"), "bench.lua")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := callOn(h.L, fn, []lua.LValue{lua.LNumber(b.N)}); err != nil {
		b.Fatal(err)
	}
}

package check

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
)

// Tester knows the words of tests where a file of tests/ is looked at, or a
// module, which may be for tests; nil for a script.
func (h *host) Tester() luaapi.Tester {
	if !h.testing {
		return nil
	}
	return tester{h}
}

type tester struct{ host *host }

func (t tester) Case(luaapi.TestCase) error {
	t.host.effects++
	return nil
}

func (t tester) Raise(luaapi.TestEvent) (bool, error) { return false, errRehearsal }

func (t tester) Message(luaapi.Message) (bool, error) { return false, errRehearsal }

func (t tester) Call(context.Context, luaapi.HookRequest) (luaapi.HookAnswer, error) {
	return luaapi.HookAnswer{}, errRehearsal
}

func (t tester) Fault(device, fault string, _ time.Duration) error {
	if _, err := t.host.Device(device); err != nil {
		return err
	}
	if _, err := sim.ParseFault(fault); fault != "" && err != nil {
		return err
	}
	return errRehearsal
}

func (tester) Left() time.Duration { return luaapi.LongestTest }

func (tester) Reload(context.Context, string) error { return errRehearsal }

func (tester) Restart(context.Context, time.Duration) error { return errRehearsal }

func (tester) Commands() []luaapi.TestCommand { return nil }

func (tester) Head(string, int) (isapi.Pose, bool, error) { return isapi.Pose{}, false, errRehearsal }

func (tester) Lines() []luaapi.TestLine { return nil }

func (tester) Notices() []luaapi.TestNotice { return nil }

func (tester) Requests() []luaapi.TestRequest { return nil }

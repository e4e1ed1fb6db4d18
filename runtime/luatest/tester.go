package luatest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

var _ luaapi.Tester = (*bench)(nil)

// Case implements luaapi.Tester.
func (b *bench) Case(c luaapi.TestCase) error {
	if b.testing {
		return errors.New("a test in a test would not run: write it beside the other")
	}
	switch i := slices.IndexFunc(b.cases, func(other luaapi.TestCase) bool { return other.Name == c.Name }); {
	case strings.TrimSpace(c.Name) == "":
		return fmt.Errorf("the name is empty")
	case strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("the name %q is to be one line", c.Name)
	case i >= 0:
		return fmt.Errorf("there is a test %q already, at %s", c.Name, b.cases[i].Place)
	}
	b.cases = append(b.cases, c)
	return nil
}

// Raise implements luaapi.Tester.
func (b *bench) Raise(e luaapi.TestEvent) (reaches bool, err error) {
	device, err := b.device(e.Device)
	if err != nil {
		return false, err
	}
	if e.Channel == 0 && e.Port == 0 {
		e.Channel = b.onlyChannel(e.Device)
	}
	if e.Channel != 0 && !device.HasChannel(e.Channel) {
		return false, fmt.Errorf("%s has no channel %d", e.Device, e.Channel)
	}
	lasts := e.Lasts
	if lasts == 0 {
		lasts = time.Second
	}
	return device.Raise(sim.Alert{
		Type: e.Type, Channel: e.Channel, Port: e.Port, Region: e.Region, Target: e.Target, For: lasts,
	}), nil
}

// Message implements luaapi.Tester.
func (b *bench) Message(m luaapi.Message) (told bool, err error) {
	if !b.testing {
		return false, errNotBegun
	}
	return b.host.Deliver(m) > 0, nil
}

// Call implements luaapi.Tester.
func (b *bench) Call(ctx context.Context, r luaapi.HookRequest) (luaapi.HookAnswer, error) {
	if !b.testing {
		return luaapi.HookAnswer{}, errNotBegun
	}
	return b.host.CallHook(ctx, r), clock.Cause(ctx)
}

// Fault implements luaapi.Tester.
func (b *bench) Fault(device, fault string, lasts time.Duration) error {
	d, err := b.device(device)
	if err != nil || fault == "" {
		if err == nil {
			d.SetFaults()
		}
		return err
	}
	f, err := sim.ParseFault(fault)
	switch {
	case err != nil:
		return err
	case lasts > 0 && (f.From != 0 || f.To != 0):
		return fmt.Errorf("fault %q has times of its own: leave lasts out", fault)
	case lasts > 0:
		f.To = lasts
	}
	d.SetFaults(f)
	return nil
}

// Left implements luaapi.Tester.
func (b *bench) Left() time.Duration { return b.began.Add(luaapi.LongestTest).Sub(b.clk.Now()) }

// Reload implements luaapi.Tester.
func (b *bench) Reload(ctx context.Context, script string) error {
	if !b.testing {
		return errNotBegun
	}
	return b.host.LoadAnew(ctx, script)
}

// Restart implements luaapi.Tester.
func (b *bench) Restart(ctx context.Context, down time.Duration) error {
	if !b.testing {
		return errNotBegun
	}
	return b.host.Restart(ctx, down)
}

var errNotBegun = errors.New("the scripts are not loaded yet: call it in the function of hik.test.case")

// Commands implements luaapi.Tester.
func (b *bench) Commands() []luaapi.TestCommand { return b.commands }

// Head implements luaapi.Tester.
func (b *bench) Head(device string, channel int) (isapi.Pose, bool, error) {
	d, err := b.device(device)
	if err != nil {
		return isapi.Pose{}, false, err
	}
	if channel == 0 {
		if channel = b.onlyChannel(device); channel == 0 {
			conf, _ := b.site.Device(device)
			return isapi.Pose{}, false, fmt.Errorf("%s has more than one channel: name one, such as \"%[1]s/%s\"", device, conf.Channels[0].Name)
		}
	}
	p := d.Head(channel)
	if p == (sim.Pose{}) {
		return isapi.Pose{}, false, fmt.Errorf("channel %d of %s has no head", channel, device)
	}
	return isapi.Pose{Pan: p.Pan, Tilt: p.Tilt, Zoom: p.Zoom}, d.Moving(channel), nil
}

// Lines implements luaapi.Tester.
func (b *bench) Lines() []luaapi.TestLine { return b.lines }

// Notices implements luaapi.Tester.
func (b *bench) Notices() []luaapi.TestNotice { return b.notices }

// Requests implements luaapi.Tester.
func (b *bench) Requests() []luaapi.TestRequest { return b.requests }

func (b *bench) device(name string) (*sim.Device, error) {
	if d := b.devices[name]; d != nil {
		return d, nil
	}
	return nil, luaapi.UnknownDevice(name, b.site.DeviceNames())
}

// onlyChannel is the channel of a device that has one, else 0.
func (b *bench) onlyChannel(device string) int {
	conf, _ := b.site.Device(device)
	switch len(conf.Channels) {
	case 0:
		return 1
	case 1:
		return conf.Channels[0].Address
	}
	return 0
}

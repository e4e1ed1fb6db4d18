package luaapi

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

var ioCommands = []command{
	{
		name: "inputs", result: "list of {id, active}", doc: "the alarm inputs; active is nil where the device does not tell",
		fn: func(c *call) int { return c.ports((*isapi.Client).Inputs) },
	},
	{
		name: "outputs", result: "list of {id, active}", doc: "the relays; active is nil where the device does not tell",
		fn: func(c *call) int { return c.ports((*isapi.Client).Outputs) },
	},
	{
		name: "set_output", args: "n, on, {duration=}", values: 2,
		options: []Option{{Name: "duration", Type: "duration",
			Doc: "switch back after that long, also when the task is ended meanwhile; then it returns"}},
		doc: "switches a relay",
		fn:  setOutput,
	},
	{
		name: "aux", channel: true, args: "what, on", values: 2, doc: `switches the head's "light" or "wiper"`,
		fn: func(c *call) int {
			what, ok := map[string]isapi.AuxDevice{"light": isapi.AuxLight, "wiper": isapi.AuxWiper}[c.text(0, "what")]
			if !ok {
				c.misuse("what must be %s, not %s", either([]string{"light", "wiper"}), describe(c.arg(0)))
			}
			on, channel := c.bool(1, "on"), c.channel()
			c.do(fmt.Sprintf("%s %s", c.text(0, "what"), onOff(on)), func(ctx context.Context, client *isapi.Client) error {
				return client.Aux(ctx, channel, what, on)
			})
			return 0
		},
	},
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (c *call) ports(list func(*isapi.Client, context.Context) ([]isapi.IOPort, error)) int {
	t := c.L.CreateTable(0, 0)
	for _, p := range ask(c, list) {
		item := c.L.CreateTable(0, 0)
		item.RawSetString("id", lua.LNumber(p.ID))
		if p.Active != nil {
			item.RawSetString("active", lua.LBool(*p.Active))
		}
		t.Append(item)
	}
	return c.push(t)
}

func setOutput(c *call) int {
	n, on := c.integer(0, "the output", 1, maxChannel), c.bool(1, "on")
	o := c.options(2, c.cmd.options)
	pulse := o.duration("duration")
	if o.given("duration") && pulse == 0 {
		c.misuse("duration must be more than 0")
	}
	dev, script, name := c.dev, c.m.script, c.cmd.name
	set := func(ctx context.Context, on bool) error {
		return dev.Do(ctx, Command{What: name, Detail: fmt.Sprintf("%d %s", n, onOff(on))}, func(ctx context.Context, client *isapi.Client) error {
			return client.SetOutput(ctx, n, on)
		})
	}
	c.wait(func(ctx context.Context) error {
		if err := set(ctx, on); err != nil || pulse == 0 {
			return err
		}
		return switchBack(ctx, script, dev, pulse, func(ctx context.Context) error { return set(ctx, !on) })
	})
	return 0
}

const (
	switchBackTries = 5
	switchBackPause = 2 * time.Second
)

// switchBack runs back after the pulse, or at once if the task is ended: a
// gate or a siren must not stay on because a script was saved.
func switchBack(ctx context.Context, script Script, dev Device, pulse time.Duration, back func(context.Context) error) error {
	ended := clock.Sleep(ctx, script.Clock(), pulse)
	calm := context.WithoutCancel(ctx)
	err := back(calm)
	for try := 1; err != nil && try < switchBackTries; try++ {
		if clock.Sleep(calm, script.Clock(), switchBackPause) != nil {
			break
		}
		err = back(calm)
	}
	if err != nil {
		script.Log(calm, slog.LevelError, "an output could not be switched back", slog.String("device", dev.Name()), slog.String("error", err.Error()))
		return err
	}
	return ended
}

package luaapi

import (
	"context"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// Loading begins what a script is told that asks, while it loads, for what only a
// script that is live has.
const Loading = "a script that is loading"

// command is a command of a device or of a channel. It is written once and
// can be called as hik.NAME(dev, ch, ...), dev:NAME(ch, ...) and ch:NAME(...).
type command struct {
	name    string
	aliases []string
	// channel says that it is of a channel; otherwise it is of the device.
	channel bool
	// head says that it is of the head of a channel: a fixed camera refuses it.
	head bool
	// args are those after device and channel, as the documentation has them.
	args string
	// values is how many of args are plain values: numbers, strings, booleans.
	// One more than that and the first is the channel.
	values  int
	options []Option
	// takesFn says that a function comes last.
	takesFn bool
	// quiet commands ask nothing of the device; a script that loads may use
	// them.
	quiet  bool
	result string
	doc    string
	// fn gets the values in args, then the options, then the function.
	fn func(*call) int
}

// The three places where a command can be called.
type form int

const (
	onHik form = iota
	onDevice
	onChannel
)

// entry is the command as a function of hik, or a method.
func (cmd *command) entry(f form) entry {
	var args []string
	if f == onHik {
		args = append(args, "dev")
	}
	if cmd.channel && f != onChannel {
		args = append(args, "[ch]")
	}
	if cmd.args != "" {
		args = append(args, cmd.args)
	}
	return entry{
		name: cmd.name, aliases: cmd.aliases, args: strings.Join(args, ", "), options: cmd.options,
		result: cmd.result, doc: cmd.doc, command: cmd,
		fn: func(c *call) int { return cmd.run(c, f) },
	}
}

// run finds device and channel, and calls fn with the arguments that remain.
func (cmd *command) run(c *call, f form) int {
	c.cmd = cmd
	switch f {
	case onHik:
		c.takeDevice()
	case onDevice:
		c.dev = c.self.(Device)
	case onChannel:
		c.target = c.self.(*channelRef)
		c.dev = c.target.dev
	}
	if cmd.channel && c.target == nil {
		c.takeChannel()
	}
	c.shape()
	if !cmd.quiet && TaskOf(c.L).Loading() {
		c.misuse(Loading + " can't command a device: do it in a job, or in hik.spawn(function() ... end)")
	}
	return cmd.fn(c)
}

// takeDevice takes the first argument of hik.NAME: a device, its name, or a
// channel, which brings its device.
func (c *call) takeDevice() {
	v := c.arg(0)
	if ref, ok := c.m.selfOf(c.m.kind("channel"), v).(*channelRef); ok {
		if !c.cmd.channel {
			c.misuse("it's a matter of the device: hik.%s(ch.device)", c.name)
		}
		c.target, c.dev = ref, ref.dev
	} else {
		c.dev = c.device(v)
	}
	c.args = c.args[1:]
}

// takeChannel takes the channel from the arguments if it is there.
func (c *call) takeChannel() {
	first := c.arg(0)
	if ref, ok := c.m.selfOf(c.m.kind("channel"), first).(*channelRef); ok {
		if ref.dev != c.dev {
			c.misuse("%s is no channel of %s", ref, c.dev.Name())
		}
		c.target, c.args = ref, c.args[1:]
		return
	}
	plain := 0
	for plain < len(c.args) && isPlain(c.args[plain]) {
		plain++
	}
	switch {
	case plain > c.cmd.values:
		c.args = c.args[1:]
		if first != lua.LNil {
			c.target = c.channelRef(first)
			return
		}
	case c.cmd.values > 0 && plain < c.cmd.values:
		c.misuse("it takes %s", c.cmd.usage())
	}
	c.target = &channelRef{dev: c.dev}
}

// isPlain reports whether v can be a channel or a value of a command.
func isPlain(v lua.LValue) bool {
	switch v.Type() {
	case lua.LTNil, lua.LTNumber, lua.LTString, lua.LTBool:
		return true
	}
	return false
}

// usage is what a command's arguments are, for errors.
func (cmd *command) usage() string {
	var args []string
	if cmd.channel {
		args = append(args, "[channel]")
	}
	return "(" + strings.Join(append(args, cmd.args), ", ") + ")"
}

// shape brings the remaining arguments to the order values, options, function,
// and refuses more.
func (c *call) shape() {
	cmd := c.cmd
	n := cmd.values
	if len(cmd.options) > 0 && n == 0 {
		switch c.arg(0).Type() {
		case lua.LTNil, lua.LTTable:
		case lua.LTFunction:
			if !cmd.takesFn {
				c.wantsTable()
			}
		default:
			c.wantsTable()
		}
	}
	if len(cmd.options) > 0 {
		if cmd.takesFn && c.arg(n).Type() == lua.LTFunction {
			rest := append([]lua.LValue{lua.LNil}, c.args[n:]...)
			c.args = append(c.args[:n:n], rest...)
		}
		n++
	}
	if cmd.takesFn {
		n++
	}
	c.atMost(n)
}

// wantsTable raises: a command that takes nothing but options got something else.
func (c *call) wantsTable() {
	c.misuse("it takes a table {%s}, not %s", optionNames(c.cmd.options), describe(c.arg(0)))
}

// do queues one request to the device and waits for its end.
func (c *call) do(detail string, f func(context.Context, *isapi.Client) error) {
	c.doAs(Command{What: c.cmd.name, Detail: detail}, f)
}

// doHead is do for what moves the head.
func (c *call) doHead(detail string, f func(context.Context, *isapi.Client) error) {
	c.doAs(Command{What: c.cmd.name, Detail: detail, Head: true}, f)
}

func (c *call) doAs(cmd Command, f func(context.Context, *isapi.Client) error) {
	if err := c.tryDo(cmd, f); err != nil {
		c.raise(err)
	}
}

func (c *call) tryDo(cmd Command, f func(context.Context, *isapi.Client) error) error {
	if cmd.Channel == 0 && c.target != nil {
		cmd.Channel = c.target.id
	}
	dev := c.dev
	return c.try(func(ctx context.Context) error { return dev.Do(ctx, cmd, f) })
}

// tryAsk queues one question to the device and waits for the answer.
func tryAsk[T any](c *call, cmd Command, f func(context.Context, *isapi.Client) (T, error)) (answer T, err error) {
	err = c.tryDo(cmd, func(ctx context.Context, client *isapi.Client) (err error) {
		answer, err = f(ctx, client)
		return err
	})
	return answer, err
}

// ask is the command that a method of the client answers.
func ask[T any](c *call, method func(*isapi.Client, context.Context) (T, error)) T {
	answer, err := tryAsk(c, Command{What: c.cmd.name}, func(ctx context.Context, client *isapi.Client) (T, error) { return method(client, ctx) })
	if err != nil {
		c.raise(err)
	}
	return answer
}

// askChannel is ask for the channel that the command is for.
func askChannel[T any](c *call, method func(*isapi.Client, context.Context, int) (T, error)) T {
	id := c.channel()
	return ask(c, func(client *isapi.Client, ctx context.Context) (T, error) { return method(client, ctx, id) })
}

func itoa(n int) string { return strconv.Itoa(n) }

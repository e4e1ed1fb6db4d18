package luaapi

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

var exclusiveCommands = []command{{
	name: "exclusive", channel: true, args: "{timeout=}, fn", takesFn: true,
	options: []Option{{Name: "timeout", Type: "duration", Doc: "how long to wait for the head; then an error of kind busy"}},
	result:  "what fn returns",
	doc:     "calls fn with the channel while the head is this task's alone; others wait",
	fn:      exclusive,
}}

func exclusive(c *call) int {
	o := c.options(0, c.cmd.options)
	fn := c.function(1, "the function")
	id := c.channel()
	dev, timeout := c.dev, o.duration("timeout")
	var release func()
	err := c.try(func(ctx context.Context) (err error) {
		release, err = dev.Exclusive(ctx, id, timeout)
		return err
	})
	if release != nil {
		defer release() // however fn ends, by an error or the end of the task
	}
	if err != nil {
		c.raise(err)
	}
	return results(c.L, fn, c.m.object("channel", c.target))
}

// results calls fn and leaves all that it returns on the stack.
func results(L *lua.LState, fn *lua.LFunction, args ...lua.LValue) int {
	before := L.GetTop()
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	L.Call(len(args), lua.MultRet)
	return L.GetTop() - before
}

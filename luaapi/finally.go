package luaapi

import "context"

// finally runs fn in a task of its own, as timeout does, so that this one is still there when fn fails. If this task has
// been ended, no Lua runs in it any more and another one runs the second function; where the script ends none can be
// begun, and on_stop is for that.
func finally(c *call) int {
	c.atMost(2)
	fn, last := c.function(0, "the function"), c.function(1, "the second function")
	task := TaskOf(c.L)
	values, failed := task.Limit(c.L, 0, fn)
	if ended := task.Wait(c.L, func(context.Context) error { return nil }); ended != nil {
		task.Spawn(c.L, last, nil)
		c.raise(ended)
	}
	c.L.Push(last)
	c.L.Call(0, 0)
	if failed != nil {
		c.raise(failed)
	}
	return c.push(values...)
}

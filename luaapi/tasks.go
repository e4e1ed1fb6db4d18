package luaapi

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
)

var taskFunctions = []entry{
	{
		name: "spawn", args: "fn, ...", result: "task",
		doc: "runs fn(...) as a task of its own beside this one; from a script that loads: once the script is live",
		fn:  spawn,
	},
	{
		name: "parallel", args: "list, fn, {limit=}", options: parallelOptions, result: "list",
		doc: "calls fn(item, index) for all items at once, each in a task of its own, and returns the results in order; the first error is raised after all have ended",
		fn:  parallel,
	},
	{
		name: "sleep", args: "duration", doc: "waits; other tasks of the script run meanwhile",
		fn: func(c *call) int {
			c.atMost(1)
			d := c.duration(c.arg(0), "the duration")
			clk := c.m.script.Clock()
			c.wait(func(ctx context.Context) error { return clock.Sleep(ctx, clk, d) })
			return 0
		},
	},
	{
		name: "timeout", args: "duration, fn", result: "what fn returns",
		doc: "calls fn and ends it with an error of kind timeout if it takes longer",
		fn: func(c *call) int {
			c.atMost(2)
			d := c.duration(c.arg(0), "the duration")
			if d <= 0 {
				c.misuse("the duration must be more than 0")
			}
			results, err := TaskOf(c.L).Limit(c.L, d, c.function(1, "the function"))
			if err != nil {
				c.raise(err)
			}
			return c.push(results...)
		},
	},
	{
		name: "finally", args: "fn, last", result: "what fn returns",
		doc: "calls fn and then the second function, also when fn fails, or its task is cancelled or runs into a timeout; not when the script is saved anew or the host stops",
		fn:  finally,
	},
	{
		name: "resume", args: "[till]", result: "number or nil, number or nil",
		doc: "has this run of a job begun once more, with the same time, if it is cut off before till by a save, the end of the host or a crash; returns till, which counts from when the run was due, or without one what was noted before, and that time, both as hik.now() has them",
		fn: func(c *call) int {
			c.atMost(1)
			c.notWhileLoading("go on with a run")
			task := TaskOf(c.L)
			till := task.ResumesUntil()
			if c.arg(0) != lua.LNil {
				till = c.till(task.Due())
				c.wait(func(ctx context.Context) error {
					task.Resume(ctx, till)
					return nil
				})
			}
			for _, t := range []time.Time{till, task.Due()} {
				if t.IsZero() {
					c.L.Push(lua.LNil)
				} else {
					c.L.Push(seconds(t))
				}
			}
			return 2
		},
	},
	{
		name: "on_stop", args: "fn", doc: "runs fn when the script is reloaded or the host stops; it has 5 seconds",
		fn: func(c *call) int {
			c.atMost(1)
			c.m.script.OnStop(c.function(0, "the function"))
			return 0
		},
	},
}

// till is a time: a number, or what hik.at takes, counted from when the run was
// due, or from now where that is zero.
func (c *call) till(due time.Time) time.Time {
	if due.IsZero() {
		due = c.m.script.Clock().Now()
	}
	text, ok := c.arg(0).(lua.LString)
	if _, isNumber := toNumber(c.arg(0)); isNumber || !ok {
		return fromSeconds(c.number(c.arg(0), "the time", minTime, maxTime))
	}
	t, err := c.m.script.NextTime(string(text), due)
	if err != nil {
		c.refuse(err)
	}
	return t
}

func spawn(c *call) int {
	fn := c.function(0, "the function")
	task, err := TaskOf(c.L).Spawn(c.L, fn, c.args[1:])
	if err != nil {
		c.raise(err)
	}
	return c.push(c.m.object("task", &taskObject{task}))
}

// taskObject is what a script holds of a task.
type taskObject struct{ task Spawned }

// String is what print shows.
func (t *taskObject) String() string { return "task " + t.task.Name() }

var taskMethods = []entry{
	{name: "name", result: "string", doc: "its name in the log",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue {
			return lua.LString(self.(*taskObject).task.Name())
		}},
	{name: "done", result: "boolean", doc: "whether it has ended",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LBool(self.(*taskObject).task.Done()) }},
	{
		name: "wait", result: "what its function returned", doc: "waits for its end; raises the error that ended it",
		fn: func(c *call) int {
			c.atMost(0)
			task := c.self.(*taskObject).task
			if !task.Done() {
				c.notWhileLoading("wait for a task, which starts once the script is live")
			}
			results, err := task.Wait(c.L)
			if err != nil {
				c.raise(err)
			}
			return c.push(results...)
		},
	},
	{
		name: "cancel", doc: "ends it at its next wait",
		fn: func(c *call) int {
			c.atMost(0)
			c.self.(*taskObject).task.Cancel()
			return 0
		},
	},
}

// notWhileLoading raises if the script is still loading: waiting for its own
// tasks would never end then.
func (c *call) notWhileLoading(what string) {
	if TaskOf(c.L).Loading() {
		c.misuse(Loading+" can't %s: do it in a job, or in hik.spawn(function() ... end)", what)
	}
}

// push leaves what the function returns on the stack.
func (c *call) push(values ...lua.LValue) int {
	for _, v := range values {
		c.L.Push(v)
	}
	return len(values)
}

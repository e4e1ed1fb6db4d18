package luaapi

import (
	"context"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
)

var parallelOptions = []Option{
	{Name: "limit", Type: "integer", Min: 1, Max: 100_000, Doc: "how many at once; default: all"},
}

// batch is one call of parallel. The script's lock guards it.
type batch struct {
	c     *call
	items []lua.LValue
	fn    *lua.LFunction
	tasks []Spawned
	ended []int        // indexes whose function has returned
	waker clock.Waiter // wakes the caller when one more has ended; nil if it is awake
}

func parallel(c *call) int {
	list, ok := c.arg(0).(*lua.LTable)
	if !ok {
		c.wrong("the list", "a table", c.arg(0))
	}
	b := &batch{c: c, fn: c.function(1, "the function")}
	limit := c.options(2, parallelOptions).int("limit")
	c.atMost(3)
	for i := 1; i <= list.Len(); i++ {
		b.items = append(b.items, list.RawGetInt(i))
	}
	if len(b.items) == 0 {
		return c.push(c.L.CreateTable(0, 0))
	}
	if limit == 0 || limit > len(b.items) {
		limit = len(b.items)
	}
	c.notWhileLoading("wait for tasks, which start once the script is live")

	b.tasks = make([]Spawned, 0, len(b.items))
	finished := false
	defer func() {
		if !finished {
			b.cancel() // this task is being ended, and its results are not needed any more
		}
	}()
	results := c.L.CreateTable(len(b.items), 0)
	var first error
	running := 0
	for done := 0; done < len(b.items); done++ {
		for running < limit && len(b.tasks) < len(b.items) {
			b.start()
			running++
		}
		i := b.next()
		running--
		values, err := b.tasks[i].Wait(c.L)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		if len(values) > 0 {
			results.RawSetInt(i+1, values[0])
		}
	}
	finished = true
	if first != nil {
		c.raise(first)
	}
	return c.push(results)
}

// start spawns the task for the next item. Its function is ours: it calls the
// script's and then says that it has ended, however it has.
func (b *batch) start() {
	i := len(b.tasks)
	run := b.c.L.NewFunction(func(L *lua.LState) int {
		defer func() {
			b.ended = append(b.ended, i)
			if b.waker != nil {
				b.waker.Wake()
				b.waker = nil
			}
		}()
		return results(L, b.fn, b.items[i], lua.LNumber(i+1))
	})
	task, err := TaskOf(b.c.L).Spawn(b.c.L, run, nil)
	if err != nil {
		b.c.raise(err)
	}
	task.Adopt()
	b.tasks = append(b.tasks, task)
}

// next waits until one more has ended and returns its index.
func (b *batch) next() int {
	for len(b.ended) == 0 {
		w := b.c.m.script.Clock().NewWaiter()
		b.waker = w
		b.c.wait(func(ctx context.Context) error { return clock.WaitFor(ctx, w) })
	}
	i := b.ended[0]
	b.ended = b.ended[1:]
	return i
}

func (b *batch) cancel() {
	for _, t := range b.tasks {
		t.Cancel()
	}
}

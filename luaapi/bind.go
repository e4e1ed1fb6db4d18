package luaapi

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// call is one call of a function of the module.
type call struct {
	L    *lua.LState
	m    *module
	name string // as the script wrote it
	args []lua.LValue
	self any // of a method

	// Of commands, set by command.run.
	cmd    *command
	dev    Device
	target *channelRef
}

// bind makes a Lua function of fn. Every function of the module is made here.
// A Go panic in it is an error of this program: it ends the task like any
// error, but its Go stack is written to the log at once, so that a pcall
// cannot lose it.
func (m *module) bind(name string, fn func(*call) int) *lua.LFunction {
	return m.L.NewFunction(func(L *lua.LState) int {
		c := &call{L: L, m: m, name: name, args: make([]lua.LValue, L.GetTop())}
		for i := range c.args {
			c.args[i] = L.Get(i + 1)
		}
		defer c.catchPanic()
		sandbox.Spend(L, 200) // in virtual time, where a loop around it is to end
		return fn(c)
	})
}

// catchPanic turns a Go panic into a Lua error.
func (c *call) catchPanic() {
	r := recover()
	if r == nil {
		return
	}
	if _, ok := r.(*lua.ApiError); ok {
		panic(r) // a Lua error on its way
	}
	stack := debug.Stack()
	if p, ok := r.(*panicked); ok {
		r, stack = p.value, p.stack
	}
	file, line := place(c.L)
	c.m.script.Log(c.context(), slog.LevelError, fmt.Sprintf("Go panic in hik's %s: %v", c.name, r),
		slog.String("place", fmt.Sprintf("%s:%d", file, line)), slog.String("stack", string(stack)))
	Raise(c.L, &Failure{
		Kind:    "panic",
		Message: fmt.Sprintf("%s failed inside hiklua: %v", c.name, r),
		Hint:    "this is a defect of hiklua; the log has what its makers need to know",
	})
}

// context is the task's. What waits gets another one, from Task.Wait.
func (c *call) context() context.Context {
	if ctx := c.L.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// wait runs f without the script's lock and raises its error.
func (c *call) wait(f func(ctx context.Context) error) {
	if err := c.try(f); err != nil {
		c.raise(err)
	}
}

// try runs f without the script's lock and returns its error.
func (c *call) try(f func(ctx context.Context) error) error {
	var fault *panicked
	err := TaskOf(c.L).Wait(c.L, func(ctx context.Context) error {
		// A panic must not pass through Wait, which has to take the script's
		// lock again.
		defer func() {
			if r := recover(); r != nil {
				fault = &panicked{r, debug.Stack()}
			}
		}()
		return f(ctx)
	})
	if fault != nil {
		panic(fault)
	}
	return err
}

// panicked carries a Go panic over a wait.
type panicked struct {
	value any
	stack []byte
}

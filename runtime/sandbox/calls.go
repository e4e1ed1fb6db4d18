package sandbox

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

const (
	firstCalls = 8   // frames of a thread that has just been made
	maxChunk   = 128 // each further piece of the stack is twice the one before, up to this
)

// calls is the call stack of one thread. gopher-lua has two of its own: one takes the memory for the deepest recursion at
// once, a hundred kilobytes for a thread; the other grows by eight frames through a pool, is slow wherever a recursion
// crosses such a border, and loses frames when it is full.
//
// Frames never move, for gopher-lua keeps pointers to them. What the deepest recursion of a thread took is kept until the
// thread is gone.
type calls struct {
	last  []frame   // the piece in use; empty only if the stack is
	used  int       // frames of last
	below int       // frames of the pieces before last
	index int       // of last in all
	all   [][]frame // the pieces, also those that were in use
	limit int
}

var _ frames = (*calls)(nil)

func newCalls(limit int) *calls {
	first := make([]frame, min(firstCalls, limit))
	return &calls{last: first, all: [][]frame{first}, limit: limit}
}

// At gives frame number sp, from 0.
func (c *calls) At(sp int) *frame {
	i, start := c.index, c.below
	for sp < start {
		i--
		start -= len(c.all[i])
	}
	return &c.all[i][sp-start]
}

func (c *calls) IsEmpty() bool { return c.used == 0 }

func (c *calls) IsFull() bool { return c.below+c.used >= c.limit }

// Last gives the innermost frame, nil if there is none.
func (c *calls) Last() *frame {
	if c.used == 0 {
		return nil
	}
	return &c.last[c.used-1]
}

// Push is called where IsFull says no.
func (c *calls) Push(v frame) {
	if c.used == len(c.last) {
		c.grow()
	}
	f := &c.last[c.used]
	*f = v
	f.Idx = c.below + c.used
	c.used++
}

//go:noinline
func (c *calls) grow() {
	c.below += c.used
	c.used = 0
	if c.index++; c.index == len(c.all) {
		c.all = append(c.all, make([]frame, min(2*len(c.last), maxChunk, c.limit-c.below)))
	}
	c.last = c.all[c.index]
}

// Pop gives the frame that was the innermost one. It stays as it is until the next Push.
func (c *calls) Pop() *frame {
	c.used--
	f := &c.last[c.used]
	if c.used == 0 {
		c.shrink()
	}
	return f
}

// shrink goes back to the piece before.
//
//go:noinline
func (c *calls) shrink() {
	if c.index == 0 {
		return
	}
	c.index--
	c.last = c.all[c.index]
	c.used = len(c.last)
	c.below -= c.used
}

// Sp is how many frames there are.
func (c *calls) Sp() int { return c.below + c.used }

// SetSp drops all frames from number sp on.
func (c *calls) SetSp(sp int) {
	for c.index > 0 && sp <= c.below {
		c.shrink()
	}
	c.used = sp - c.below
}

// FreeAll is called when a state is closed.
func (c *calls) FreeAll() {}

// NewThread makes a thread of L for one task: what runs on it ends when flag is stopped. A nil flag stops nothing.
func NewThread(L *lua.LState, flag *Flag) *lua.LState {
	th := newThread(L, callDepth)
	if flag != nil {
		setFlag(th, flag)
	}
	return th
}

// newThread makes a thread with a call stack of its own and no context. gopher-lua's NewThread makes the globals of a
// whole state and drops them again, several kilobytes for each task and coroutine. The threads of a state share what
// makes values of their numbers: no two run at once.
func newThread(L *lua.LState, limit int) *lua.LState {
	th := &lua.LState{G: L.G, Env: L.Env, Panic: upstreamPanic, Options: L.Options}
	t, parent := of(th), of(L)
	registers := *(*registry)(parent.reg)
	registers.array, registers.top = make([]lua.LValue, L.Options.RegistrySize), 0
	registers.handler[1] = unsafe.Pointer(th)
	t.reg = unsafe.Pointer(&registers)
	t.stack, t.alloc, t.mainLoop = newCalls(limit), parent.alloc, upstreamLoop
	return th
}

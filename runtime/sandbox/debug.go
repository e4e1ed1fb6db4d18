package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openDebug gives what of debug looks at where a function stands and which functions run, and the metatables that are a
// script's own. What would change variables or environments past their owners is not there, and nothing watches a script
// that runs.
func (s *state) openDebug(L *lua.LState) {
	mod := L.CreateTable(0, 8)
	setFuncs(L, mod, map[string]lua.LGFunction{
		"traceback": debugTraceback, "getinfo": debugGetInfo, "gethook": debugGetHook, "sethook": debugSetHook,
		"getmetatable": s.baseGetMetatable, "setmetatable": s.debugSetMetatable,
	})
	L.SetGlobal("debug", mod)
}

// infoOptions are the letters that getinfo takes; those of Lua 5.1.
const infoOptions = "SlunfL"

// debugGetInfo is debug.getinfo([thread,] function or level [, what]).
func debugGetInfo(L *lua.LState) int {
	th, arg := threadArgument(L)
	what := optText(L, arg+1, "flnSu")
	if strings.Trim(what, infoOptions) != "" {
		argError(L, arg+1, "invalid option")
	}
	info := activation{}
	switch v := L.Get(arg).(type) {
	case *lua.LFunction:
		info.fn = v
	case lua.LNumber, lua.LString:
		level, ok := ToNumber(v)
		if !ok {
			argError(L, arg, "function or level expected")
		}
		if info, ok = activationAt(innermost(L, th), whole(level)); !ok {
			return one(L, lua.LNil)
		}
	default:
		argError(L, arg, "function or level expected")
	}
	t := L.CreateTable(0, 12)
	for _, letter := range what {
		info.describe(th, t, letter)
	}
	return one(L, t)
}

// threadArgument gives the thread that a function of debug is about, and the number of the argument behind it.
func threadArgument(L *lua.LState) (th *lua.LState, next int) {
	if th, ok := L.Get(1).(*lua.LState); ok {
		return th, 2
	}
	return L, 1
}

// activation is a function, and where it runs if it does. One without a function stands for the calls whose frames a tail
// call has given up, which count as a level each.
type activation struct {
	fn    *lua.LFunction
	frame *frame // nil if it was asked for by itself
}

// innermost is the frame that level 0 of th means to L: a coroutine that waits does so in coroutine.yield, whose own frame is
// gone by then.
func innermost(L, th *lua.LState) *frame {
	f := current(th)
	if f != nil && !f.Fn.IsG && status(L, th) == "suspended" {
		f = &frame{Fn: &lua.LFunction{IsG: true}, Parent: f}
	}
	return f
}

// activationAt finds the function that runs so many levels out from f; false if there are not so many.
func activationAt(f *frame, level int) (activation, bool) {
	if level < 0 {
		return activation{}, false
	}
	for ; f != nil; f = f.Parent {
		switch {
		case !f.Fn.IsG && f.Fn.Proto.SourceName == machinery:
			continue
		case level == 0:
			return activation{f.Fn, f}, true
		}
		level--
		if !f.Fn.IsG {
			if level < f.TailCall {
				return activation{}, true
			}
			level -= f.TailCall
		}
	}
	return activation{}, false
}

// describe puts what one letter of getinfo's argument asks for into t.
func (a activation) describe(L *lua.LState, t *lua.LTable, letter rune) {
	isLua := a.fn != nil && !a.fn.IsG
	switch letter {
	case 'S':
		a.describeSource(t)
	case 'l':
		line := -1
		if isLua && a.frame != nil {
			line = a.frame.line()
		}
		t.RawSetString("currentline", lua.LNumber(line))
	case 'u':
		upvalues := 0
		if isLua {
			upvalues = int(a.fn.Proto.NumUpvalues)
		}
		t.RawSetString("nups", lua.LNumber(upvalues))
	case 'n':
		a.describeName(L, t)
	case 'f':
		// A function of the host that a script was not given by name is not its to call.
		if isLua || a.frame == nil && a.fn != nil {
			t.RawSetString("func", a.fn)
		}
	case 'L':
		if isLua {
			lines := L.CreateTable(0, 8)
			for _, line := range a.fn.Proto.DbgSourcePositions {
				lines.RawSetInt(line, lua.LTrue)
			}
			t.RawSetString("activelines", lines)
		}
	}
}

func (a activation) describeSource(t *lua.LTable) {
	what, source, short, first, last := "C", "=[C]", "[C]", -1, -1
	switch {
	case a.fn == nil:
		what, source, short = "tail", "=(tail call)", "(tail call)"
	case !a.fn.IsG:
		p := a.fn.Proto
		what, short, first, last = "Lua", p.SourceName, p.LineDefined, p.LastLineDefined
		if first == 0 {
			what, last = "main", 0
		}
		source = "@" + short
		if text, ok := strings.CutPrefix(short, `[string "`); ok {
			text = strings.TrimSuffix(text, `"]`)
			if source = text; strings.HasSuffix(text, "...") {
				source = "=" + short // no more of the text is kept
			}
		}
	}
	t.RawSetString("what", lua.LString(what))
	t.RawSetString("source", lua.LString(source))
	t.RawSetString("short_src", lua.LString(short)) // as messages have it, be it long
	t.RawSetString("linedefined", lua.LNumber(first))
	t.RawSetString("lastlinedefined", lua.LNumber(last))
}

// describeName says what the caller called the function.
func (a activation) describeName(L *lua.LState, t *lua.LTable) {
	var called operand
	if a.frame != nil {
		called = a.frame.calledAs(L)
	}
	t.RawSetString("namewhat", lua.LString(called.kind))
	switch {
	case a.fn == nil:
		t.RawSetString("name", lua.LString(""))
	case called.kind != "":
		t.RawSetString("name", lua.LString(called.name))
	}
}

// calledAs is the name that the call which f runs for has in the source; none if f's caller is no Lua function, or is gone.
func (f *frame) calledAs(L *lua.LState) operand {
	caller := f.Parent
	if caller == nil || caller.Fn.IsG || f.TailCall > 0 {
		return operand{}
	}
	pc := caller.Pc - 1
	if pc < 0 || pc >= len(caller.Fn.Proto.Code) {
		return operand{}
	}
	inst := caller.Fn.Proto.Code[pc]
	if op := opcode(inst); op != lua.OP_CALL && op != lua.OP_TAILCALL {
		return operand{}
	}
	return caller.operandAt(L, argA(inst), pc)
}

// debugGetHook tells that there is no hook, as Lua does.
func debugGetHook(L *lua.LState) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(""))
	L.Push(lua.LNumber(0))
	return 3
}

// debugSetHook takes back the hook that there never is.
func debugSetHook(L *lua.LState) int {
	if _, arg := threadArgument(L); L.Get(arg) != lua.LNil {
		raisef(L, "debug.sethook sets no hooks here: the host watches over scripts itself")
	}
	return 0
}

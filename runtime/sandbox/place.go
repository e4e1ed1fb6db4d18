package sandbox

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Position tells where the innermost Lua function of L is: "scripts/tour.lua", 12; "", 0 if there is none. L belongs to
// the caller, or does not run at the moment.
func Position(L *lua.LState) (file string, line int) {
	if f := nearestLua(L); f != nil {
		return f.Fn.Proto.SourceName, f.line()
	}
	return "", 0
}

// Place is Position as one word, `scripts/tour.lua:12`.
func Place(L *lua.LState) string {
	if f := nearestLua(L); f != nil {
		return f.place()
	}
	return ""
}

// nearestLua is the innermost Lua function; nil if there is none.
func nearestLua(L *lua.LState) *frame {
	for f := current(L); f != nil; f = f.Parent {
		if !f.Fn.IsG && f.Fn.Proto.SourceName != machinery {
			return f
		}
	}
	return nil
}

// Traceback gives the Lua stack of L, one call a line, innermost first. L belongs to the caller, or does not run.
func Traceback(L *lua.LState) string {
	return strings.Join(traced(L, 0), "\n")
}

// place is the line a Lua function is at.
func (f *frame) place() string {
	if f.Fn.IsG {
		return ""
	}
	return f.Fn.Proto.SourceName + ":" + strconv.Itoa(f.line())
}

// line is the one that a Lua function is at.
func (f *frame) line() int {
	if pc := f.Pc - 1; pc >= 0 && pc < len(f.Fn.Proto.DbgSourcePositions) {
		return f.Fn.Proto.DbgSourcePositions[pc]
	}
	return f.Fn.Proto.LineDefined
}

// placeBefore is what stands before a message: the place of the function level calls out from the running one, 0 being
// the nearest Lua function; empty if that function is Go's.
func placeBefore(L *lua.LState, level int) string {
	f := current(L)
	if level == 0 {
		if p := Place(L); p != "" {
			return p + ": "
		}
		return ""
	}
	for ; level > 0 && f != nil; level-- {
		f = f.Parent
	}
	if f == nil || f.Fn.IsG {
		return ""
	}
	return f.place() + ": "
}

// traced lists the frames of L from skip on. Functions of this package's own machinery are left out.
func traced(L *lua.LState, skip int) []string {
	const head, tail = 12, 10
	var lines []string
	for f := current(L); f != nil; f = f.Parent {
		if skip > 0 {
			skip--
			continue
		}
		name := f.name()
		switch {
		case f.Fn.IsG && name == "", !f.Fn.IsG && f.Fn.Proto.SourceName == machinery:
		case f.Fn.IsG:
			lines = append(lines, "[host]: in function '"+name+"'")
		case f.Fn.Proto.LineDefined == 0:
			lines = append(lines, f.place()+": in main chunk")
		case name == "" || f.TailCall > 0:
			lines = append(lines, fmt.Sprintf("%s: in function <%s:%d>", f.place(), f.Fn.Proto.SourceName, f.Fn.Proto.LineDefined))
		default:
			lines = append(lines, f.place()+": in function '"+name+"'")
		}
	}
	lines = Fold(lines)
	if len(lines) > head+tail {
		left := fmt.Sprintf("... (%d more)", len(lines)-head-tail)
		lines = append(append(lines[:head:head], left), lines[len(lines)-tail:]...)
	}
	return lines
}

// longestRound is how many functions that call each other in turn are seen as one recursion.
const longestRound = 8

// Fold shortens a traceback: a call, or a round of calls, that follows itself at least twice stands there once, with the
// number of lines that are left out behind it.
func Fold(lines []string) []string {
	var short []string
	for i := 0; i < len(lines); {
		round, same := 1, 0 // lines that repeat those one round before
		for n := 1; n <= longestRound; n++ {
			k := 0
			for i+n+k < len(lines) && lines[i+n+k] == lines[i+k] {
				k++
			}
			if k -= k % n; k >= 2*n && k > same {
				round, same = n, k
			}
		}
		short = append(short, lines[i:i+round]...)
		if same > 0 {
			short = append(short, fmt.Sprintf("... %d more of the same", same))
		}
		i += round + same
	}
	return short
}

// name is what the caller called the function, if it is a Lua function and gave it a name.
func (f *frame) name() string {
	caller := f.Parent
	if caller == nil || caller.Fn.IsG {
		return ""
	}
	for _, call := range caller.Fn.Proto.DbgCalls {
		if call.Pc == caller.Pc-1 && call.Name != "?" && !strings.HasPrefix(call.Name, "(") {
			return call.Name
		}
	}
	return ""
}

// debugTraceback is debug.traceback([thread,] [message [, level]]).
func debugTraceback(L *lua.LState) int {
	of, arg, level := L, 1, 1
	if th, ok := L.Get(1).(*lua.LState); ok {
		of, arg, level = th, 2, 0
	}
	message := L.Get(arg)
	if message != lua.LNil && !lua.LVCanConvToString(message) {
		return one(L, message)
	}
	level = optInteger(L, arg+1, level)
	text := "stack traceback:"
	if message != lua.LNil {
		text = Text(message) + "\n" + text
	}
	for _, line := range traced(of, max(level, 0)) {
		text += "\n\t" + line
	}
	return one(L, lua.LString(text))
}

package sandbox

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// worded gives an error of gopher-lua's interpreter the words of Lua 5.1, with the name of what was wrong, and says what may
// have been meant. It is called where the error is raised, with the stack still in place; errors of scripts pass through.
func worded(L *lua.LState, object lua.LValue) lua.LValue {
	message, ok := object.(lua.LString)
	f := current(L)
	if !ok || f == nil {
		return object
	}
	text, ours := withoutPlace(L, string(message))
	if !ours {
		return object
	}
	place := message[:len(message)-len(text)]
	if f.Fn.IsG {
		text, ok = wordedInGo(L, f, text)
	} else {
		text, ok = f.worded(L, text)
	}
	if !ok {
		return object
	}
	return place + lua.LString(text)
}

// withoutPlace cuts what placeBefore(L, 0) gives off a message, and says whether it begins with that. It writes no place down:
// each error that a script raises comes here.
func withoutPlace(L *lua.LState, message string) (text string, ours bool) {
	f := nearestLua(L)
	if f == nil {
		return message, true
	}
	if text, ours = strings.CutPrefix(message, f.Fn.Proto.SourceName); !ours || !strings.HasPrefix(text, ":") {
		return "", false
	}
	line, text, ours := strings.Cut(text[1:], ": ")
	n, err := strconv.Atoi(line)
	return text, ours && err == nil && n == f.line()
}

const (
	nonFunction = "attempt to call a non-function object"
	nonTable    = "attempt to index a non-table object(" // then the type
	arithmetic  = "attempt to perform arithmetic on "
	comparison  = "attempt to compare " // then two types with " with " between them
)

// engineWords are the beginnings of what gopher-lua says of an operand.
var engineWords = []string{
	nonFunction, nonTable, "cannot perform ", arithmetic, "attempt to concatenate ",
	"__unm undefined", "__len undefined", comparison, "for statement ", "'for' ", "table index is ",
}

// worded says what the instruction that f has just taken could not do.
func (f *frame) worded(L *lua.LState, engine string) (string, bool) {
	switch engine {
	case "too many recursions in gettable":
		return "'__index' chain too long, possibly a loop", true
	case "too many recursions in settable":
		return "'__newindex' chain too long, possibly a loop", true
	case "registry overflow":
		return "stack overflow", true
	}
	known := false
	for _, words := range engineWords {
		known = known || strings.HasPrefix(engine, words)
	}
	pc := f.Pc - 1
	if !known || pc < 0 || pc >= len(f.Fn.Proto.Code) {
		return "", false
	}
	inst := f.Fn.Proto.Code[pc]
	a, b, c := argA(inst), argB(inst), argC(inst)
	switch op := opcode(inst); {
	case op == lua.OP_CALL, op == lua.OP_TAILCALL:
		return "attempt to call " + f.blamed(L, a, pc, true), true
	case op == lua.OP_TFORLOOP:
		return f.notIterator(L, a, pc), true
	case engine == nonFunction:
		return "attempt to call a metamethod that is no function", true
	}
	switch opcode(inst) {
	case lua.OP_GETGLOBAL, lua.OP_SETGLOBAL:
		kind, _, _ := strings.Cut(strings.TrimPrefix(engine, nonTable), ")")
		return "attempt to index a " + kind + " value that the table of globals has in its metatable", true
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		return f.indexed(L, engine, b, c, pc), true
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		if strings.HasPrefix(engine, "table index is ") {
			return engine + f.parenthesis(L, b, pc), true
		}
		return f.indexed(L, engine, a, b, pc), true
	case lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD, lua.OP_POW:
		if _, ok := ToNumber(f.value(L, b)); ok {
			b = c
		}
		return "attempt to perform arithmetic on " + f.blamed(L, b, pc, false), true
	case lua.OP_UNM:
		return "attempt to perform arithmetic on " + f.blamed(L, b, pc, false), true
	case lua.OP_LEN:
		return "attempt to get length of " + f.blamed(L, b, pc, false), true
	case lua.OP_CONCAT:
		for i := c; i > b; i-- {
			switch {
			case !lua.LVCanConvToString(f.value(L, i-1)):
				return "attempt to concatenate " + f.blamed(L, i-1, pc, false), true
			case !lua.LVCanConvToString(f.value(L, i)):
				return "attempt to concatenate " + f.blamed(L, i, pc, false), true
			}
		}
	case lua.OP_LT, lua.OP_LE:
		return f.compared(L, b, c, pc), true
	case lua.OP_FORPREP, lua.OP_FORLOOP:
		for i, what := range []string{"initial value", "limit", "step"} {
			if v := f.register(L, a+i); v.Type() != lua.LTNumber {
				return "'for' " + what + " must be a number" + f.parenthesis(L, a+i, pc), true
			}
		}
	}
	return "", false
}

// blamed names a register with what it holds: local 'x' (a nil value).
func (f *frame) blamed(L *lua.LState, rk, pc int, whose bool) string {
	v := f.value(L, rk)
	o := f.constantOr(L, rk, pc, 0)
	if whose && o.kind == "method" {
		o.of = &operand{value: f.register(L, rk+1)} // the object stands beside it
	}
	if whose && o.kind == "field" {
		if path := o.of.path(); path != "" {
			o.name += "' of '" + path
			return o.holding(v) + f.constantOr(L, rk, pc, 0).advice(L, v)
		}
	}
	return o.holding(v) + o.advice(L, v)
}

// parenthesis names a register of a message that has its words already.
func (f *frame) parenthesis(L *lua.LState, rk, pc int) string {
	o, v := f.constantOr(L, rk, pc, 0), f.value(L, rk)
	if o.kind == "" {
		return ""
	}
	return " (" + o.String() + " is " + shown(v) + ")" + o.advice(L, v)
}

// shown is a value in a few words.
func shown(v lua.LValue) string {
	if n, ok := v.(lua.LNumber); ok && math.IsNaN(float64(n)) {
		return "NaN"
	}
	if v == lua.LNil {
		return "nil"
	}
	return "a " + v.Type().String()
}

// notIterator is for what stands after `in`.
func (f *frame) notIterator(L *lua.LState, reg, pc int) string {
	text := "attempt to call " + f.blamed(L, reg, pc, true)
	if f.register(L, reg).Type() == lua.LTTable {
		text += " in a 'for' loop; write pairs(...) or ipairs(...) around it"
	}
	return text
}

// indexed is for reading or writing a field of register reg.
func (f *frame) indexed(L *lua.LState, engine string, reg, key, pc int) string {
	v := f.register(L, reg)
	o := f.operandAt(L, reg, pc)
	what, advice := o.holding(v), o.advice(L, v)
	if kind, _, _ := strings.Cut(strings.TrimPrefix(engine, nonTable), ")"); kind != v.Type().String() {
		what, advice = "a "+kind+" value", ", which the metatable of "+what+" has"
	}
	return "attempt to index " + what + withKey(f.value(L, key)) + advice
}

// withKey shows a key that is short.
func withKey(key lua.LValue) string {
	switch key := key.(type) {
	case lua.LString:
		if len(key) <= 60 {
			return " with key '" + string(key) + "'"
		}
	case lua.LNumber:
		return " with key " + key.String()
	}
	return ""
}

// compared is for < and <=, also written the other way round.
func (f *frame) compared(L *lua.LState, b, c, pc int) string {
	x, y := f.value(L, b), f.value(L, c)
	text := comparing(x.Type().String(), y.Type().String())
	switch {
	case x == lua.LNil && y == lua.LNil:
	case y == lua.LNil:
		text += f.parenthesis(L, c, pc)
	case x == lua.LNil:
		text += f.parenthesis(L, b, pc)
	}
	return text
}

// comparing is what Lua says of two types that have no order.
func comparing(one, other string) string {
	if one == other {
		return "attempt to compare two " + one + " values"
	}
	return comparison + one + " with " + other
}

// wordedInGo is for errors that were raised inside a library function.
func wordedInGo(L *lua.LState, f *frame, engine string) (string, bool) {
	if rest, ok := strings.CutPrefix(engine, "bad argument #"); ok {
		number, rest, _ := strings.Cut(rest, " to ")
		n, err := strconv.Atoi(number)
		reason, ok := strings.CutPrefix(rest, f.engineName(L)+" (")
		if !ok || err != nil {
			return "", false
		}
		return f.badArgument(L, n, strings.TrimSuffix(reason, ")")), true
	}
	switch caller := f.Parent; {
	case strings.HasPrefix(engine, arithmetic) && caller != nil && !caller.Fn.IsG:
		return caller.worded(L, engine) // the metamethod of strings
	case engine == nonFunction:
		return "attempt to call a value that is no function", true
	case strings.HasPrefix(engine, nonTable):
		kind, key, _ := strings.Cut(strings.TrimPrefix(engine, nonTable), ")")
		return "attempt to index a " + kind + " value" + key, true
	case strings.HasPrefix(engine, comparison):
		one, other, _ := strings.Cut(strings.TrimPrefix(engine, comparison), " with ")
		return comparing(one, other), true
	case engine == "registry overflow":
		return "stack overflow", true
	}
	return "", false
}

// badArgument is what Lua's luaL_argerror says of argument n of f, the innermost frame: counted without self, by the name
// that the call has.
func (f *frame) badArgument(L *lua.LState, n int, reason string) string {
	if n > f.NArgs {
		reason = strings.Replace(reason, "expected, got nil", "expected, got no value", 1)
	}
	o, call := f.called(L)
	advice := ""
	if call >= 0 && strings.HasSuffix(reason, ", got nil") {
		arg := f.Parent.operandAt(L, argA(f.Parent.Fn.Proto.Code[call])+n, call)
		if advice = arg.advice(L, lua.LNil); advice != "" {
			advice = "; " + arg.String() + " is nil" + advice
		}
	}
	if o.kind == "method" {
		if n--; n == 0 {
			return fmt.Sprintf("calling '%s' on bad self (%s)", o.name, reason)
		}
	}
	return fmt.Sprintf("bad argument #%d to '%s' (%s)%s", n, o.name, reason, advice)
}

// called is how the caller of f, a frame of Go's, named it: what stands at the call, or else what the libraries call it.
// call is the instruction, -1 if it is not known.
func (f *frame) called(L *lua.LState) (o operand, call int) {
	caller := f.Parent
	call = -1
	if caller != nil && !caller.Fn.IsG && caller.Pc > 0 && caller.Fn.Proto.SourceName != machinery {
		inst := caller.Fn.Proto.Code[caller.Pc-1]
		switch opcode(inst) {
		case lua.OP_CALL, lua.OP_TAILCALL:
			call = caller.Pc - 1
			o = caller.operandAt(L, argA(inst), call)
		}
	}
	if o.kind == "" || !isName(o.name) {
		o = operand{name: libraryName(L, f.Fn)}
	}
	return o, call
}

// IsName says whether Lua takes s for a name.
func IsName(s string) bool { return isName(s) && !keywords[s] }

func isName(s string) bool {
	return s != "" && !('0' <= s[0] && s[0] <= '9') && !strings.ContainsFunc(s, func(c rune) bool { return c > 127 || !isWordByte(byte(c)) })
}

// libraryName is the name of a function in the globals or in a library, ? if it has none there.
func libraryName(L *lua.LState, fn *lua.LFunction) string {
	found := "?"
	search := func(t *lua.LTable) {
		key, v := t.Next(lua.LNil)
		for n := 0; key != lua.LNil && found == "?" && n < maxSearch; n++ {
			if name, ok := key.(lua.LString); ok && v == fn {
				found = string(name)
			}
			key, v = t.Next(key)
		}
	}
	search(L.G.Global)
	for _, library := range libraries {
		if t, ok := L.G.Global.RawGetString(library).(*lua.LTable); ok {
			search(t)
		}
	}
	return found
}

// engineName is what gopher-lua writes for the function of f, the innermost frame, in "bad argument".
func (f *frame) engineName(L *lua.LState) string {
	caller := f.Parent
	switch {
	case caller == nil && L.Parent == nil:
		return "main chunk"
	case caller == nil:
		return "corountine"
	case caller.Fn.IsG:
		return "(anonymous)"
	}
	for _, call := range caller.Fn.Proto.DbgCalls {
		if call.Pc == caller.Pc-1 {
			return call.Name
		}
	}
	return "(anonymous)"
}

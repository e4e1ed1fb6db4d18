package sandbox

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// operand is what an instruction worked on, as the script named it.
type operand struct {
	kind  string // "global", "local", "upvalue", "field" or "method"; empty: it has no name
	name  string
	of    *operand   // what a field or method was looked for in
	value lua.LValue // nil where it is not known any more
	from  *operand   // the field that a local variable was set to
	seen  []string   // the variables that could be named where a global is
}

// operandAt tells what register reg of f, a Lua function's frame, held when the instruction at pc was reached. It reads
// the instructions before that one, as getobjname of Lua's own ldebug.c does.
func (f *frame) operandAt(L *lua.LState, reg, pc int) operand {
	return f.operand(L, reg, pc, 0)
}

// maxPath bounds how far an operand is followed: a.b.c.d has four names, and copies count too.
const maxPath = 20

func (f *frame) operand(L *lua.LState, reg, pc, deep int) operand {
	p := f.Fn.Proto
	if name := localName(p, reg, pc); name != "" && name[0] != '(' {
		o := operand{kind: "local", name: name, value: f.register(L, reg)}
		if at := setterOf(p, reg, pc); at >= 0 && deep <= maxPath {
			if inst := p.Code[at]; opcode(inst) == lua.OP_GETTABLEKS && argA(inst) == reg {
				from := f.field(L, "field", argB(inst), argC(inst), at, deep)
				o.from = &from
			}
		}
		return o
	}
	at := setterOf(p, reg, pc)
	if at < 0 || deep > maxPath {
		return operand{}
	}
	inst := p.Code[at]
	a, b, c, bx := argA(inst), argB(inst), argC(inst), int(inst)&0x3ffff
	switch opcode(inst) {
	case lua.OP_MOVE, lua.OP_MOVEN:
		return f.operand(L, b, at, deep+1)
	case lua.OP_LOADK:
		return operand{value: p.Constants[bx]}
	case lua.OP_GETGLOBAL:
		name := p.Constants[bx].String()
		return operand{kind: "global", name: name, value: fieldOf(L, f.Fn.Env, lua.LString(name), 0), seen: variablesAt(p, at)}
	case lua.OP_GETUPVAL:
		if b < len(p.DbgUpvalues) && b < len(f.Fn.Upvalues) && !strings.HasPrefix(p.DbgUpvalues[b], "(") {
			return operand{kind: "upvalue", name: p.DbgUpvalues[b], value: f.Fn.Upvalues[b].Value()}
		}
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
		return f.field(L, "field", b, c, at, deep)
	case lua.OP_SELF:
		if reg == a+1 {
			return f.operand(L, b, at, deep+1)
		}
		return f.field(L, "method", b, c, at, deep)
	}
	return operand{}
}

// field is what was read from register b with the key c.
func (f *frame) field(L *lua.LState, kind string, b, c, pc, deep int) operand {
	of := f.operand(L, b, pc, deep+1)
	key := f.constantOr(L, c, pc, deep+1)
	o := operand{kind: kind, name: "?", of: &of}
	switch key.value.(type) {
	case lua.LString, lua.LNumber:
		o.name = key.value.String()
		if of.value != nil {
			o.value = fieldOf(L, of.value, key.value, 0)
		}
	}
	return o
}

// constantOr is an operand that is a constant or in a register.
func (f *frame) constantOr(L *lua.LState, rk, pc, deep int) operand {
	if rk&0x100 != 0 {
		return operand{value: f.Fn.Proto.Constants[rk&0xff]}
	}
	return f.operand(L, rk, pc, deep)
}

// register reads a register of f, which need not be the innermost frame.
func (f *frame) register(L *lua.LState, reg int) lua.LValue {
	th := of(L)
	innermost := th.currentFrame
	th.currentFrame = f
	v := L.Get(reg + 1)
	th.currentFrame = innermost
	return v
}

// value is what a constant or register holds now.
func (f *frame) value(L *lua.LState, rk int) lua.LValue {
	if rk&0x100 != 0 {
		return f.Fn.Proto.Constants[rk&0xff]
	}
	return f.register(L, rk)
}

// fieldOf reads a field as the script would, as far as tables are the __index of others; nil where a function stands there.
// That of the host's hik is called, to get to hik.vars.
func fieldOf(L *lua.LState, v, key lua.LValue, deep int) lua.LValue {
	t, ok := v.(*lua.LTable)
	if !ok || deep > maxPath {
		return nil
	}
	if found := t.RawGet(key); found != lua.LNil {
		return found
	}
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		return lua.LNil
	}
	switch index := mt.RawGetString("__index").(type) {
	case *lua.LNilType:
		return lua.LNil
	case *lua.LTable:
		return fieldOf(L, index, key, deep+1)
	case *lua.LFunction:
		if index.IsG && namesIn(mt) != nil && slices.Contains(namesIn(mt), key.String()) {
			return answerOf(L, index, v, key)
		}
	}
	return nil
}

// answerOf calls a function of the host for one value; nil if it fails.
func answerOf(L *lua.LState, fn *lua.LFunction, args ...lua.LValue) lua.LValue {
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	if err := protect(L, len(args), 1, nil); err != nil {
		return nil
	}
	v := L.Get(-1)
	L.Pop(1)
	return v
}

// namesIn is what the host keeps in the metatable of a table that looks empty: the names that can be read from it.
func namesIn(mt *lua.LTable) []string {
	if ud, ok := mt.RawGetString("__names").(*lua.LUserData); ok {
		names, _ := ud.Value.([]string)
		return names
	}
	return nil
}

// zeroJump stands in an instruction for a jump of length 0.
const zeroJump = 1<<17 - 1

// localName is the variable that register reg stands for at pc. Variables take registers in the order of their scopes.
func localName(p *lua.FunctionProto, reg, pc int) string {
	for _, v := range p.DbgLocals {
		if v.StartPc > pc {
			break
		}
		if pc < v.EndPc {
			if reg == 0 {
				return v.Name
			}
			reg--
		}
	}
	return ""
}

// variablesAt are the names of the local variables and upvalues that can be seen at pc.
func variablesAt(p *lua.FunctionProto, pc int) []string {
	var names []string
	for _, v := range p.DbgLocals {
		if v.StartPc <= pc && pc < v.EndPc && v.Name[0] != '(' {
			names = append(names, v.Name)
		}
	}
	for _, name := range p.DbgUpvalues {
		if name[0] != '(' {
			names = append(names, name)
		}
	}
	return names
}

// setterOf finds the instruction before pc that gave register reg its value; -1 if there is none, or if a jump may have
// passed it over.
func setterOf(p *lua.FunctionProto, reg, pc int) int {
	found, target := -1, 0 // target is where the furthest jump ends
	jump := func(from, to int) {
		if from < to && to <= pc {
			target = max(target, to)
		}
	}
	for i := 0; i < pc && i < len(p.Code); i++ {
		inst := p.Code[i]
		at := i
		a, b, c, bx := argA(inst), argB(inst), argC(inst), int(inst)&0x3ffff
		sets := false
		switch opcode(inst) {
		case lua.OP_LOADNIL:
			sets = a <= reg && reg <= b
		case lua.OP_LOADBOOL:
			sets = a == reg
			if c != 0 {
				jump(i, i+2)
			}
		case lua.OP_CALL, lua.OP_TAILCALL:
			sets = reg >= a
		case lua.OP_VARARG:
			sets = reg >= a && (b == 0 || reg <= a+b-2)
		case lua.OP_SELF:
			sets = reg == a || reg == a+1
		case lua.OP_TFORLOOP:
			sets = reg >= a+2
		case lua.OP_FORLOOP, lua.OP_FORPREP:
			sets = reg == a || reg == a+3
		case lua.OP_JMP:
			jump(i, i+1+bx-zeroJump)
		case lua.OP_CLOSURE:
			sets = a == reg
			i += int(p.FunctionPrototypes[bx].NumUpvalues)
		case lua.OP_SETLIST:
			if c == 0 {
				i++
			}
		case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST,
			lua.OP_RETURN, lua.OP_CLOSE, lua.OP_NOP:
		default:
			sets = a == reg
		}
		if sets {
			if found = at; at < target {
				found = -1
			}
		}
	}
	return found
}

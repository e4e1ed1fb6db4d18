package sandbox

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// keepName is the function that keeps locals, in the environment of lines. No source text can spell it.
const keepName = "(local)"

// Lines is the environment of lines that are typed one after the other: what a line declares by local, outside of every
// block, is there in those that follow and hides the global of that name from them alone. The globals are those of L; a
// name that is none of them is asked of missing.
func Lines(L *lua.LState, missing func(L *lua.LState, name string) lua.LValue) *lua.LTable {
	globals := L.Get(lua.GlobalsIndex).(*lua.LTable)
	ofGlobals := L.NewTable()
	ofGlobals.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		v := lua.LValue(lua.LNil)
		if name, ok := L.Get(2).(lua.LString); ok {
			v = missing(L, string(name))
		}
		L.Push(v)
		return 1
	}))
	globals.Metatable = ofGlobals
	env := L.NewTable()
	mt := L.NewTable()
	mt.RawSetString("__index", globals)
	mt.RawSetString("__newindex", L.Get(lua.GlobalsIndex))
	mt.RawSetString("__metatable", lua.LFalse)
	env.Metatable = mt
	env.RawSetString(keepName, L.NewFunction(func(L *lua.LState) int {
		n := L.CheckInt(1)
		for i := range n {
			env.RawSetString(L.CheckString(2+i), L.Get(2+n+i))
		}
		return 0
	}))
	return env
}

// LoadLine is Load for a line of such an environment.
func LoadLine(L *lua.LState, source []byte, name string, env *lua.LTable) (*lua.LFunction, error) {
	proto, err := compileChanged(L, source, name, keepLocals)
	if err != nil {
		return nil, err
	}
	fn := L.NewFunctionFromProto(proto)
	fn.Env = env
	return fn, nil
}

// keepLocals makes calls of the function that keeps them out of the locals of a chunk: local a, b = f() becomes
// (local)(2, "a", "b", f()).
func keepLocals(chunk []ast.Stmt) []ast.Stmt {
	for i, stmt := range chunk {
		local, ok := stmt.(*ast.LocalAssignStmt)
		if !ok {
			continue
		}
		at := func(n ast.PositionHolder) {
			n.SetLine(local.Line())
			n.SetLastLine(local.LastLine())
		}
		count := &ast.NumberExpr{Value: strconv.Itoa(len(local.Names))}
		at(count)
		args := []ast.Expr{count}
		for _, name := range local.Names {
			text := &ast.StringExpr{Value: name}
			at(text)
			args = append(args, text)
		}
		keep := &ast.IdentExpr{Value: keepName}
		at(keep)
		call := &ast.FuncCallExpr{Func: keep, Args: append(args, local.Exprs...)}
		at(call)
		kept := &ast.FuncCallStmt{Expr: call}
		at(kept)
		chunk[i] = kept
	}
	return chunk
}

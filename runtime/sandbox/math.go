package sandbox

import (
	"math"
	"math/rand/v2"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// openMath takes gopher-lua's library, but infinity is infinite, and random is this state's own: scripts share nothing,
// and a rehearsal can seed it.
func (s *state) openMath(L *lua.LState) {
	upstream(L, lua.OpenMath)
	old := L.GetGlobal("math").(*lua.LTable)
	var names []string
	old.ForEach(func(k, _ lua.LValue) { names = append(names, k.String()) })
	slices.Sort(names)
	mod := L.CreateTable(0, 16)
	for _, name := range names {
		mod.RawSetString(name, old.RawGetString(name))
	}
	mod.RawSetString("huge", lua.LNumber(math.Inf(1)))
	source := s.Random
	setFuncs(L, mod, map[string]lua.LGFunction{
		"random": func(L *lua.LState) int { return mathRandom(L, rand.New(source)) },
		"randomseed": func(L *lua.LState) int {
			source = rand.NewPCG(math.Float64bits(float64(number(L, 1))), 0)
			return 0
		},
	})
	L.SetGlobal("math", mod)
}

func mathRandom(L *lua.LState, r *rand.Rand) int {
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r.Float64()))
		return 1
	case 1:
		high = integer(L, 1)
	case 2:
		low, high = integer(L, 1), integer(L, 2)
	default:
		L.RaiseError("wrong number of arguments")
	}
	if low > high {
		L.ArgError(L.GetTop(), "interval is empty")
	}
	L.Push(lua.LNumber(low + r.IntN(high-low+1)))
	return 1
}

package sandbox

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

// mathFunctions are those from one number to one.
var mathFunctions = map[string]func(float64) float64{
	"abs": math.Abs, "acos": unsigned(math.Acos), "asin": unsigned(math.Asin), "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos,
	"cosh": math.Cosh, "exp": math.Exp, "floor": math.Floor, "log10": unsigned(math.Log10), "sin": math.Sin, "sinh": math.Sinh,
	"sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh, "log": math.Log,
	"deg": func(x float64) float64 { return x / (math.Pi / 180) },
	"rad": func(x float64) float64 { return x * (math.Pi / 180) },
}

// unsigned is fn, whose nan has no sign in C either.
func unsigned(fn func(float64) float64) func(float64) float64 {
	return func(x float64) float64 {
		y := fn(x)
		if math.IsNaN(y) && !math.IsNaN(x) {
			return math.Float64frombits(0x7FF8 << 48)
		}
		return y
	}
}

// mathFunctions2 are those from two numbers to one.
var mathFunctions2 = map[string]func(x, y float64) float64{
	"atan2": math.Atan2, "fmod": math.Mod, "mod": math.Mod, "pow": math.Pow,
}

// openMath gives the math library. The random numbers are this state's own: scripts share nothing, and a rehearsal can
// seed them.
func (s *state) openMath(L *lua.LState) {
	source := s.Random
	funcs := map[string]lua.LGFunction{
		"frexp": mathFrexp, "ldexp": mathLdexp, "modf": mathModf,
		"max":    func(L *lua.LState) int { return mathBest(L, func(a, b lua.LNumber) bool { return a > b }) },
		"min":    func(L *lua.LState) int { return mathBest(L, func(a, b lua.LNumber) bool { return a < b }) },
		"random": func(L *lua.LState) int { return mathRandom(L, rand.New(source)) },
		"randomseed": func(L *lua.LState) int {
			source = rand.NewPCG(math.Float64bits(float64(number(L, 1))), 0)
			return 0
		},
	}
	for name, fn := range mathFunctions {
		funcs[name] = func(L *lua.LState) int {
			return one(L, lua.LNumber(fn(float64(number(L, 1)))))
		}
	}
	for name, fn := range mathFunctions2 {
		funcs[name] = func(L *lua.LState) int {
			return one(L, lua.LNumber(fn(float64(number(L, 1)), float64(number(L, 2)))))
		}
	}
	mod := L.CreateTable(0, 40)
	setFuncs(L, mod, funcs)
	mod.RawSetString("huge", lua.LNumber(math.Inf(1)))
	mod.RawSetString("pi", lua.LNumber(math.Pi))
	L.SetGlobal("math", mod)
}

func mathFrexp(L *lua.LState) int {
	fraction, exponent := math.Frexp(float64(number(L, 1)))
	L.Push(lua.LNumber(fraction))
	L.Push(lua.LNumber(exponent))
	return 2
}

func mathLdexp(L *lua.LState) int {
	return one(L, lua.LNumber(math.Ldexp(float64(number(L, 1)), integer(L, 2))))
}

// mathModf cuts toward zero; infinity has no fraction.
func mathModf(L *lua.LState) int {
	x := float64(number(L, 1))
	whole := math.Trunc(x)
	fraction := math.Copysign(0, x)
	if !math.IsInf(x, 0) {
		fraction = math.Copysign(x-whole, x)
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(fraction))
	return 2
}

func mathBest(L *lua.LState, better func(a, b lua.LNumber) bool) int {
	best := number(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if v := number(L, i); better(v, best) {
			best = v
		}
	}
	return one(L, best)
}

func mathRandom(L *lua.LState, r *rand.Rand) int {
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		return one(L, lua.LNumber(r.Float64()))
	case 1:
		high = integer(L, 1)
	case 2:
		low, high = integer(L, 1), integer(L, 2)
	default:
		raisef(L, "wrong number of arguments")
	}
	if low > high {
		argError(L, L.GetTop(), "interval is empty")
	}
	return one(L, lua.LNumber(low+r.IntN(high-low+1)))
}

package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// Bound lets what runs with the flag compute for so many instructions; then the
// flag is stopped with tooLong's error. Unlike a limit of time it ends a loop at
// the same place on every machine. The flag is not in use yet.
func (f *Flag) Bound(tooLong func() error) { f.tooLong = tooLong }

// Allow gives a bounded flag so many instructions from now on. It is called by
// the one who runs what has the flag.
func (f *Flag) Allow(instructions int64) { f.left = instructions }

// spend has n instructions of a bounded flag used up, by a function in Go that
// took about as long as they do: some 10 ns each.
func spend(L *lua.LState, n int) {
	if flag, ok := L.Context().(*Flag); ok && flag.tooLong != nil {
		if flag.left -= int64(n); flag.left < 0 && !flag.Stopped() {
			flag.Stop(flag.tooLong())
		}
	}
}

// spendOn is spend for bytes that are written or looked through. A few cost no more
// than the instruction that has called, and a real host would pay for the count.
func spendOn(L *lua.LState, bytes int) {
	if bytes >= 64 {
		spend(L, bytes/8)
	}
}

// Spend is Check for a function that has taken about as long as n instructions.
func Spend(L *lua.LState, n int) {
	spend(L, n)
	Check(L)
}

// interpretBounded is interpret for a flag that is bounded.
func interpretBounded(L *lua.LState, base *frame) {
	if cf := of(L).currentFrame; cf == nil || cf.Fn.IsG {
		upstreamLoop(L, base)
		return
	}
	flag := L.Context().(*Flag)
	for flag.reason.Load() == nil {
		const round = 8
		if flag.left -= round; flag.left < 0 {
			flag.Stop(flag.tooLong())
			break
		}
		for range round {
			inst := fetch(L)
			if instructions[inst>>26](L, inst, base) == 1 {
				return
			}
		}
	}
	fetch(L)
	L.RaiseError("%s", flag.Err().Error())
}

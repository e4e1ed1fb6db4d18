package sandbox

import (
	goruntime "runtime"
	"testing"
)

// a .. b .. c is one instruction, which nothing interrupts: one that makes more than 64 MB is refused before it does.
func TestConcatIsBounded(t *testing.T) {
	L := newTest(t)
	setFlag(L, new(Flag))
	run(t, L, `half = ("x"):rep(32 * 2 ^ 20)`, "prepare.lua")
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	run(t, L, `
		local ok, e = pcall(function()
			local s = half

			return s .. s .. s .. s .. s .. s .. s .. s
		end)
		eq(ok, false) eq(e, "tour.lua:5: string too large, at most 64 MB")
		fails(function() return half .. "x" .. half end, "string too large")
		fails(function() return half .. half .. 1 .. "x" end, "string too large")
		fails(function() local s = half while true do s = s .. s end end, "string too large")
		local object = setmetatable({}, {__concat = function(a, b) return "y" end})
		fails(function() return object .. half .. half .. "z" end, "string too large")
		fails(function() return coroutine.wrap(function() return half .. half .. "x" end)() end, "string too large")`, "tour.lua")
	goruntime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 80 {
		t.Errorf("took %d MB", took)
	}
	run(t, L, `
		eq(#(half .. half), 64 * 2 ^ 20)
		local object = setmetatable({}, {__concat = function(a, b) return "y" end})
		eq(#(half .. object .. half .. "z"), 32 * 2 ^ 20 + 1)
		fails(function() return half .. half .. {} end, "concat")
		eq("a" .. 1 .. "b" .. 2.5, "a1b2.5")`, "tour.lua")
}

package runtime

import (
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// A runaway ends by its limit and names script and line; other scripts and a
// head in motion are left alone. The guard counts real time.
func TestRunawaysAreEnded(t *testing.T) {
	for name, code := range map[string]string{
		"loop":       "while true do end",
		"swallowed":  "while true do pcall(function() while true do end end) end",
		"coroutine":  "coroutine.wrap(function() while true do end end)()",
		"metamethod": "local t = setmetatable({}, {__index = function(t, k) while true do end end}) local x = t.x",
		"comparator": "table.sort({3, 2, 1}, function(a, b) while true do end end)",
		"pattern":    `string.find(("a"):rep(400), ".-.-.-.-.-b")`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead+"limits: {compute: 100ms}\n", map[string]string{
				"scripts/a.lua": "hik.spawn(function()\nhik.sleep(1)\n" + code + "\nend)",
				"scripts/b.lua": `hik.every(1, {name = "beat"}, function(j) print(j.late) end)`,
			})
			watch := clock.NewStopwatch()
			w.start()
			w.run(3 * time.Second)
			if took := watch.Elapsed(); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			w.wantPrinted("0", "0", "0")
			w.wantLog("limits.compute")
			w.wantLog("line=scripts/a.lua:3")
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	w := newWorld(t, oneHead+"limits: {memory: 300MB, compute: 20s}\n", map[string]string{
		"scripts/a.lua": "hik.spawn(function()\nlocal t = {}\nfor i = 1, 1e9 do t[i] = {i} end\nend)",
	})
	w.start()
	w.run(time.Second)
	w.wantLog("limits.memory (300MB)")
	w.wantLog("line=scripts/a.lua:3")
}

package runtime

import (
	"strings"
	"testing"
	"time"
)

// What lies in scripts/ and is no script is told once, and again if it comes
// back.
func TestPassedOver(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `print("runs")`, "scripts/b.LUA": `hik.evry(1)`, "scripts/sub/x.lua": `hik.evry(1)`})
	w.start()
	w.run(time.Second)
	w.sync()
	w.wantPrinted("runs")
	told := func(piece string, want int) {
		t.Helper()
		if n := strings.Count(w.log.String(), piece); n != want {
			t.Errorf("%q is told %d times, not %d\n%s", piece, n, want, w.log)
		}
	}
	told("scripts/b.LUA: is not run: the name of a script ends in .lua", 1)
	told("scripts/sub/x.lua: is in a folder of scripts/ and is not run", 1)
	w.remove("scripts/b.LUA")
	w.sync()
	w.write("scripts/b.LUA", "")
	w.sync()
	told("scripts/b.LUA: is not run", 2)
	told("scripts/sub/x.lua: is in a folder", 1)
}

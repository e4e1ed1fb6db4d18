package cluster

import (
	"testing"
	"time"
)

// oneDome is a site of one share.
const oneDome = clusterOf + `devices:
  gate:
    simulate: ptz
    channels:
      yard: {address: 1}
`

// sweeping moves the head now and then, and counts in hik.state.
const sweeping = `local yard = hik.device("gate"):channel("yard")
hik.every("4s", function()
  hik.state.n = (hik.state.n or 0) + 1
  hik.sleep("100ms")
  print(hik.state.n)
  yard:ptz_move({pan = 40, duration = 2})
end)
`

func TestHolderIsKilledAndAnotherGoesOn(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	if first == "" || len(a.lines("sweep")) == 0 {
		t.Fatalf("held by %q, printed %q\n%s", first, a.lines("sweep"), a.log)
	}
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	killed := a.clk.Now()
	a.box(first).kill()
	a.run(15 * time.Second)
	second := a.holder("site")
	if second == "" || second == first {
		t.Fatalf("after %s was killed %q holds the share\n%s", first, second, a.log)
	}
	for i, s := range a.sent {
		if s.at.Before(killed.Add(10 * time.Millisecond)) {
			continue
		}
		if s.what != "stop" || s.host != second || s.at.Sub(killed) > 10500*time.Millisecond {
			t.Errorf("the first command after the death is %+v", a.sent[i:])
		}
		break
	}
	a.box(first).restart()
	a.run(30 * time.Second)
	if now := a.holder("site"); now != second {
		t.Errorf("the share went from %s to %q although nothing happened", second, now)
	}
	a.judge()
	t.Logf("%q\n%s", a.lines("sweep"), a.log)
}

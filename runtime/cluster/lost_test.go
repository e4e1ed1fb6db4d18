package cluster

import (
	"context"
	"slices"
	"testing"
	"time"
)

// Scripts are told of an orderly hand-over before their tasks end, and the next host
// tells its own who it is.
func TestHandOverIsTold(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/tell.lua": `
		hik.on("gate:lost", {state = "both"}, function(ev)
			hik.sleep("100ms")
			hik.state.last = ev.type
			print(ev.type, ev.state)
		end)
		hik.on("gate:held", function(ev) print(ev.type, ev.host, ev.from, hik.state.last) end)`})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	to := a.another(first).name
	a.printed = nil
	var err error
	a.do(30*time.Second, func() { err = a.box(first).process.member.Move(context.Background(), "site", to) })
	a.run(5 * time.Second)
	want := []string{first + " lost\tstart", to + " held\t" + to + "\t" + first + "\tlost"}
	if got := a.lines("tell"); err != nil || !slices.Equal(got, want) {
		t.Errorf("printed %q, want %q: %v", got, want, err)
	}
	a.end()
}

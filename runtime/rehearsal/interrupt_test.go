package rehearsal

import (
	"sync/atomic"
	"testing"
	"time"
)

// Ctrl-C ends a rehearsal also while a function of Lua's library computes, which
// has no steps that could be counted: by itself the host ends it after a minute.
func TestInterruptedInPattern(t *testing.T) {
	s := newSite(t, oneHead, map[string]string{"bad": `hik.spawn(function() return ("a"):rep(60):find(("a*"):rep(40) .. "b") end)`})
	var interrupted atomic.Bool
	o := Options{Site: s, From: from, For: 3 * time.Hour, Seed: 1, Version: "test", Device: head, Scratch: t.TempDir(), Interrupted: interrupted.Load}
	began := time.Now()
	time.AfterFunc(200*time.Millisecond, func() { interrupted.Store(true) })
	if _, err := Run(o); err != ErrInterrupted {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

package sandbox

import (
	"errors"
	goruntime "runtime"
	"testing"
	"time"
)

// What the host does against growth that no library function sees: a look at the heap now and then.
func TestHeapWatch(t *testing.T) {
	errMemory := errors.New("out of memory")
	for name, source := range map[string]string{
		"string":     "local t, s = {}, ('x'):rep(1e6) while true do t[#t + 1] = s .. #t end",
		"table":      "local t = {} while true do t[#t + 1] = {} end",
		"strings":    "local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end",
		"keys":       "local t = {} local i = 0 while true do i = i + 1 t['k' .. i] = i end",
		"closures":   "local f while true do local g = f f = function() return g end end",
		"coroutines": "local t = {} while true do pcall(function() t[#t + 1] = coroutine.wrap(function() t[#t + 1] = ('y'):rep(1e5) coroutine.yield() end) t[#t]() end) end",
		"pcall":      "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end",
	} {
		t.Run(name, func(t *testing.T) {
			goruntime.GC()
			limit := Heap() + 48<<20
			L := newTest(t)
			flag := new(Flag)
			setFlag(L, flag)
			ended, watched := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(watched)
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				for !flag.Stopped() {
					select {
					case <-tick.C:
						if Heap() > limit {
							flag.Stop(errMemory)
						}
					case <-ended:
						return
					}
				}
			}()
			_, err := Call(L, load(t, L, source, "grow.lua"), 0)
			close(ended)
			<-watched
			if !errors.Is(err, errMemory) {
				t.Fatal(err)
			}
		})
	}
}

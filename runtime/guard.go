package runtime

import (
	"fmt"
	goruntime "runtime"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// guardEvery is how often the guard looks; a runaway is ended at most this
// much after its limit. It is real time, in virtual time too.
const guardEvery = 50 * time.Millisecond

// guard ends the tasks that compute for too long without waiting, and the one
// that computes while the host's memory runs out.
func (h *Host) guard() {
	limit := h.site().Limits.Compute
	if h.conf.Steps > 0 {
		limit = stepsPatience
	}
	now := h.watch.Elapsed()
	var longest *task
	var longestFor time.Duration
	h.mu.Lock()
	states := slices.Clone(h.states)
	h.mu.Unlock()
	for _, s := range states {
		t := s.computing.Load()
		if t == nil {
			continue
		}
		computed := now - time.Duration(t.since.Load())
		if h.conf.Interrupted != nil && h.conf.Interrupted() {
			t.flag.Stop(ErrInterrupted)
			continue
		}
		limit := limit
		if h.conf.Steps > 0 && s.outOfPatience.Load() {
			limit = stepsPatienceLater
		}
		if computed >= limit {
			s.outOfPatience.Store(true)
			t.flag.Stop(&luaapi.Failure{
				Kind:    "runaway",
				Message: fmt.Sprintf("computed for %s without waiting (limits.compute)", clock.FormatDuration(limit)),
				Hint:    "call hik.sleep in long loops",
			})
			continue
		}
		if computed > longestFor {
			longest, longestFor = t, computed
		}
	}
	h.guardMemory(longest, longestFor)
}

// guardMemory ends the task that computes longest once the host's heap has
// passed limits.memory. It is the host's memory that is measured: gopher-lua
// does not tell whose an allocation is.
func (h *Host) guardMemory(t *task, computed time.Duration) {
	limit := uint64(h.site().Limits.Memory)
	if limit == 0 || t == nil || computed < guardEvery || sandbox.Heap() <= limit {
		return
	}
	goruntime.GC()
	if sandbox.Heap() <= limit {
		return
	}
	t.flag.Stop(&luaapi.Failure{
		Kind:    "runaway",
		Message: fmt.Sprintf("the host's memory passed limits.memory (%s) while this task computed", site.FormatSize(h.site().Limits.Memory)),
		Hint:    "keep less in tables and strings, or raise limits.memory in site.yaml",
	})
}

func (h *Host) logPanic(t *task, message, stack string) {
	h.log.Error("a function of hiklua failed: please report this", keyScript, t.script.name, keyTask, t.name,
		keyError, message, "go_stack", stack)
}

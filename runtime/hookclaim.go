package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
)

// addHook registers the handler of a hook, if no other script has one for it.
func (s *script) addHook(j *job) error {
	h := s.host
	h.hookTurn.Lock() // two scripts that load at once: one is the first
	defer h.hookTurn.Unlock()
	if other := s.hookRival(j); other != nil {
		s.seen.noteTaken()
		return &luaapi.Failure{
			Kind:    "misuse",
			Message: fmt.Sprintf("%q is taken: %s listens to it already", j.spec.Event.Type, other.spec.Place),
			Hint:    "one function answers a hook: give this one another name, with a token of its own in site.yaml",
		}
	}
	return s.register(j)
}

// hookRival is the job that has the hook of j; nil if none has, or j takes its place:
// it has its name, or is of the next generation.
func (s *script) hookRival(j *job) *job {
	h := s.host
	h.mu.Lock()
	states := slices.Clone(h.states)
	h.mu.Unlock()
	for _, other := range states {
		if other != s && other.file == s.file && strings.HasPrefix(s.file, "scripts/") {
			continue
		}
		for _, o := range other.allJobs() {
			sameJob := other == s && j.spec.Name != "" && o.name == j.name
			if o.spec.Event != nil && o.spec.Event.Device == nil && o.spec.Event.Type == j.spec.Event.Type && !sameJob {
				return o
			}
		}
	}
	return nil
}

// isHook reports whether a job is the handler of a hook.
func isHook(spec luaapi.JobSpec) bool {
	return spec.Event != nil && spec.Event.Device == nil && strings.HasPrefix(spec.Event.Type, luaapi.HookEvent)
}

// retryTaken has those scripts loaded once more that were refused because another
// one had their hook: that one has changed, or is gone.
func (h *Host) retryTaken() {
	var files []string
	h.mu.Lock()
	for _, o := range h.loaders {
		if o.bad != nil && o.bad.version != nil && o.bad.version.seen.isTaken() {
			o.anew = true
			files = append(files, o.file)
		}
	}
	h.mu.Unlock()
	for _, file := range files {
		h.lookAt(file, nil)
	}
}

package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// loadPatience is how long a load holds up the scripts after it.
const loadPatience = time.Second

// edit is a new version of one file, on its way to being live.
type edit struct {
	file string
	sum  [sha256.Size]byte
	old  *script // that runs; nil: none
	next *script
	load *task
	err  error // why there is nothing to load
}

// readEdit begins to load a file if it is not what was loaded the last time.
func (h *Host) readEdit(file string) *edit {
	e := &edit{file: file, old: h.find(scriptName(file))}
	source, err := os.ReadFile(filepath.Join(h.site().Dir, filepath.FromSlash(file)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // gone since it was listed
	case err != nil:
		e.err = err
		return e
	case len(bytes.TrimSpace(source)) == 0 && e.old != nil:
		// An editor has truncated the file and will write it in a moment.
		return nil
	}
	e.sum = sha256.Sum256(source)
	if h.unchanged(file, e.sum) {
		return nil
	}
	e.next = h.newScript(scriptName(file), file)
	e.load, e.err = e.next.beginLoad(source)
	return e
}

// loaded waits until the load has ended; false: not within d.
func (e *edit) loaded(d time.Duration) bool {
	if e.load == nil {
		return true
	}
	ctx, cancel := clock.WithTimeout(e.next.host.clk, context.Background(), d)
	defer cancel()
	return e.load.join(ctx) == nil
}

// goLive puts a version that has loaded in the place of the one that runs. A
// version that does not load changes nothing. false: the host has closed.
func (h *Host) goLive(e *edit) (Change, bool) {
	name, old, s := scriptName(e.file), e.old, e.next
	change := Change{Script: name, Was: old != nil, Is: old != nil, Err: e.err}
	if e.load != nil {
		e.load.join(context.Background())
		change.Err = e.load.err
	}
	if s != nil {
		h.mu.Lock()
		h.tried[e.file] = version{source: e.sum, modules: s.required(), site: s.site, seen: s.seen, err: change.Err}
		h.mu.Unlock()
	}
	if change.Err != nil {
		if s != nil {
			s.close(errCancelled)
		}
		message := "script not loaded"
		if old != nil {
			message = "new version not loaded, the old one runs on"
		}
		h.logLoadError(name, message, change.Err)
		return change, true
	}
	if old != nil {
		s.phases = phasesOf(old)
		jobs := old.allJobs()
		h.handOver(old, s)
		old.stop(errReload)
		s.follow(jobs)
	}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		s.close(errShutdown)
		return change, false
	}
	h.scripts = slices.DeleteFunc(h.scripts, func(other *script) bool { return other == old })
	h.scripts = append(h.scripts, s)
	slices.SortFunc(h.scripts, func(a, b *script) int { return strings.Compare(a.name, b.name) })
	h.mu.Unlock()
	s.goLive()
	change.Is = true
	verb := "script loaded"
	if old != nil {
		verb = "script reloaded"
	}
	h.log.Info(verb, keyScript, name, "jobs", len(s.allJobs()))
	return change, true
}

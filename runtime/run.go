package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Run opens the host, loads the scripts of the site and keeps them running
// until ctx ends. Then it ends everything in an orderly way. It runs on a
// goroutine of the clock.
func (h *Host) Run(ctx context.Context) error {
	h.Open()
	h.Sync()
	until := h.clk.NewWaiter()
	defer clock.OnDone(ctx, until.Wake)()
	until.Wait()
	return h.Close()
}

// Change is what became of one file of scripts/, or of site.yaml.
type Change struct {
	Script string        // its name
	Site   *site.Changes // not nil: it is site.yaml, and this is what changed in it
	Was    bool          // it ran before
	Is     bool          // it runs now
	Err    error         // why the new version does not run
}

// Sync compares site.yaml and the folder scripts/ with what runs, and makes live whatever
// changed. A version that does not compile, or whose load fails, changes
// nothing: the one before goes on. Unchanged content is left alone.
func (h *Host) Sync() []Change {
	h.loading.Lock(context.Background())
	defer h.loading.Unlock()
	changes := h.syncSite()
	files, err := h.scriptFiles()
	if err != nil {
		h.log.Error("scripts cannot be listed", keyError, err)
		return changes
	}
	for _, file := range files {
		if c, changed := h.syncFile(file); changed {
			changes = append(changes, c)
		}
	}
	return append(changes, h.removeGone(files)...)
}

// goneFor is how long a file must be away: some editors move it aside before
// they write the new one.
const goneFor = 250 * time.Millisecond

// removeGone ends the scripts whose files are no longer there.
func (h *Host) removeGone(files []string) []Change {
	var gone []*script
	h.forgetTried(files)
	for _, s := range h.running() {
		if !slices.Contains(files, s.file) {
			gone = append(gone, s)
		}
	}
	if len(gone) == 0 || clock.Sleep(h.ctx, h.clk, goneFor) != nil {
		return nil
	}
	var changes []Change
	for _, s := range gone {
		if _, err := os.Stat(filepath.Join(h.site().Dir, filepath.FromSlash(s.file))); errors.Is(err, fs.ErrNotExist) {
			h.remove(s)
			changes = append(changes, Change{Script: s.name, Was: true})
		}
	}
	return changes
}

// syncFile makes a new version of one file live.
func (h *Host) syncFile(file string) (Change, bool) {
	name := scriptName(file)
	old := h.find(name)
	source, err := os.ReadFile(filepath.Join(h.site().Dir, filepath.FromSlash(file)))
	if errors.Is(err, fs.ErrNotExist) {
		return Change{}, false // gone since it was listed
	}
	if err == nil && len(bytes.TrimSpace(source)) == 0 && old != nil {
		// An editor has truncated the file and will write it in a moment.
		return Change{}, false
	}
	sum := sha256.Sum256(source)
	if err == nil && h.unchanged(file, sum) {
		return Change{}, false
	}
	change := Change{Script: name, Was: old != nil, Is: old != nil}
	fail := func(err error) (Change, bool) {
		change.Err = err
		message := "script not loaded"
		if old != nil {
			message = "new version not loaded, the old one runs on"
		}
		h.logLoadError(name, message, err)
		return change, true
	}
	if err != nil {
		return fail(err)
	}
	s := h.newScript(name, file)
	err = s.load(source)
	h.mu.Lock()
	h.tried[file] = version{source: sum, modules: s.required(), site: s.site, seen: s.seen, err: err}
	h.mu.Unlock()
	if err != nil {
		s.close(errCancelled)
		return fail(err)
	}
	if old != nil {
		s.phases = phasesOf(old)
		jobs := old.jobList()
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
	h.log.Info(verb, keyScript, name, "jobs", s.jobCount())
	return change, true
}

// version is what a load was made of.
type version struct {
	source  [sha256.Size]byte
	modules map[string][sha256.Size]byte // of lib/, by file; zero: there is none
	site    *site.Site
	seen    *lookups // also what it looked for after the load
	err     error    // why it does not run
}

// unchanged reports whether loading a file would load what was loaded, or
// failed to load, the last time.
func (h *Host) unchanged(file string, source [sha256.Size]byte) bool {
	h.mu.Lock()
	last, ok := h.tried[file]
	h.mu.Unlock()
	if !ok || last.source != source || last.seen.concerns(last.site, h.site()) {
		return false
	}
	for module, sum := range last.modules {
		if _, now, _ := h.readModule(module); now != sum {
			return false
		}
	}
	return true
}

// remove ends a script whose file is gone.
func (h *Host) remove(s *script) {
	h.mu.Lock()
	h.scripts = slices.DeleteFunc(h.scripts, func(other *script) bool { return other == s })
	delete(h.tried, s.file)
	h.mu.Unlock()
	s.stop(errRemoved)
	h.log.Info("script removed", keyScript, s.name)
}

// scriptFiles lists scripts/ in the order of names, without those that are
// switched off: "scripts/tour.lua".
func (h *Host) scriptFiles() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(h.site().Dir, "scripts"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, ".lua") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") && !e.IsDir() {
			files = append(files, "scripts/"+name)
		}
	}
	return files, err
}

func scriptName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), ".lua")
}

func (h *Host) running() []*script {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.scripts)
}

func (h *Host) find(name string) *script {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.scripts {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (s *script) jobCount() int { return len(s.jobList()) }

func (s *script) jobList() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.jobs)
}

func joined(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

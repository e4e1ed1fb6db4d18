package runtime

import (
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
// nothing: the one before goes on. Unchanged content is left alone. Scripts
// load one after the other, in the order of names, but one that takes long
// does not hold up the others.
func (h *Host) Sync() []Change {
	h.loading.Lock(context.Background())
	defer h.loading.Unlock()
	changes := h.syncSite()
	files, err := h.scriptFiles()
	if err != nil {
		h.log.Error("scripts cannot be listed", keyError, err)
		return changes
	}
	var slow []*edit
	for _, file := range files {
		e := h.readEdit(file)
		if e == nil {
			continue
		}
		if !e.loaded(loadPatience) {
			slow = append(slow, e)
		} else if c, ok := h.goLive(e); ok {
			changes = append(changes, c)
		}
	}
	changes = append(changes, h.removeGone(files)...)
	return append(changes, h.goLiveLater(slow)...)
}

// goLiveLater lets those whose loads take long go live as they end.
func (h *Host) goLiveLater(slow []*edit) []Change {
	loads := clock.NewGroup(h.clk)
	later := make([]*Change, len(slow))
	for i, e := range slow {
		loads.Go(func() {
			if c, ok := h.goLive(e); ok {
				later[i] = &c
			}
		})
	}
	loads.Wait()
	var changes []Change
	for _, c := range later {
		if c != nil {
			changes = append(changes, *c)
		}
	}
	return changes
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

func joined(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Run loads the scripts of the site and keeps them running, with what is saved,
// until ctx ends, or Drop is called. Then it closes the host, which stops the heads first: neither
// a load nor a file that hangs is waited for. It opens the host if that has not
// been done. loaded, if it is not nil, is told once what became of the scripts
// that were there. In virtual time nothing watches the files: see Sync. Run
// itself runs on a goroutine of the clock.
func (h *Host) Run(ctx context.Context, loaded func([]Change)) error {
	h.Open()
	h.resident.Store(true)
	h.children.Go(func() {
		w := newWatcher(h)
		defer w.close()
		first := h.scan()
		h.children.Go(func() {
			changes := first.changes(h.reloads)
			if clock.Cause(h.reloads) != nil {
				return
			}
			h.mu.Lock()
			h.loaded = true
			h.mu.Unlock()
			h.tellTakeover()
			if loaded != nil {
				loaded(changes)
			}
		})
		w.run(h.reloads)
	})
	h.awaitDone(ctx, h.dropped)
	err := h.Close()
	h.recordHost("stop", err)
	return err
}

// Change is what became of one file of scripts/, or of site.yaml.
type Change struct {
	Script string        // its name
	Site   *site.Changes // not nil: it is site.yaml, and this is what changed in it
	Was    bool          // it ran before
	Is     bool          // it runs now
	Err    error         // why the new version does not run
}

// Reload is Sync by a person's hand. The error says that the folder is not what
// runs: there is none in a host.
func (h *Host) Reload(ctx context.Context) ([]Change, error) { return h.Sync(ctx), nil }

// Sync compares site.yaml and the folder scripts/ with what runs, makes live
// what has changed, and tells what became of it. A version that does not
// compile, or whose load fails, changes nothing: the one before goes on.
// Unchanged content is left alone. Scripts begin to load in the order of names,
// but one that takes long does not hold up the others. When ctx ends, Sync
// returns and the loads go on.
func (h *Host) Sync(ctx context.Context) []Change {
	var s scan
	seen := h.clk.NewWaiter()
	h.children.Go(func() {
		s = h.scan()
		seen.Wake()
	})
	if clock.WaitFor(ctx, seen) != nil {
		return nil
	}
	return s.changes(ctx)
}

// scan is one look at all files of the site.
type scan struct {
	host  *Host
	site  []Change
	looks []*look
}

// scan looks at site.yaml and has the loaders look at their files. It waits for
// nothing but the disk.
func (h *Host) scan() scan {
	s := scan{host: h}
	if h.siteTurn.Acquire(h.reloads) != nil {
		return s
	}
	was := h.site()
	s.site = h.syncSite()
	h.children.Go(h.syncArchive) // its disk may hang
	h.syncSchedules(was)
	h.followGaps()
	h.tellPassedOver()
	h.siteTurn.Release()
	files, err := h.scriptFiles()
	if err != nil {
		h.log.Error("scripts cannot be listed", keyError, err)
		return s
	}
	h.mu.Lock()
	for _, o := range h.loaders {
		if !slices.Contains(files, o.file) {
			files = append(files, o.file) // gone, or perhaps only for a moment
		}
	}
	h.mu.Unlock()
	h.forgetScripts(files)
	var before *look
	for _, file := range files {
		l, began := h.lookAt(file, before)
		s.looks = append(s.looks, l)
		if began {
			before = l
		}
	}
	h.mu.Lock()
	h.scanned = true
	h.mu.Unlock()
	return s
}

// changes waits for the loaders, unless ctx ends before.
func (s scan) changes(ctx context.Context) []Change {
	changes := s.site
	for _, l := range s.looks {
		if s.host.awaitDone(ctx, l.done) != nil {
			break
		}
		if l.change != nil {
			changes = append(changes, *l.change)
		}
	}
	return changes
}

// awaitDone waits for the end of a context that stands for an event.
func (h *Host) awaitDone(ctx, event context.Context) error {
	w := h.clk.NewWaiter()
	defer clock.OnDone(event, w.Wake)()
	return clock.WaitFor(ctx, w)
}

// scriptFiles lists scripts/ in the order of names, without those that are
// switched off: "scripts/tour.lua".
func (h *Host) scriptFiles() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(h.source(), "scripts"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, ".lua") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") && h.runs(scriptName(name)) {
			files = append(files, "scripts/"+name)
		}
	}
	return files, err
}

// runs reports whether the script of a name is one of this host's.
func (h *Host) runs(script string) bool { return h.conf.Runs == nil || h.conf.Runs(script) }

// tellPassedOver logs once what lies in scripts/ and is not run. Its caller has
// siteTurn.
func (h *Host) tellPassedOver() {
	now := make(map[site.Problem]bool)
	for _, p := range site.PassedOver(h.source()) {
		now[p] = true
		if !h.passedOver[p] {
			h.log.Warn(p.String())
		}
	}
	h.passedOver = now
}

func scriptName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), ".lua")
}

// running are the generations that are live, by name.
func (h *Host) running() []*script {
	h.mu.Lock()
	defer h.mu.Unlock()
	var live []*script
	for _, o := range h.loaders {
		if o.live != nil {
			live = append(live, o.live)
		}
	}
	if h.schedules != nil {
		live = append(live, h.schedules)
		slices.SortStableFunc(live, func(a, b *script) int { return strings.Compare(a.name, b.name) })
	}
	return live
}

// withJobs are the scripts that run, and the sessions of REPLs.
func (h *Host) withJobs() []*script {
	all := h.running()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.states {
		if s.session && !s.stopped.Load() {
			all = append(all, s)
		}
	}
	return all
}

func joined(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// A script that a person sets aside ends as one does whose file is removed: its
// jobs are gone, its tasks end, its heads stop, its event streams close. It is
// loaded again when it is released, or when its file is saved with another content:
// that is why the content is remembered, in the state file, so that a restart
// changes nothing.

const (
	// asideTable is the table of the store in which it lies, a name that no script
	// has.
	asideTable = "//set aside"
	// asideWrite is how long the disk is waited for.
	asideWrite = 2 * time.Second
	// releaseLoad is how long ReleaseScript waits for the script to load.
	releaseLoad = 10 * time.Second
)

// aside is that a script is set aside.
type aside struct {
	since  time.Time
	source [sha256.Size]byte // that was not to run
	untold bool              // by the log of this host, for an earlier one did it
}

// HoldScript sets a script aside: it ends, and is not loaded until ReleaseScript,
// or until its file is saved with another content, also over a restart of the host.
// Heads that it moves are stopped at once; HoldScript returns when its tasks have
// ended, or have been waited for long enough. Once more does nothing. The error is
// of kind misuse for a name that no script has, and for one that does not run.
func (h *Host) HoldScript(name string) error {
	h.mu.Lock()
	o, err := h.loaderOf(name)
	if err != nil || o.aside != nil {
		h.mu.Unlock()
		return err
	}
	old := o.live
	if old == nil {
		h.mu.Unlock()
		return &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("script %s does not run: no version of it has loaded", name)}
	}
	o.aside = &aside{since: h.clk.Now(), source: old.source}
	o.live = nil
	var all []*script // old generations too
	for _, s := range h.states {
		if s.file == o.file {
			all = append(all, s)
		}
	}
	h.mu.Unlock()
	for _, s := range all {
		s.endTasks(errAside)
	}
	h.log.Warn("script set aside by hand: nothing of it runs until it is released or saved", keyScript, name)
	h.recordScript(name, scriptAside, nil)
	h.keepAside(o)
	old.stop(errAside)
	return nil
}

// ReleaseScript ends HoldScript: the script is loaded as it is now. It returns when
// that is done, or has taken long; the error says why it does not run. For a script
// that is not set aside it does nothing.
func (h *Host) ReleaseScript(name string) error {
	h.mu.Lock()
	o, err := h.loaderOf(name)
	if err != nil || o.aside == nil {
		h.mu.Unlock()
		return err
	}
	o.aside, o.back = nil, true
	h.mu.Unlock()
	h.log.Info("script released by hand", keyScript, name)
	h.keepAside(o)
	l, _ := h.lookAt(o.file, nil)
	limit, cancel := clock.WithTimeout(h.clk, h.reloads, releaseLoad)
	defer cancel()
	h.awaitDone(limit, l.done)
	h.mu.Lock()
	defer h.mu.Unlock()
	if o.live == nil && o.bad != nil {
		return o.bad.err
	}
	return nil
}

// loaderOf finds the loader of a script. Called with mu held.
func (h *Host) loaderOf(name string) (*loader, error) {
	var known []string
	for _, o := range h.loaders {
		if o.name == name {
			return o, nil
		}
		known = append(known, o.name)
	}
	if h.schedules != nil && h.schedules.name == name {
		return nil, &luaapi.Failure{
			Kind: "misuse", Message: name + " is no script: its jobs are those of archive.schedules",
			Hint: "take them out of site.yaml to end them",
		}
	}
	return nil, unknown("script", name, known, "scripts/ has none")
}

// keepAside has the state file know whether a script is set aside, as it is at
// present. A disk that does not take it is told of in Status.
func (h *Host) keepAside(o *loader) {
	table := h.store.Script(asideTable)
	h.asideTurn.Lock() // what is written last is what is
	h.mu.Lock()
	var value any
	if a := o.aside; a != nil {
		value = map[any]any{"since": a.since.UTC().Format(time.RFC3339Nano), "source": hex.EncodeToString(a.source[:])}
	}
	h.mu.Unlock()
	err := table.Set([]any{o.name}, value)
	kept := table.Publish()
	h.asideTurn.Unlock()
	if err != nil {
		h.log.Error("whether the script is set aside is not kept over a restart", keyScript, o.name, keyError, err)
		return
	}
	limit, cancel := clock.WithTimeout(h.clk, context.Background(), asideWrite)
	defer cancel()
	kept.Wait(limit)
}

// keptAside is what the state file says of a script; nil: it is not set aside. A
// rehearsal runs every script.
func (h *Host) keptAside(name string) *aside {
	if h.conf.Scratch {
		return nil
	}
	table := h.store.Script(asideTable)
	text := func(key string) string {
		v, _ := table.Get([]any{name, key})
		s, _ := v.(string)
		return s
	}
	since, err := time.Parse(time.RFC3339Nano, text("since"))
	source, _ := hex.DecodeString(text("source"))
	if err != nil || len(source) != sha256.Size {
		return nil
	}
	return &aside{since: since, source: [sha256.Size]byte(source), untold: true}
}

// forgetAside has the state file forget the scripts that are no more among the files.
func (h *Host) forgetAside(there map[string]bool) {
	table := h.store.Script(asideTable)
	var gone []any
	for k, _, _ := table.Next(nil, nil); k != nil; k, _, _ = table.Next(nil, k) {
		if name, _ := k.(string); !there[name] {
			gone = append(gone, k)
		}
	}
	for _, k := range gone {
		table.Delete([]any{k})
	}
	if len(gone) > 0 {
		table.Publish()
	}
}

// asideNow is whether the script is set aside.
func (o *loader) asideNow() *aside {
	o.host.mu.Lock()
	defer o.host.mu.Unlock()
	return o.aside
}

// asideMeanwhile reports whether a script was set aside since s began to load, and
// ends s then: it is what is not to run.
func (o *loader) asideMeanwhile(s *script) bool {
	h := o.host
	h.mu.Lock()
	is := o.aside != nil && o.aside != s.asideThen
	if is {
		o.aside.source = s.source
	}
	h.mu.Unlock()
	if is {
		s.close(errAside)
		h.keepAside(o)
	}
	return is
}

// isAside reports whether a script is set aside.
func (h *Host) isAside(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	o, err := h.loaderOf(name)
	return err == nil && o.aside != nil
}

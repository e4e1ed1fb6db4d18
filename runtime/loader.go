package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// loadHoldsUp is how long a load holds up the scripts after it.
	loadHoldsUp = time.Second
	// goneFor is how long a file must be away before its script ends: some
	// editors move it aside before they write the new one.
	goneFor = 250 * time.Millisecond
	// blankFor is how long a file must be empty: editors and slow copies
	// truncate it before they write.
	blankFor = 2 * time.Second
)

// What becomes of the file of a script, in the record.
const (
	scriptLoaded   = "loaded"
	scriptReloaded = "reloaded"
	scriptRemoved  = "removed"
	scriptRefused  = "refused"
	scriptAside    = "set aside"
)

// loader brings the versions of one file of scripts/ live, one after another.
// It has a goroutine while there is something to look at, so that no file waits
// for another one: neither for its load nor for the disk.
type loader struct {
	host *Host
	name string // "tour"
	file string // "scripts/tour.lua"

	// Guarded by Host.mu.
	live    *script     // the generation that runs; nil: none
	bad     *badVersion // what is saved and does not run; nil: it does
	aside   *aside      // not nil: what runs no more, and live is nil
	back    bool        // it was set aside, and is to be loaded again
	anew    bool        // the next look loads what is saved, changed or not
	current *look       // that the goroutine is at; nil: there is no goroutine
	next    *look
	again   clock.Waiter // woken by a new look; nil: the goroutine does not wait
}

// badVersion is a version that does not run. version is nil if it could not be read.
type badVersion struct {
	version *version
	err     error
}

// look is one look at a file. Those who ask for one while another goes on share
// the next.
type look struct {
	after  *look           // of the file before; nil: none
	turn   context.Context // ended when its load begins, or it is done without one
	loads  bool            // set before turn
	begin  context.CancelFunc
	done   context.Context // ended when change is set
	end    context.CancelFunc
	change *Change // nil: nothing has changed
}

func newLook() *look {
	l := &look{}
	l.turn, l.begin = clock.WithCancel(context.Background())
	l.done, l.end = clock.WithCancel(context.Background())
	return l
}

// lookAt has the loader of a file compare it with what runs. What differs is
// loaded after the look before, or once that has taken loadHoldsUp; began
// tells that the loader was idle. A host that stops looks at nothing.
func (h *Host) lookAt(file string, before *look) (l *look, began bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l = newLook()
	if h.stopping {
		l.begin()
		l.end()
		return l, false
	}
	o := &loader{host: h, name: scriptName(file), file: file}
	if i, known := slices.BinarySearchFunc(h.loaders, o.name, func(o *loader, name string) int { return strings.Compare(o.name, name) }); known {
		o = h.loaders[i]
	} else {
		o.aside = h.keptAside(o.name)
		h.loaders = slices.Insert(h.loaders, i, o)
	}
	if o.current == nil {
		l.after = before
		o.current = l
		h.children.Go(o.run)
		return l, true
	}
	if o.next == nil {
		o.next = l
	}
	if o.again != nil {
		o.again.Wake()
	}
	return o.next, false
}

// run is the loader's goroutine: it looks as often as it was asked to meanwhile. A
// look that finds the work done by the one before gives the same change.
func (o *loader) run() {
	h := o.host
	h.mu.Lock()
	l := o.current
	h.mu.Unlock()
	var before *Change
	for l != nil {
		change := o.look(l)
		if l.change = change; change == nil {
			l.change = before
		}
		before = change
		if change != nil && change.Err == nil {
			h.retryTaken()
		}
		h.mu.Lock()
		l.begin()
		l.end()
		l, o.current, o.next = o.next, o.next, nil
		if l == nil && o.live == nil && o.bad == nil && o.aside == nil {
			h.loaders = without(h.loaders, o)
		}
		h.mu.Unlock()
	}
}

// awaitTurn waits until the load before has ended, or has taken loadHoldsUp;
// false: the host stops.
func (o *loader) awaitTurn(l *look) bool {
	h := o.host
	for before := l.after; before != nil; before = before.after {
		if h.awaitDone(h.reloads, before.turn) != nil {
			return false
		}
		if before.loads {
			limit, cancel := clock.WithTimeout(h.clk, h.reloads, loadHoldsUp)
			h.awaitDone(limit, before.done)
			cancel()
			break
		}
	}
	return clock.Cause(h.reloads) == nil
}

// look compares the file with what runs, and makes it live if that differs.
func (o *loader) look(l *look) *Change {
	for clock.Cause(o.host.reloads) == nil {
		source, err := o.read()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return o.remove()
		case err != nil:
			return o.refuse(&badVersion{err: err})
		}
		sum := sha256.Sum256(source)
		if o.known(sum) {
			return nil
		}
		if !l.loads {
			if !o.awaitTurn(l) {
				return nil
			}
			l.loads = true
			l.begin()
		}
		s := o.host.newScript(o.name, o.file, Output{})
		s.source, s.asideThen = sum, o.asideNow()
		load, err := s.beginLoad(source)
		if err == nil && !o.await(load, s) {
			// The file was saved again: only what is saved last has to load.
			s.endTasks(errSuperseded)
			o.host.finishing.Go(func() { s.close(errSuperseded) })
			continue
		}
		if err == nil {
			err = load.err
		}
		if o.asideMeanwhile(s) {
			return nil
		}
		if err != nil {
			s.close(errCancelled)
			bad := s.version // not the script with its Lua state
			return o.refuse(&badVersion{&bad, err})
		}
		if blank(source) {
			o.host.log.Warn("the file of a script is empty: nothing of it runs", keyScript, o.name)
		}
		return o.replace(s)
	}
	return nil
}

// read reads the file. While a script runs, one that has just gone or is empty
// is given the time to be there again.
func (o *loader) read() (source []byte, err error) {
	if !o.host.runs(o.name) {
		return nil, fs.ErrNotExist // it is another host's by now
	}
	for waited := time.Duration(0); ; waited += goneFor {
		source, err = readPlain(o.host.source(), o.file)
		limit := time.Duration(0)
		switch known, there := o.source(); {
		case !there:
		case errors.Is(err, fs.ErrNotExist):
			limit = goneFor
		case err == nil && blank(source) && known != sha256.Sum256(source):
			limit = blankFor
		}
		if waited >= limit || clock.Sleep(o.host.reloads, o.host.clk, goneFor) != nil {
			return source, err
		}
	}
}

func blank(source []byte) bool { return len(bytes.TrimSpace(source)) == 0 }

// source is the content of what runs, or is set aside.
func (o *loader) source() (sum [sha256.Size]byte, there bool) {
	o.host.mu.Lock()
	defer o.host.mu.Unlock()
	switch {
	case o.live != nil:
		return o.live.source, true
	case o.aside != nil:
		return o.aside.source, true
	}
	return sum, false
}

func (o *loader) running() *script {
	o.host.mu.Lock()
	defer o.host.mu.Unlock()
	return o.live
}

// known reports whether loading would give what runs, or what was refused. A
// mistake that was taken back is forgotten.
func (o *loader) known(source [sha256.Size]byte) bool {
	h := o.host
	h.mu.Lock()
	live, bad, anew := o.live, o.bad, o.anew
	o.anew = false
	if a := o.aside; a != nil && a.source == source {
		o.bad = nil
		untold := a.untold
		a.untold = false
		h.mu.Unlock()
		if untold {
			h.log.Warn("script is still set aside: nothing of it runs until it is released or saved", keyScript, o.name, "since", a.since.In(h.Zone()).Format(time.DateTime))
		}
		return true
	}
	h.mu.Unlock()
	if anew {
		return false
	}
	if live != nil && live.isCurrent(h, source) {
		if bad != nil {
			h.mu.Lock()
			o.bad = nil
			h.mu.Unlock()
			h.log.Info("script is again what runs", keyScript, o.name)
		}
		return true
	}
	return bad != nil && bad.version != nil && bad.version.isCurrent(h, source)
}

// await waits for the end of a load; false: what is saved is not any more what
// loads.
func (o *loader) await(load *task, s *script) bool {
	h := o.host
	for {
		again := h.clk.NewWaiter()
		h.mu.Lock()
		o.again = again // from here on, no save is missed
		h.mu.Unlock()
		if load.done.Err() != nil {
			return true
		}
		source, err := readPlain(h.source(), o.file)
		if err != nil || !blank(source) && !s.isCurrent(h, sha256.Sum256(source)) {
			return false
		}
		leave := clock.OnDone(load.done, again.Wake)
		again.Wait()
		leave()
	}
}

// remove ends the script whose file is gone, old generations of it included.
func (o *loader) remove() *Change {
	h := o.host
	h.mu.Lock()
	old := o.live
	o.live, o.bad = nil, nil
	wasAside := o.aside != nil
	o.aside, o.back = nil, false
	var all []*script
	for _, s := range h.states {
		if s.file == o.file {
			all = append(all, s)
		}
	}
	h.mu.Unlock()
	if wasAside {
		h.keepAside(o)
	}
	if old == nil {
		return nil
	}
	for _, s := range all {
		s.endTasks(errRemoved)
	}
	old.stop(errRemoved)
	h.log.Info("script removed", keyScript, o.name)
	h.recordScript(o.name, scriptRemoved, nil)
	return &Change{Script: o.name, Was: true}
}

// refuse notes, and tells once, why what is saved does not run.
func (o *loader) refuse(r *badVersion) *Change {
	h := o.host
	h.mu.Lock()
	same := o.bad != nil && o.bad.version == nil && r.version == nil && o.bad.err.Error() == r.err.Error()
	o.bad = r
	running := o.live != nil
	h.mu.Unlock()
	if same || clock.Cause(h.reloads) != nil {
		return nil
	}
	message := "script not loaded"
	if running {
		message = "new version not loaded, the old one runs on"
	}
	h.logLoadError(o.name, message, r.err)
	h.recordScript(o.name, scriptRefused, r.err)
	return &Change{Script: o.name, Was: running, Is: running, Err: r.err}
}

// replace puts a version that has loaded in the place of the one that runs.
func (o *loader) replace(s *script) *Change {
	h := o.host
	old := o.running()
	if old != nil {
		s.phases = phasesOf(old)
		jobs := old.allJobs()
		h.inheritHandlers(old, s)
		old.stop(errReload)
		s.follow(jobs)
	}
	h.mu.Lock()
	if h.stopping {
		h.mu.Unlock()
		s.close(errShutdown)
		return nil
	}
	if o.aside != nil && o.aside != s.asideThen {
		h.mu.Unlock()
		o.asideMeanwhile(s)
		return nil
	}
	saved := o.aside != nil
	s.wasAside = saved || o.back
	o.live, o.bad, o.aside, o.back = s, nil, nil, false
	h.mu.Unlock()
	if saved {
		h.keepAside(o)
	}
	what := scriptLoaded
	if old != nil {
		what = scriptReloaded
	}
	h.recordScript(o.name, what, nil) // before what its jobs do
	s.goLive()
	h.log.Info("script "+what, keyScript, o.name, "jobs", len(s.allJobs()))
	return &Change{Script: o.name, Was: old != nil, Is: true}
}

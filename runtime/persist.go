package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// endWrite is how long a task that has ended waits for the disk to have
	// what it wrote. The wait of a task that goes on has no such end: it has
	// the task's own.
	endWrite = 5 * time.Second
	// loadWrite is how long the load of a script waits for the disk.
	loadWrite = 250 * time.Millisecond
	// closeWrite is how long the disk gets at least when the host stops.
	closeWrite = time.Second
)

// openStore opens the state file. One that another process has is an error;
// where the disk refuses, the host runs on what it has in memory: no full disk
// keeps heads from being moved and stopped.
func (h *Host) openStore() error {
	o := store.Options{Clock: h.clk, Log: h.log, Disk: h.disk, Shared: h.conf.StateShared}
	if h.conf.State == "" && h.conf.StateLog == nil {
		h.store = store.Memory(o)
		return nil
	}
	if h.conf.Scratch {
		var err error
		h.store, err = store.Snapshot(h.conf.State, h.files.Dir(), o)
		return err
	}
	o.Cluster, o.Before = h.conf.StateLog, h.conf.StateBefore
	s, err := store.Open(h.conf.State, o)
	switch {
	case errors.Is(err, store.ErrLocked), err != nil && h.conf.StateLog != nil: // another host may be able to
		return err
	case err != nil:
		h.storeErr = err
		h.log.Error("the state cannot be kept: hik.state begins empty and ends with the program, and so do last runs", keyError, err)
		h.store = store.Memory(o)
		return nil
	}
	h.store = s
	if notice := s.Notice(); notice != "" {
		h.log.Error(notice)
	}
	return nil
}

// rememberDevices has the state file, if there is one, know what outlives the host
// of its devices.
func (h *Host) rememberDevices() {
	if h.conf.State == "" || h.conf.Scratch || h.storeErr != nil {
		return
	}
	away := h.conf.TakenOver
	if away.IsZero() {
		away = h.store.LastEntry()
	}
	h.forgetOthersHeads()
	h.devices.Remember(h.store, away)
}

// forgetOthersHeads leaves to another share the heads of its devices that the host
// left moving that ran the site by itself: that share has them in its state, too.
func (h *Host) forgetOthersHeads() {
	if h.conf.Elsewhere == nil {
		return
	}
	for _, m := range h.store.AllMoving() {
		if _, ours := h.site().Device(m.Device); ours {
			continue
		}
		if _, others := h.conf.Elsewhere(m.Device); others {
			h.store.ClearMoving(m)
		}
	}
}

// stateError is why hik.state is not on disk; nil if it is, or was never meant to
// be.
func (h *Host) stateError() *ErrorStatus {
	switch failing := h.store.Failing(); {
	case h.storeErr != nil:
		return &ErrorStatus{
			Kind: "disk", Message: firstLine(h.storeErr),
			Hint: "hik.state began empty and ends with the host, as do last runs and what is known of heads in motion; mend owner and mode of the file or its folder and start the host again",
		}
	case failing != nil:
		return errorStatus(diskFailure(failing))
	}
	return nil
}

// closeStore writes what is left, within limit or closeWrite.
func (h *Host) closeStore(limit context.Context) error {
	least, cancel := clock.WithTimeout(h.clk, context.Background(), closeWrite)
	defer cancel()
	var err error
	closed, end := clock.WithCancel(context.Background())
	h.clk.Go(func() {
		err = h.store.Close()
		end()
	})
	if h.awaitDone(limit, closed) != nil && h.awaitDone(least, closed) != nil {
		return errors.New("the disk does not answer: what hik.state was given last may be lost")
	}
	return err
}

// keep is what one generation of a script keeps: its own table, and the one
// that all share. The holder of the script's lock has it.
type keep struct {
	own, shared kept
}

// kept is a table of the store that knows whether its holder wrote to it.
type kept struct {
	*store.State
	wrote bool
}

var _ luaapi.State = (*kept)(nil)

// Set implements luaapi.State.
func (k *kept) Set(path []any, v any) error {
	k.wrote = true
	return k.State.Set(path, v)
}

// submit gives what was written to the store's committer.
func (k *kept) submit() store.Ticket {
	if !k.wrote {
		return store.Ticket{}
	}
	k.wrote = false
	return k.State.Written()
}

// keeping is what the script keeps; it is looked up when it is first asked
// for. Called with the script's lock held.
func (s *script) keeping() *keep {
	if s.keep == nil {
		if s.host.conf.StateNote != "" {
			s.host.stateNote.Do(func() { s.host.log.Warn(s.host.conf.StateNote, keyScript, s.name) })
		}
		s.keep = &keep{own: kept{State: s.host.store.Script(s.storeName())}, shared: kept{State: s.host.store.Shared()}}
	}
	return s.keep
}

// storeName tells files of scripts/ from what exec and the REPL run, which is
// no file there.
func (s *script) storeName() string {
	if s.isFile() {
		return s.name
	}
	return "/" + s.name
}

// isFile reports whether the script is a file of scripts/, or site.yaml.
func (s *script) isFile() bool {
	return strings.HasPrefix(s.file, "scripts/") || s.file == site.FileName
}

// State implements luaapi.Keeper.
func (s *script) State() luaapi.State { return &s.keeping().own }

// SharedState implements luaapi.Keeper.
func (s *script) SharedState() luaapi.State { return &s.keeping().shared }

// written is what a task wrote to its script's tables and gave to the disk.
// The zero value is nothing.
type written struct {
	own, shared store.Ticket
	task        *task
}

// submitState gives to the disk what the task wrote since it took the script's
// lock, all of its script's own table as one. Called before the lock is given
// back; it costs nothing where nothing was written.
func (t *task) submitState() written {
	k := t.script.keep
	if k == nil || !k.own.wrote && !k.shared.wrote {
		return written{}
	}
	return written{k.own.submit(), k.shared.submit(), t}
}

// wait returns when the disk has it. A load does not insist: neither a full
// disk nor one that hangs may keep a script from running.
func (w written) wait(ctx context.Context) error {
	if w.task == nil {
		return nil
	}
	if w.task.loading {
		short, cancel := clock.WithTimeout(w.task.script.host.clk, ctx, loadWrite)
		defer cancel()
		w.own.Wait(short)
		w.shared.Wait(short)
		return nil
	}
	return diskFailure(errors.Join(w.own.Wait(ctx), w.shared.Wait(ctx)))
}

// waitAtEnd is wait for a task that has ended with err.
func (w written) waitAtEnd(err error) error {
	if w.task == nil {
		return err
	}
	h := w.task.script.host
	ctx, cancel := clock.WithTimeout(h.clk, h.hurry, endWrite)
	defer cancel()
	if lost := w.wait(ctx); err == nil {
		return lost
	}
	return err
}

// diskFailure tells an error of the store in the words of scripts.
func diskFailure(err error) error {
	if err == nil {
		return nil
	}
	failure := &luaapi.Failure{Kind: "disk", Err: err, Hint: "the value is there until hiklua ends, and is tried again"}
	switch {
	case errors.Is(err, store.ErrFenced):
		failure.Kind, failure.Message, failure.Hint = "elsewhere", "hik.state is not kept: another host has taken this share", ""
	case errors.Is(err, context.DeadlineExceeded):
		failure.Message = fmt.Sprintf("hik.state is not on disk after %v", endWrite)
	case errors.Is(err, syscall.ENOSPC):
		failure.Message, failure.Hint = "hik.state is not on disk: the disk is full", "make room on the disk of the site's data folder; "+failure.Hint
	case errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrChanged):
		failure.Message, failure.Hint = "hik.state is not on disk: another hiklua has taken it meanwhile", "a running host has the site's state: without --alone exec and repl are inside it"
	case errors.Is(err, store.ErrClosed):
		failure.Message, failure.Hint = "hik.state is not on disk: the host has stopped", ""
	default:
		failure.Message = "hik.state is not on disk: " + firstLine(err)
	}
	return failure
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

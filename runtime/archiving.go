package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/jpeg"
	"github.com/hiklua/hiklua/runtime/archive/retention"
	"github.com/hiklua/hiklua/runtime/archive/upload"
	"github.com/hiklua/hiklua/runtime/archive/watch"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/site"
)

// archiving is the host's side of the archive. It is opened when it is first
// used, or with the host if site.yaml has one.
type archiving struct {
	turn *clock.Semaphore // for one who opens or closes it; guards open
	open *archiver        // nil: it is not
	now  atomic.Pointer[archiver]

	noSync bool // set by tests: see archive.Options

	headless sync.Map // "gate/1" of channels that have no head which tells its position
}

// archiver is an open archive with all that goes with it. It is opened anew when
// what site.yaml says of it changes.
type archiver struct {
	conf   site.Archive
	given  bool // site.yaml has a word of it
	zone   *time.Location
	files  *archive.Archive
	index  *index.Index
	keeper *retention.Keeper
	second *upload.Uploader // nil: there is no second place, or no host that runs
	watch  *watch.Watcher   // nil: nothing is looked for, or no host runs

	ctx    context.Context // of what runs with it
	cancel context.CancelFunc
	runs   *clock.Group

	mu      sync.Mutex
	users   int         // pictures on their way
	idle    *clock.Cond // no user is left
	failing error       // why the last picture could not be archived; nil: it was
}

// archiveConf is what site.yaml says of the archive, or what counts without a
// word of it there.
func archiveConf(s *site.Site, data string) site.Archive {
	if s.Archive != nil {
		return *s.Archive
	}
	a := site.DefaultArchive()
	a.Path = filepath.Join(data, "archive")
	if full, err := filepath.Abs(a.Path); err == nil {
		a.Path = full
	}
	return a
}

// useArchive gives the open archive to one who calls done when it is not needed
// any more.
func (h *Host) useArchive(ctx context.Context) (a *archiver, done func(), err error) {
	if err := h.archiving.turn.Acquire(ctx); err != nil {
		return nil, nil, err
	}
	defer h.archiving.turn.Release()
	if h.archiving.open == nil {
		a, err := h.openArchive(ctx)
		if err != nil {
			return nil, nil, err
		}
		h.archiving.open = a
		h.archiving.now.Store(a)
	}
	a = h.archiving.open
	a.mu.Lock()
	a.users++
	a.mu.Unlock()
	return a, a.done, nil
}

func (a *archiver) done() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.users--; a.users == 0 {
		a.idle.Broadcast()
	}
}

// openArchive opens it. Its caller has the turn.
func (h *Host) openArchive(ctx context.Context) (*archiver, error) {
	s := h.site()
	if clock.Cause(h.ctx) != nil {
		return nil, errShutdown
	}
	a := &archiver{conf: archiveConf(s, h.files.Dir()), given: s.Archive != nil, zone: s.Timezone, runs: clock.NewGroup(h.clk)}
	a.idle = clock.NewCond(h.clk, &a.mu)
	dir := cmp.Or(h.conf.ArchiveDir, s.Path(a.conf.Path))
	a.index = h.startIndex(ctx, filepath.Join(h.files.Dir(), index.FileName), dir, index.Options{
		Clock: h.clk, Log: h.log, Zone: s.Timezone, Layout: a.conf.Layout, NoSync: h.archiving.noSync,
	})
	if problem := a.index.Problem(); errors.Is(problem, index.ErrLocked) {
		a.index.Close(ctx)
		return nil, &luaapi.Failure{
			Kind: "busy", Message: "archive: another hiklua has it open", Err: problem,
			Hint: "a running host has the site's archive: without --alone exec and repl are inside it",
		}
	}
	a.keeper = retention.New(retention.Options{
		Clock: h.clk, Log: h.log, Index: a.index, Policy: retention.PolicyOf(&a.conf, s.Timezone), Waiting: a.waiting,
	})
	a.ctx, a.cancel = clock.WithCancel(h.ctx)
	h.attend(a)
	var err error
	a.files, err = archive.Open(archive.Options{
		Dir: dir, Layout: a.conf.Layout, Zone: s.Timezone, Clock: h.clk, Index: a.index, Admit: a.keeper.Admit,
		NoSync: h.archiving.noSync,
		Added:  func(e archive.Entry, data uint64) { h.took(a, e, data) },
	})
	if err != nil {
		a.cancel()
		return nil, errors.Join(err, a.index.Close(ctx))
	}
	if a.second != nil {
		a.second.Start()
	}
	a.runs.Go(func() { a.keeper.Run(a.ctx) })
	return a, nil
}

// archiveClose is how long an archive gets to be closed.
const archiveClose = 5 * time.Second

// closeArchive ends it, when the pictures on their way are in it, or ctx has
// ended. Its caller has the turn.
func (h *Host) closeArchive(ctx context.Context) error {
	a := h.archiving.open
	if a == nil {
		return nil
	}
	h.archiving.open = nil
	h.archiving.now.Store(nil)
	a.mu.Lock()
	for a.users > 0 && a.idle.Wait(ctx) == nil {
	}
	a.mu.Unlock()
	a.cancel()
	h.leave(ctx, a)
	a.runs.WaitFor(ctx)
	return a.index.Close(ctx)
}

// endArchive closes it with the host.
func (h *Host) endArchive(limit context.Context) error {
	ctx, cancel := clock.WithTimeout(h.clk, limit, archiveClose)
	defer cancel()
	if h.archiving.turn.Acquire(ctx) != nil {
		return nil // its disk hangs: the next start sees to the rest
	}
	defer h.archiving.turn.Release()
	return h.closeArchive(ctx)
}

// syncArchive opens the archive that site.yaml has, or opens it anew if it says
// something else of it now.
func (h *Host) syncArchive() {
	if h.archiving.turn.Acquire(h.reloads) != nil {
		return
	}
	s := h.site()
	var changed bool
	if a := h.archiving.open; a != nil {
		is, was := archiveConf(s, h.files.Dir()), a.conf
		is.Schedules, was.Schedules = nil, nil
		changed = a.given != (s.Archive != nil) || a.zone.String() != s.Timezone.String() || !reflect.DeepEqual(is, was)
	}
	if changed {
		limit, cancel := clock.WithTimeout(h.clk, h.reloads, archiveClose)
		if err := h.closeArchive(limit); err != nil {
			h.log.Error("the archive was not closed in order", keyError, err)
		}
		cancel()
	}
	open := h.archiving.open == nil && s.Archive != nil
	h.archiving.turn.Release()
	if !open {
		return
	}
	if _, done, err := h.useArchive(h.reloads); err == nil {
		done()
	} else if clock.Cause(h.reloads) == nil {
		h.log.Error("no picture can be archived", keyError, archiveFailure(err))
	}
}

// ArchivePicture implements luaapi.Script.
func (s *script) ArchivePicture(ctx context.Context, p luaapi.ArchiveSpec, fill func(io.Writer) error) (luaapi.Archived, error) {
	if p.Label != "" && !site.ValidName(p.Label) {
		return luaapi.Archived{}, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("label %q is none", p.Label), Hint: "a label is " + site.NameRule}
	}
	a, done, err := s.host.useArchive(ctx)
	if err != nil {
		return luaapi.Archived{}, archiveFailure(err)
	}
	defer done()
	e, err := s.host.addPicture(ctx, a, p, fill)
	a.note(err)
	if err != nil {
		return luaapi.Archived{}, archiveFailure(err)
	}
	s.host.recordPicture(ctx, e)
	return luaapi.Archived{Path: s.host.archived(e.Path), Size: e.Size}, nil
}

// addPicture archives a picture that fill writes.
func (h *Host) addPicture(ctx context.Context, a *archiver, spec luaapi.ArchiveSpec, fill func(io.Writer) error) (archive.Entry, error) {
	p, err := h.beginPicture(ctx, a, spec)
	if err != nil {
		return archive.Entry{}, err
	}
	defer p.Abort()
	if err := fill(p); err != nil {
		return archive.Entry{}, err
	}
	return p.Commit()
}

// entryOf is what the archive is told of a picture.
func (h *Host) entryOf(p luaapi.ArchiveSpec) archive.Entry {
	e := archive.Entry{
		Device: p.Device, Channel: p.Channel, Label: p.Label, Event: p.Event,
		Taken: p.Taken, DeviceTime: p.DeviceTime,
	}
	if p.Pose != nil || p.Preset != "" {
		e.Head = &archive.Head{Preset: p.Preset}
	}
	if p.Pose != nil {
		e.Head.Pan, e.Head.Tilt, e.Head.Zoom = p.Pose.Pan, p.Pose.Tilt, p.Pose.Zoom
	}
	if d, ok := h.site().Device(p.Device); ok {
		for _, c := range d.Channels {
			if c.Address == p.Channel {
				e.Name = c.Name
			}
		}
	}
	return e
}

// archived is how people are told of a picture: archive.path as site.yaml has
// it, and the path below.
func (h *Host) archived(below string) string {
	if h.site().Archive == nil {
		return path.Join(h.files.Shown("archive"), below)
	}
	return path.Join(filepath.ToSlash(h.site().Archive.Path), below)
}

// ReadPicture implements luaapi.Script.
func (s *script) ReadPicture(ctx context.Context, shown string) ([]byte, error) {
	a, done, err := s.host.useArchive(ctx)
	if err != nil {
		return nil, archiveFailure(err)
	}
	defer done()
	below, ok := strings.CutPrefix(shown, s.host.archived("")+"/")
	if !ok {
		return nil, &luaapi.Failure{Kind: "not_found", Message: fmt.Sprintf("%s: the archive has moved", shown)}
	}
	data, err := files.NewFolder(a.files.Dir()).Read(below)
	return data, fileFailure(shown, err)
}

// archiveFailure tells an error of the archive in the words of scripts.
func archiveFailure(err error) error {
	var format *jpeg.FormatError
	var hinted interface {
		error
		Hint() string
	}
	switch {
	case errors.As(err, &format):
		return &luaapi.Failure{Kind: "device", Message: format.Error(), Err: err}
	case !isDiskFailure(err):
		return err
	case errors.As(err, &hinted):
		return &luaapi.Failure{Kind: "disk", Message: hinted.Error(), Hint: hinted.Hint(), Err: err}
	}
	told := &luaapi.Failure{Kind: "disk", Message: err.Error(), Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		told.Hint = "make room on the disk of the archive, or let archive.max_size and min_free of site.yaml do so"
	case errors.Is(err, fs.ErrPermission):
		told.Hint = "the archive's folder must belong to the account that hiklua runs as"
	}
	return told
}

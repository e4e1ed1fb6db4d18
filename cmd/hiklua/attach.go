package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// luaSession is what a REPL asks of the session that runs its lines: one of
// this process, or one in a running host.
type luaSession interface {
	Eval(ctx context.Context, code string) ([]runtime.Value, error)
	Outline(ctx context.Context, path []string) (luaapi.Outline, error)
	// StopHeads reports whether it is known that a head had to be stopped.
	StopHeads() bool
	Close()
}

var (
	_ luaSession = (*runtime.Session)(nil)
	_ luaSession = (*attached)(nil)
)

// attached is a session in the host of another process, begun when it is first
// asked for. That host ends it, and stops its heads, when this process goes,
// however it goes.
type attached struct {
	client   *api.Client
	app      *app
	out      *printer
	log      slog.Handler
	pictures bool   // those of snapshots are wanted
	share    string // of a cluster's host; "": the first that it holds

	mu   sync.Mutex
	live *api.Session
}

// attach enters the host that client reaches, which runs s.
func (a *app) attach(client *api.Client, s *site.Site, share string, out *printer) *repl {
	log := a.logHandler(a.stderr, logLevels[a.logLevel.value], a.formOf(a.stderr))
	open := func(ctx context.Context) (luaSession, error) {
		other, err := a.reachHost(ctx, s.Dir)
		if err != nil {
			return nil, err
		}
		return &attached{client: other, app: a, out: &printer{w: io.Discard}, log: slog.DiscardHandler, share: share}, nil
	}
	return &repl{
		app: a, site: s, out: out, names: newDeviceNames(a.clk, open), saved: savedOrNone(s),
		session: &attached{client: client, app: a, out: out, log: log, share: share},
	}
}

// abort makes the end of the session hurry.
func (r *repl) abort() {
	if r.host != nil {
		r.host.Abort()
		return
	}
	r.session.Close()
}

// session begins the session, once.
func (t *attached) session(ctx context.Context) (*api.Session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live != nil {
		return t.live, nil
	}
	var err error
	t.live, err = t.client.OpenSession(ctx, t.share, func(p api.Piece) error { return t.app.showPiece(context.Background(), p, t.out, t.log) })
	return t.live, err
}

// Eval implements luaSession. When ctx ends the host is told to break off the
// line.
func (t *attached) Eval(ctx context.Context, code string) ([]runtime.Value, error) {
	session, err := t.session(ctx)
	if err != nil {
		return nil, evalError(err)
	}
	values, err := session.Eval(ctx, api.Line{Code: api.Text(code), Pictures: t.pictures}, func(p api.Piece) error {
		return t.app.showPiece(ctx, p, t.out, t.log)
	})
	return values, evalError(err)
}

func evalError(err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return taskError(e)
	}
	if errors.Is(err, api.ErrGone) {
		return errors.New("the host has stopped; Ctrl-D leaves")
	}
	return err
}

// Outline implements luaSession.
func (t *attached) Outline(ctx context.Context, path []string) (luaapi.Outline, error) {
	session, err := t.session(ctx)
	if err != nil {
		return luaapi.Outline{}, err
	}
	return session.Outline(ctx, path)
}

// stopPatience is how long the host may take to say that heads stop.
const stopPatience = 2 * time.Second

// StopHeads implements luaSession.
func (t *attached) StopHeads() bool {
	t.mu.Lock()
	session := t.live
	t.mu.Unlock()
	if session == nil {
		return false
	}
	ctx, cancel := clock.WithTimeout(clock.Real(), context.Background(), stopPatience)
	defer cancel()
	stopped, err := session.StopHeads(ctx)
	return stopped && err == nil
}

// Close implements luaSession.
func (t *attached) Close() { t.client.Close() }

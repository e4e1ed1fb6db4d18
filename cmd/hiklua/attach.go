package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/control"
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

// attached is a session in the host of another process. That host ends it,
// and stops its heads, when the connection goes, however it goes.
type attached struct {
	client   *control.Client
	app      *app
	out      *printer
	log      slog.Handler
	pictures bool // those of snapshots are wanted
}

// attach enters the host that client reaches, which runs s.
func (a *app) attach(client *control.Client, s *site.Site, out *printer) *repl {
	log := a.logHandler(a.stderr, logLevels[a.logLevel.value], a.formOf(a.stderr))
	open := func(ctx context.Context) (luaSession, error) {
		other, err := a.reachHost(ctx, s.Dir)
		if err != nil {
			return nil, err
		}
		return &attached{client: other, app: a, out: &printer{w: io.Discard}, log: slog.DiscardHandler}, nil
	}
	return &repl{
		app: a, site: s, out: out, names: newDeviceNames(a.clk, open), saved: savedOrNone(s),
		session: &attached{client: client, app: a, out: out, log: log},
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

// Eval implements luaSession. When ctx ends the host is told to break off the
// line.
func (t *attached) Eval(ctx context.Context, code string) ([]runtime.Value, error) {
	var values []runtime.Value
	err := t.client.Call(ctx, opEval, evalRequest{code, t.pictures}, each(func(answer evalAnswer) error {
		values = append(values, answer.Values...)
		return t.app.showPiece(ctx, answer.outputPiece, t.out, t.log)
	}))
	return values, evalError(err)
}

func evalError(err error) error {
	if fault, ok := errors.AsType[*control.Fault](err); ok {
		return fromFault(fault)
	}
	if errors.Is(err, control.ErrGone) {
		return errors.New("the host has stopped; Ctrl-D leaves")
	}
	return err
}

// Outline implements luaSession.
func (t *attached) Outline(ctx context.Context, path []string) (o luaapi.Outline, err error) {
	return o, t.client.Get(ctx, opOutline, path, &o)
}

// StopHeads implements luaSession. It does not wait for the answer: a call may
// be going on.
func (t *attached) StopHeads() bool {
	t.client.Send(opStopHeads)
	return false
}

// Close implements luaSession.
func (t *attached) Close() { t.client.Close() }

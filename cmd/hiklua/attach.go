package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/site"
)

// luaSession is what a REPL asks of the session that runs its lines: one of
// this process, or one in a running host.
type luaSession interface {
	Eval(ctx context.Context, code string) ([]string, error)
	Complete(code string) bool
	Names(path []string) []string
	StopHeads()
	Close()
}

var (
	_ luaSession = (*runtime.Session)(nil)
	_ luaSession = (*attached)(nil)
)

// attached is a session in the host of another process. That host ends it,
// and stops its heads, when the connection goes, however it goes.
type attached struct {
	client *control.Client
	app    *app
	out    *printer
	log    slog.Handler
}

// attach enters the host that client reaches, which runs s.
func (a *app) attach(client *control.Client, s *site.Site, out *printer) *repl {
	log := a.logHandler(a.stderr, logLevels[a.logLevel.value], a.colour(a.stderr))
	return &repl{app: a, site: s, session: &attached{client, a, out, log}}
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
func (t *attached) Eval(ctx context.Context, code string) ([]string, error) {
	var values []string
	err := t.client.Call(ctx, opEval, code, func(value json.RawMessage) error {
		var answer evalAnswer
		if err := json.Unmarshal(value, &answer); err != nil {
			return err
		}
		values = append(values, answer.Values...)
		return t.app.showPiece(ctx, answer.outputPiece, t.out, t.log)
	})
	return values, evalError(err)
}

func evalError(err error) error {
	var fault *control.Fault
	switch {
	case errors.As(err, &fault):
		return fromFault(fault)
	case errors.Is(err, control.ErrGone):
		return errors.New("the host has stopped; Ctrl-D leaves")
	}
	return err
}

// Complete implements luaSession.
func (t *attached) Complete(code string) bool {
	whole := true
	if err := t.client.Get(context.Background(), opComplete, code, &whole); err != nil {
		return true // Eval says what is wrong
	}
	return whole
}

// Names implements luaSession.
func (t *attached) Names(path []string) []string {
	var names []string
	if err := t.client.Get(context.Background(), opNames, path, &names); err != nil {
		return nil
	}
	return names
}

// StopHeads implements luaSession.
func (t *attached) StopHeads() { t.client.Send(opStopHeads) }

// Close implements luaSession.
func (t *attached) Close() { t.client.Close() }

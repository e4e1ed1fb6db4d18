package main

import (
	"context"
	"encoding/json"
	"errors"

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
	print  func(script, text string)
	room   func(ctx context.Context) // for what is printed
}

// attach enters the host that runs s.
func (a *app) attach(s *site.Site, print func(script, text string)) (*repl, error) {
	client, err := a.reachHost(context.Background(), s.Dir)
	if err != nil {
		return nil, err
	}
	return &repl{app: a, site: s, session: &attached{client, print, a.room}}, nil
}

// loadReplSite is the site of a REPL. One that only enters a host needs names,
// not passwords.
func (a *app) loadReplSite(o replOptions) (*site.Site, error) {
	if !o.attach {
		return a.loadSiteOrNone(o.site, o.simulate, o.device != "")
	}
	dir := o.site
	if dir == "" {
		dir = "."
	}
	return a.loadSite(dir, true)
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
		if answer.Printed != nil {
			t.print("repl", *answer.Printed)
			t.room(ctx)
		}
		values = append(values, answer.Values...)
		return nil
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

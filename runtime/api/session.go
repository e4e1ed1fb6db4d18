package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

// sessions are the sessions of REPLs, by their names.
type sessions struct {
	mu  sync.Mutex
	all map[string]*session
}

// session is a Lua session of a client. It lives as long as the answer that
// began it.
type session struct {
	lua *runtime.Session
	out *output
	own *lines // the answer that began it, for what is written between two lines

	mu   sync.Mutex
	busy bool // with a line
}

// SessionLine is a line of the answer of POST /api/repl: first the name of the
// session, then what it writes while no line of it runs.
type SessionLine struct {
	Piece
	Session string `json:"session,omitempty"`
}

// OpenSession is what POST /api/repl takes.
type OpenSession struct {
	Share string `json:"share,omitempty"` // that it is in, of a cluster's host; "": the first that is held
}

// repl is POST /api/repl. The session, and with it what it has moving, ends with
// the answer.
func (a *API) repl(ctx context.Context, in OpenSession, to *lines) error {
	host, err := a.inShare(in.Share)
	if err != nil {
		return err
	}
	s := &session{own: to, out: newOutput(to, nil)}
	if s.lua, err = host.NewSession(a.output(s.out, slog.LevelInfo)); err != nil {
		return err
	}
	defer s.lua.Close()
	name := rand.Text()
	a.sessions.mu.Lock()
	a.sessions.all[name] = s
	a.sessions.mu.Unlock()
	defer func() {
		a.sessions.mu.Lock()
		delete(a.sessions.all, name)
		a.sessions.mu.Unlock()
	}()
	if err := to.send(SessionLine{Session: name}); err != nil {
		return err
	}
	clock.WaitFor(ctx, clock.Real().NewWaiter())
	return nil
}

// named finds the session of a request.
func (a *API) named(r *http.Request) (*session, error) {
	name := r.PathValue("session")
	a.sessions.mu.Lock()
	defer a.sessions.mu.Unlock()
	if s := a.sessions.all[name]; s != nil {
		return s, nil
	}
	return nil, failed(http.StatusNotFound, "not_found", fmt.Sprintf("no session %q", name), "a session ends with the answer of POST /api/repl")
}

// inSession makes a handler that takes an object and answers with one value.
func inSession[In, Out any](do func(s *session, ctx context.Context, in In) (Out, error)) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		s, err := a.named(r)
		if err != nil {
			return err
		}
		return post(func(_ *API, ctx context.Context, in In) (Out, error) { return do(s, ctx, in) })(a, w, r)
	}
}

// Line is what POST /api/repl/{session}/eval takes.
type Line struct {
	Code     Text `json:"code"`
	Pictures bool `json:"pictures,omitempty"` // those of snapshots are wanted
}

// EvalLine is a line of the answer: a piece of what is written, or at last the
// values.
type EvalLine struct {
	Piece
	Values []runtime.Value `json:"values,omitempty"`
}

func evalInSession(a *API, w http.ResponseWriter, r *http.Request) error {
	s, err := a.named(r)
	if err != nil {
		return err
	}
	return streamed(maxProgram, func(_ *API, ctx context.Context, in Line, to *lines) error { return s.eval(ctx, in, to) })(a, w, r)
}

func (s *session) eval(ctx context.Context, in Line, to *lines) error {
	s.mu.Lock()
	busy := s.busy
	s.busy = true
	s.mu.Unlock()
	if busy {
		return failed(http.StatusConflict, "busy", "a line of this session runs already", "")
	}
	defer func() {
		s.mu.Lock()
		s.busy = false
		s.mu.Unlock()
	}()
	s.out.answer(ctx, to)
	values, err := s.lua.Eval(ctx, string(in.Code))
	s.out.answer(ctx, s.own)
	if err != nil {
		return err
	}
	for i := range values {
		if !in.Pictures {
			values[i].Picture = nil
		}
	}
	return to.send(EvalLine{Values: values})
}

// Outlined is what POST /api/repl/{session}/outline takes.
type Outlined struct {
	Path []string `json:"path"` // such as cams, gate; empty: all variables
}

func (s *session) outline(ctx context.Context, in Outlined) (luaapi.Outline, error) {
	return s.lua.Outline(ctx, in.Path)
}

// Stopped is what POST /api/repl/{session}/stop answers.
type Stopped struct {
	Stopped bool `json:"stopped"` // there was a head to stop
}

func (s *session) stop(context.Context, Nothing) (Stopped, error) {
	return Stopped{s.lua.StopHeads()}, nil
}

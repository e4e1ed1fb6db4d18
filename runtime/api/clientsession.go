package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Session is a Lua session in a host. The host ends it, and stops its heads,
// when this process goes, however it goes.
type Session struct {
	client *Client
	path   string
	leave  context.CancelFunc
	ended  chan struct{} // closed when the answer that began it has ended
}

// OpenSession begins a session, of a cluster's host in a share that it holds; "": in
// the first. show gets what is written while no line of it runs, on a goroutine of
// the session's own.
func (c *Client) OpenSession(ctx context.Context, share string, show func(Piece) error) (*Session, error) {
	live, leave := clock.WithCancel(context.Background())
	s := &Session{client: c, leave: leave, ended: make(chan struct{})}
	begun := make(chan string, 1)
	var failed error
	go func() {
		defer close(s.ended)
		failed = c.call(live, http.MethodPost, "/api/repl", nil, OpenSession{share}, each(func(l SessionLine) error {
			if l.Session != "" {
				begun <- l.Session
				return nil
			}
			return show(l.Piece)
		}))
	}()
	select {
	case name := <-begun:
		s.path = "/api/repl/" + url.PathEscape(name)
		return s, nil
	case <-s.ended:
		leave()
		if failed == nil {
			failed = ErrGone
		}
		return nil, failed
	case <-ctx.Done():
		s.Close()
		return nil, ctx.Err()
	}
}

// gone reports whether the host has ended the session.
func (s *Session) gone() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// Eval runs a line, and gives what it writes to show. The host breaks it off
// when ctx ends. The error is ErrGone once the session has ended.
func (s *Session) Eval(ctx context.Context, line Line, show func(Piece) error) (values []runtime.Value, err error) {
	if s.gone() {
		return nil, ErrGone
	}
	err = s.client.call(ctx, http.MethodPost, s.path+"/eval", nil, line, each(func(l EvalLine) error {
		values = append(values, l.Values...)
		return show(l.Piece)
	}))
	return values, err
}

// Outline is runtime.Session.Outline.
func (s *Session) Outline(ctx context.Context, path []string) (o luaapi.Outline, err error) {
	if s.gone() {
		return o, ErrGone
	}
	err = s.client.post(ctx, s.path+"/outline", Outlined{path}, &o)
	return o, err
}

// StopHeads stops every head that the session has set moving, and reports
// whether there was one.
func (s *Session) StopHeads(ctx context.Context) (bool, error) {
	var done Stopped
	err := s.client.post(ctx, s.path+"/stop", Nothing{}, &done)
	return done.Stopped, err
}

// Close ends the session; it does not wait.
func (s *Session) Close() { s.leave() }

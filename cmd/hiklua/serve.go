package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/control"
)

// The calls that a running host answers over its control socket.
const (
	opStatus    = "status"
	opReload    = "reload"
	opRunJob    = "run job"
	opLog       = "log"
	opEval      = "eval"
	opNames     = "names"
	opComplete  = "complete"
	opStopHeads = "stop heads"
)

// hostService answers them.
type hostService struct {
	host   *runtime.Host
	ring   *control.Ring
	notify *notifier
}

// Connect implements control.Service.
func (s *hostService) Connect() control.Session { return &hostSession{hostService: s} }

// hostSession is one client. The Lua session is made when it is first asked
// for, and ends, with the heads that it has set moving, when the client goes.
type hostSession struct {
	*hostService

	mu    sync.Mutex
	lua   *runtime.Session
	print func(text string) // of the line that runs; nil: none
}

// Call implements control.Session.
func (s *hostSession) Call(ctx context.Context, op string, args json.RawMessage, send func(any) error) error {
	switch op {
	case opStatus:
		st := s.host.Status()
		st.PID = os.Getpid()
		return send(st)
	case opReload:
		s.notify.tell("RELOADING=1")
		defer s.notify.tell("READY=1")
		return send(reloadAnswer(ctx, s.host))
	case opRunJob:
		var name string
		if err := json.Unmarshal(args, &name); err != nil {
			return err
		}
		return faultOf(s.host.RunJob(name))
	case opLog:
		return s.sendLog(ctx, args, send)
	case opEval:
		return s.eval(ctx, args, send)
	case opNames:
		var path []string
		if err := json.Unmarshal(args, &path); err != nil {
			return err
		}
		return send(s.session().Names(path))
	case opComplete:
		var code string
		if err := json.Unmarshal(args, &code); err != nil {
			return err
		}
		return send(s.session().Complete(code))
	case opStopHeads:
		s.session().StopHeads()
		return nil
	}
	return fmt.Errorf("the host, hiklua %s, does not know %q: it is another version", version(), op)
}

// Close implements control.Session.
func (s *hostSession) Close() {
	s.mu.Lock()
	lua := s.lua
	s.mu.Unlock()
	if lua != nil {
		lua.Close()
	}
}

func (s *hostSession) session() *runtime.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lua == nil {
		s.lua = s.host.NewPrintingSession(func(text string) {
			s.mu.Lock()
			print := s.print
			s.mu.Unlock()
			if print != nil {
				print(text)
			}
		})
	}
	return s.lua
}

// evalAnswer is a piece of what eval sends: lines that were printed, then the
// values.
type evalAnswer struct {
	Printed *string  `json:"printed,omitempty"`
	Values  []string `json:"values,omitempty"`
}

func (s *hostSession) eval(ctx context.Context, args json.RawMessage, send func(any) error) error {
	var code string
	if err := json.Unmarshal(args, &code); err != nil {
		return err
	}
	session := s.session()
	s.mu.Lock()
	s.print = func(text string) { send(evalAnswer{Printed: &text}) }
	s.mu.Unlock()
	values, err := session.Eval(ctx, code)
	if err != nil {
		return faultOf(err)
	}
	return send(evalAnswer{Values: values})
}

// logRequest asks for the last lines of the log, and for those to come.
type logRequest struct {
	Lines  int  `json:"lines"`
	Follow bool `json:"follow"`
}

// logAnswer is a line as slog's JSON has it, or how many were left out for a
// client that was too slow.
type logAnswer struct {
	Line   json.RawMessage `json:"line,omitempty"`
	Missed uint64          `json:"missed,omitempty"`
}

func (s *hostSession) sendLog(ctx context.Context, args json.RawMessage, send func(any) error) error {
	var r logRequest
	if err := json.Unmarshal(args, &r); err != nil {
		return err
	}
	over := !r.Follow
	for from := s.ring.Last(r.Lines); ; {
		lines, next, missed, more := s.ring.Since(from)
		if missed > 0 {
			if err := send(logAnswer{Missed: missed}); err != nil {
				return err
			}
		}
		for _, line := range lines {
			if err := send(logAnswer{Line: line}); err != nil {
				return err
			}
		}
		from = next
		if over {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			over = true // once more, for what came last
		}
	}
}

// faultDetail is what travels with an error beside its message.
type faultDetail struct {
	Report    luaapi.Report `json:"report"`
	Interrupt bool          `json:"interrupt,omitempty"`
}

// faultOf makes an error ready to travel; nil stays nil.
func faultOf(err error) error {
	if err == nil {
		return nil
	}
	r := runtime.Report(err)
	return control.NewFault(r.String(), faultDetail{r, runtime.IsInterrupt(err)})
}

// fromFault makes of an error that has travelled what it was.
func fromFault(f *control.Fault) error {
	var d faultDetail
	switch {
	case json.Unmarshal(f.Detail, &d) != nil:
		return &failure{f.Message}
	case d.Interrupt:
		return &runtime.TaskError{Report: d.Report, Err: runtime.ErrInterrupted}
	}
	return &runtime.TaskError{Report: d.Report, Err: f}
}

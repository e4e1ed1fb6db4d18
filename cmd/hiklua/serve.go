package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
)

// The calls that a running host answers over its control socket.
const (
	opStatus    = "status"
	opReload    = "reload"
	opRunJob    = "run job"
	opLog       = "log"
	opExec      = "exec"
	opLoginCost = "login cost"
	opLogin     = "login"
	opEval      = "eval"
	opOutline   = "outline"
	opStopHeads = "stop heads"
	opEmit      = "emit"

	opArchiveList    = "archive list"
	opArchiveSum     = "archive sum"
	opArchivePrune   = "archive prune"
	opArchiveHead    = "archive head"
	opArchiveRebuild = "archive rebuild"
)

// hostService answers them.
type hostService struct {
	host    *runtime.Host
	clk     clock.Clock
	log     slog.Handler
	ring    *control.Ring
	notify  *notifier
	stops   *atomic.Bool // the host is about to end
	devices *simulation
}

// Connect implements control.Service.
func (s *hostService) Connect() control.Session { return &hostSession{hostService: s} }

// hostSession is one client. The Lua session is made when it is first asked
// for, and ends, with the heads that it has set moving, when the client goes.
type hostSession struct {
	*hostService

	mu  sync.Mutex
	lua *runtime.Session
	out *remoteOutput // of lua
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
		return with(args, func(name string) error { return faultOf(s.host.RunJob(name)) })
	case opLog:
		return with(args, func(r logRequest) error { return s.sendLog(ctx, r, send) })
	case opLoginCost:
		return with(args, func(name string) error {
			cost, err := s.host.LoginCost(name)
			return sendUnless(err, cost, send)
		})
	case opLogin:
		return with(args, func(name string) error {
			report, err := s.host.Login(ctx, name)
			return sendUnless(err, report, send)
		})
	case opExec:
		return with(args, func(r execRequest) error { return s.exec(ctx, r, send) })
	case opArchiveList:
		return s.listArchive(ctx, args, send)
	case opArchiveSum:
		return s.sumArchive(ctx, send)
	case opArchivePrune:
		return s.pruneArchive(ctx, args, send)
	case opArchiveHead:
		return s.archiveHead(ctx, send)
	case opArchiveRebuild:
		return s.rebuildArchive(ctx, send)
	case opEval:
		return with(args, func(r evalRequest) error { return s.eval(ctx, r, send) })
	case opOutline:
		return with(args, func(path []string) error {
			o, err := s.session().Outline(ctx, path)
			if err != nil {
				return err
			}
			return send(o)
		})
	case opEmit:
		return with(args, func(r emitRequest) error {
			answer, err := emitter{s.host, s.devices}.emit(r)
			return sendUnless(err, answer, send)
		})
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
		s.out = newRemoteOutput(nil)
		s.lua = s.host.NewSession(s.output(s.out, slog.LevelInfo))
	}
	return s.lua
}

// output is for what a client runs in the host.
func (s *hostSession) output(to *remoteOutput, level slog.Level) runtime.Output {
	return to.output(s.log, level, s.clk, s.host.Zone())
}

// with does something with the arguments of a call.
func with[T any](args json.RawMessage, do func(T) error) error {
	var v T
	if err := json.Unmarshal(args, &v); err != nil {
		return err
	}
	return do(v)
}

// evalRequest is a line for the session to run.
type evalRequest struct {
	Code     string `json:"code"`
	Pictures bool   `json:"pictures,omitempty"` // the client can show those of snapshots
}

// evalAnswer is a piece of what eval sends: what was written, then the values.
type evalAnswer struct {
	outputPiece
	Values []runtime.Value `json:"values,omitempty"`
}

func (s *hostSession) eval(ctx context.Context, r evalRequest, send func(any) error) error {
	session := s.session()
	s.out.answer(send)
	values, err := session.Eval(ctx, r.Code)
	s.out.outlet.Flush(ctx)
	for i := range values {
		if !r.Pictures {
			values[i].Picture = nil
		}
	}
	return sendUnless(err, evalAnswer{Values: values}, send)
}

// logRequest asks for the last lines of the log, and for those to come.
type logRequest struct {
	logFilter
	Lines  int  `json:"lines"` // of those that the filter takes; -1: all
	Follow bool `json:"follow"`
}

// logAnswer is a line as slog's JSON has it, or how many were left out for a
// client that was too slow, or what the host does not remember any more.
type logAnswer struct {
	Line   json.RawMessage `json:"line,omitempty"`
	Missed uint64          `json:"missed,omitempty"`
	Older  *olderLines     `json:"older,omitempty"`
}

// olderLines are lines that were asked for and lie before those that the host
// remembers.
type olderLines struct {
	Before time.Time `json:"before"`
	Lines  int       `json:"lines"` // -1: all
}

func (s *hostSession) sendLog(ctx context.Context, r logRequest, send func(any) error) error {
	lines, from, forgotten, more := s.ring.Since(0)
	lines, older := r.lastOf(lines, forgotten > 0)
	if older != nil {
		if err := send(logAnswer{Older: older}); err != nil {
			return err
		}
	}
	for over := !r.Follow; ; {
		for _, line := range lines {
			if e, err := jsonEntry(line); err != nil || !r.takes(e) {
				continue
			}
			if err := send(logAnswer{Line: line}); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			over = true // once more, for what came last
		}
		var missed uint64
		lines, from, missed, more = s.ring.Since(from)
		if missed > 0 {
			if err := send(logAnswer{Missed: missed}); err != nil {
				return err
			}
		}
	}
}

// lastOf gives those of the lines that are asked for; older: some that lie before
// them may be asked for, too.
func (r *logRequest) lastOf(lines [][]byte, forgotten bool) (last [][]byte, older *olderLines) {
	if r.Lines == 0 || len(lines) == 0 {
		return nil, nil
	}
	for _, line := range slices.Backward(lines) {
		if e, err := jsonEntry(line); err == nil && r.takes(e) {
			if last = append(last, line); len(last) == r.Lines {
				break
			}
		}
	}
	slices.Reverse(last)
	oldest, err := jsonEntry(lines[0])
	if !forgotten || err != nil || len(last) == r.Lines || oldest.Time.Before(r.Since) {
		return last, nil
	}
	older = &olderLines{Before: oldest.Time.Truncate(time.Millisecond), Lines: -1} // as exact as a log file
	if r.Lines > 0 {
		older.Lines = r.Lines - len(last)
	}
	return last, older
}

// faultDetail is what travels with an error beside its message.
type faultDetail struct {
	Report    luaapi.Report `json:"report"`
	Interrupt bool          `json:"interrupt,omitempty"`
}

func detailOf(err error) *faultDetail {
	return &faultDetail{runtime.Report(err), runtime.IsInterrupt(err)}
}

// err makes of an error that has travelled what it was; cause lies behind it.
func (d *faultDetail) err(cause error) error {
	if d.Interrupt {
		cause = runtime.ErrInterrupted
	}
	return &runtime.TaskError{Report: d.Report, Err: cause}
}

// faultOf makes an error ready to travel; nil stays nil.
func faultOf(err error) error {
	if err == nil {
		return nil
	}
	d := detailOf(err)
	return control.NewFault(d.Report.String(), d)
}

// sendUnless answers a call with a value, or with an error if there is one.
func sendUnless(err error, value any, send func(any) error) error {
	if err != nil {
		return faultOf(err)
	}
	return send(value)
}

// fromFault makes of an error that has travelled what it was.
func fromFault(f *control.Fault) error {
	var d faultDetail
	if json.Unmarshal(f.Detail, &d) != nil {
		return &failure{f.Message}
	}
	return d.err(f)
}

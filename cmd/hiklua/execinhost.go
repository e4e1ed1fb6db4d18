package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
)

// execRequest is a program for a host to run.
type execRequest struct {
	Name   string     `json:"name"`
	Source []byte     `json:"source"`
	Args   [][]byte   `json:"args,omitempty"`
	Stay   bool       `json:"stay,omitempty"`
	Level  slog.Level `json:"level"` // of the log lines that the client wants
}

// execAnswer is a piece of what the program writes, and at last how it ended.
type execAnswer struct {
	outputPiece
	Result *execResult `json:"result,omitempty"`
}

// execResult is a runtime.Result on its way.
type execResult struct {
	Error   *faultDetail `json:"error,omitempty"`
	Exit    *int         `json:"exit,omitempty"` // by os.exit
	Failed  int          `json:"failed,omitempty"`
	Unfired int          `json:"unfired,omitempty"`
}

// exec runs a program of a client. It ends, and its heads stop, when the client
// breaks off the call or goes.
func (s *hostSession) exec(ctx context.Context, r execRequest, send func(any) error) error {
	ctx, stop := clock.WithCancel(ctx)
	defer stop()
	out := newRemoteOutput(stop)
	out.answer(send)
	p := runtime.Program{Name: r.Name, Source: r.Source, Stay: r.Stay, Output: s.output(out, r.Level)}
	for _, arg := range r.Args {
		p.Args = append(p.Args, string(arg))
	}
	got := s.host.Exec(ctx, p)
	out.outlet.Flush(ctx)
	if got.Err == nil && s.stops.Load() {
		return &control.Fault{Message: "the host stops, and with it what runs there"}
	}
	result := &execResult{Failed: got.Failed, Unfired: got.Unfired}
	if exit, ok := errors.AsType[*runtime.Exit](got.Err); ok {
		result.Exit = &exit.Status
	} else if got.Err != nil {
		result.Error = detailOf(got.Err)
	}
	return send(execAnswer{Result: result})
}

// execInHost runs a program in the host that client reaches.
func (a *app) execInHost(ctx context.Context, client *control.Client, p runtime.Program) error {
	defer client.Close()
	ctx, stop := clock.WithCancel(ctx)
	defer stop()
	defer clock.OnDone(hurried(ctx), func() { client.Close() })() // which ends the program, too
	out := newPrinter(a.output(), stop)
	level := logLevels[a.logLevel.value]
	log := a.logHandler(a.stderr, level, a.formOf(a.stderr))
	request := execRequest{Name: p.Name, Source: p.Source, Stay: p.Stay, Level: level}
	for _, arg := range p.Args {
		request.Args = append(request.Args, []byte(arg))
	}
	var result *runtime.Result
	err := client.Call(ctx, opExec, request, each(func(answer execAnswer) error {
		if r := answer.Result; r != nil {
			result = &runtime.Result{Failed: r.Failed, Unfired: r.Unfired}
			if r.Exit != nil {
				result.Err = &runtime.Exit{Status: *r.Exit}
			}
			if r.Error != nil {
				result.Err = r.Error.err(errors.New(r.Error.Report.String()))
			}
		}
		return a.showPiece(ctx, answer.outputPiece, out, log)
	}))
	if result != nil {
		return a.execEnd(ctx, p, *result)
	}
	if ctx.Err() != nil {
		return &failure{"interrupted"}
	}
	return fromHost(err)
}

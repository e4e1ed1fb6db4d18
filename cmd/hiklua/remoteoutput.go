package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// outputPiece is a piece of what Lua writes for a client.
type outputPiece struct {
	Stdout []byte          `json:"stdout,omitempty"`
	Stderr []byte          `json:"stderr,omitempty"`
	Log    json.RawMessage `json:"log,omitempty"` // a line as slog's JSON has it
}

// remoteOutput takes what a program or a session writes for a client. All
// streams go through one outlet, a line of JSON for each piece, so that they
// come in order and a client that does not read holds up only its own Lua.
type remoteOutput struct {
	outlet *outlet.Outlet

	mu   sync.Mutex
	send func(value any) error // of the call that goes on
}

// newRemoteOutput sends nothing before answer. broken, if it is set, is called
// when the client has gone.
func newRemoteOutput(broken func()) *remoteOutput {
	r := &remoteOutput{}
	r.outlet = outlet.New(r)
	r.outlet.WhenBroken(broken)
	return r
}

// answer has what is written from now on sent as values of a call.
func (r *remoteOutput) answer(send func(any) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send = send
}

// Write implements io.Writer for the outlet, which gives whole lines.
func (r *remoteOutput) Write(p []byte) (int, error) {
	r.mu.Lock()
	send := r.send
	r.mu.Unlock()
	for line := range bytes.Lines(p) {
		if err := send(json.RawMessage(line)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// output is for a program or a session. Its log goes to host's, too.
func (r *remoteOutput) output(host slog.Handler, level slog.Level, clk clock.Clock, zone *time.Location) runtime.Output {
	lines := remoteStream{r, func(p []byte) outputPiece { return outputPiece{Log: bytes.TrimSpace(p)} }}
	return runtime.Output{
		Stdout: remoteStream{r, func(p []byte) outputPiece { return outputPiece{Stdout: p} }},
		Stderr: remoteStream{r, func(p []byte) outputPiece { return outputPiece{Stderr: p} }},
		Log:    slog.New(slog.NewMultiHandler(host, byClock(plainJSON(lines, level), clk, zone))),
	}
}

// remoteStream is one stream of a remoteOutput.
type remoteStream struct {
	to    *remoteOutput
	piece func(p []byte) outputPiece
}

var _ runtime.Outlet = remoteStream{}

// Write implements io.Writer.
func (s remoteStream) Write(p []byte) (int, error) {
	line, err := json.Marshal(s.piece(p))
	if err != nil {
		return 0, err
	}
	if _, err := s.to.outlet.Write(append(line, '\n')); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Full implements runtime.Outlet.
func (s remoteStream) Full() bool { return s.to.outlet.Full() }

// Room implements runtime.Outlet.
func (s remoteStream) Room(ctx context.Context) error { return s.to.outlet.Room(ctx) }

// showPiece writes a piece at the client, where the program itself would have
// written it, and waits until there is room for more.
func (a *app) showPiece(ctx context.Context, p outputPiece, stdout *printer, log slog.Handler) error {
	switch {
	case p.Stdout != nil:
		stdout.write(p.Stdout)
	case p.Stderr != nil:
		a.stderr.Write(p.Stderr)
	case p.Log != nil:
		record, err := recordOf(p.Log)
		if err != nil {
			return err
		}
		if log.Enabled(ctx, record.Level) {
			return log.Handle(ctx, record)
		}
	}
	a.room(ctx)
	return nil
}

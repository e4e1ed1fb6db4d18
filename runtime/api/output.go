package api

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// Piece is a piece of what Lua writes for a client.
type Piece struct {
	Stdout Text            `json:"stdout,omitempty"`
	Stderr Text            `json:"stderr,omitempty"`
	Log    json.RawMessage `json:"log,omitempty"` // a line as slog's JSON has it
}

// output takes what a program or a session writes for a client. All streams go
// through one outlet, a line of JSON for each piece, so that they come in order
// and a client that does not read holds up only its own Lua.
type output struct {
	outlet *outlet.Outlet

	mu sync.Mutex
	to *lines // the answer that goes on
}

// newOutput sends to an answer. broken, if it is set, is called when its client
// has gone.
func newOutput(to *lines, broken func()) *output {
	o := &output{to: to}
	o.outlet = outlet.New(o)
	o.outlet.WhenBroken(broken)
	return o
}

// answer has what is written from now on sent to another answer. What was
// written before is sent first, or given up if its client does not read.
func (o *output) answer(ctx context.Context, to *lines) {
	if o.outlet.Flush(ctx) != nil {
		o.current().abandon()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = to
}

func (o *output) current() *lines {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to
}

// Write implements io.Writer for the outlet, which gives whole lines.
func (o *output) Write(p []byte) (int, error) {
	if err := o.current().write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// output is for a program or a session. Its log, from level on, goes to
// the host's, too.
func (a *API) output(o *output, level slog.Level) runtime.Output {
	lines := pieces{o, func(p []byte) Piece { return Piece{Log: bytes.TrimSpace(p)} }}
	return runtime.Output{
		Stdout: pieces{o, func(p []byte) Piece { return Piece{Stdout: p} }},
		Stderr: pieces{o, func(p []byte) Piece { return Piece{Stderr: p} }},
		Log:    slog.New(slog.NewMultiHandler(a.conf.Log, a.conf.LogLines(lines, level))),
	}
}

// pieces is one stream of an output.
type pieces struct {
	to   *output
	wrap func(p []byte) Piece
}

var _ runtime.Outlet = pieces{}

// Write implements io.Writer.
func (s pieces) Write(p []byte) (int, error) {
	text, err := line(s.wrap(p))
	if err != nil {
		return 0, err
	}
	if _, err := s.to.outlet.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Full implements runtime.Outlet.
func (s pieces) Full() bool { return s.to.outlet.Full() }

// Room implements runtime.Outlet.
func (s pieces) Room(ctx context.Context) error { return s.to.outlet.Room(ctx) }

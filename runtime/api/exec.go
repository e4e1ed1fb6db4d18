package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
)

// Program is what POST /api/exec takes: Lua for the host to run.
type Program struct {
	Name   string     `json:"name,omitempty"` // as errors name it; "": exec
	Source Text       `json:"source"`
	Args   []Text     `json:"args,omitempty"`
	Share  string     `json:"share,omitempty"` // that it runs in, of a cluster's host; "": the first that is held
	Stay   bool       `json:"stay,omitempty"`  // its jobs keep it running
	Level  slog.Level `json:"level"`           // of the log lines that are wanted, and above
}

// ExecLine is a line of the answer: a piece of what the program writes, or at
// last how it ended.
type ExecLine struct {
	Piece
	Result *Result `json:"result,omitempty"`
}

// Result is a runtime.Result on its way.
type Result struct {
	Error   *Error `json:"error,omitempty"`
	Exit    *int   `json:"exit,omitempty"`    // by os.exit
	Failed  int    `json:"failed,omitempty"`  // tasks that ended with an error
	Unfired int    `json:"unfired,omitempty"` // jobs that never ran
}

// errStops is the end of what runs for a client when the host ends.
var errStops = failed(http.StatusServiceUnavailable, "cancelled", "the host stops, and with it what runs there", "")

// exec is POST /api/exec. The program ends, and its heads stop, when the client
// breaks off or goes.
func (a *API) exec(ctx context.Context, in Program, to *lines) error {
	host, err := a.inShare(in.Share)
	if err != nil {
		return err
	}
	ctx, stop := clock.WithCancel(ctx)
	defer stop()
	out := newOutput(to, stop)
	p := runtime.Program{Name: cmp.Or(in.Name, "exec"), Source: in.Source, Stay: in.Stay, Output: a.output(out, in.Level)}
	for _, arg := range in.Args {
		p.Args = append(p.Args, string(arg))
	}
	got := host.Exec(ctx, p)
	out.answer(ctx, to)
	if got.Err == nil && errors.Is(clock.Cause(ctx), control.ErrStopping) {
		return errStops
	}
	result := &Result{Failed: got.Failed, Unfired: got.Unfired}
	if exit, ok := errors.AsType[*runtime.Exit](got.Err); ok {
		result.Exit = &exit.Status
	} else if got.Err != nil {
		result.Error = errorOf(got.Err)
	}
	return to.send(ExecLine{Result: result})
}

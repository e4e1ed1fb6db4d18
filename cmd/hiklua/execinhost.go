package main

import (
	"context"
	"log/slog"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
)

// execInHost runs a program in the host that client reaches.
func (a *app) execInHost(ctx context.Context, client *api.Client, share string, p runtime.Program) error {
	defer client.Close()
	ctx, stop := clock.WithCancel(ctx)
	defer stop()
	defer clock.OnDone(hurried(ctx), client.Close)() // which ends the program, too
	out := newPrinter(a.output(), stop)
	level := logLevels[a.logLevel.value]
	log := a.logHandler(a.stderr, level, a.formOf(a.stderr))
	program := api.Program{Name: p.Name, Source: p.Source, Share: share, Stay: p.Stay, Level: level}
	for _, arg := range p.Args {
		program.Args = append(program.Args, api.Text(arg))
	}
	got, err := client.Exec(ctx, program, func(piece api.Piece) error { return a.showPiece(ctx, piece, out, log) })
	if got == nil {
		if ctx.Err() != nil {
			return &failure{"interrupted"}
		}
		return fromHost(err)
	}
	result := runtime.Result{Failed: got.Failed, Unfired: got.Unfired}
	if got.Exit != nil {
		result.Err = &runtime.Exit{Status: *got.Exit}
	}
	if got.Error != nil {
		result.Err = taskError(got.Error)
	}
	return a.execEnd(ctx, p, result)
}

// taskError makes of an error that has travelled what it was.
func taskError(e *api.Error) error {
	var cause error = e
	if e.Interrupted {
		cause = runtime.ErrInterrupted
	}
	return &runtime.TaskError{Report: e.Report(), Err: cause}
}

// showPiece writes a piece at the client, where the program itself would have
// written it, and waits until there is room for more.
func (a *app) showPiece(ctx context.Context, p api.Piece, stdout *printer, log slog.Handler) error {
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

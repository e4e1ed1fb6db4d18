package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Keys of package runtime's log that decide what is shown.
const (
	scriptKey  = "script"  // which script a line is from
	channelKey = "channel" // of lines about a head
	errorKey   = "error"
)

func newLogFormat() *enumFlag { return newEnumFlag("text", "text", "json") }
func newLogLevel() *enumFlag  { return newEnumFlag("info", "debug", "info", "warn", "error") }

// logger writes to stderr as --log-format and --log-level say, with times of
// the clock, in zone.
func (a *app) logger(zone *time.Location) *slog.Logger {
	form := a.formOf(a.stderr)
	h := a.logHandler(a.logOutput(a.stderr, zone, form), logLevels[a.logLevel.value], form)
	return slog.New(byClock(h, a.clk, zone))
}

// quietLogger is the logger of exec and the REPL: unless --log-level was
// given, it shows what scripts log and what is wrong with the host or a head.
// The state of a device is left out: the command that fails tells it.
func (a *app) quietLogger(zone *time.Location, given bool) *slog.Logger {
	log := a.logger(zone)
	if given {
		return log
	}
	return slog.New(&middleware{log.Handler(), quietRecord})
}

var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// middleware is a handler that gets records as change makes them; without one, where
// change says no.
type middleware struct {
	slog.Handler
	change func(slog.Record) (r slog.Record, ok bool)
}

// Handle implements slog.Handler.
func (h *middleware) Handle(ctx context.Context, r slog.Record) error {
	r, ok := h.change(r)
	if !ok {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *middleware) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &middleware{h.Handler.WithAttrs(attrs), h.change}
}

// WithGroup implements slog.Handler.
func (h *middleware) WithGroup(name string) slog.Handler {
	return &middleware{h.Handler.WithGroup(name), h.change}
}

// byClock gives records the clock's time: a virtual one's too.
func byClock(to slog.Handler, clk clock.Clock, zone *time.Location) slog.Handler {
	return &middleware{to, func(r slog.Record) (slog.Record, bool) {
		r.Time = clk.Now().In(zone)
		return r, true
	}}
}

// quietRecord lets pass what quietLogger shows.
func quietRecord(r slog.Record) (slog.Record, bool) {
	keys := make(map[string]bool)
	r.Attrs(func(a slog.Attr) bool {
		keys[a.Key] = true
		return true
	})
	return r, keys[scriptKey] || r.Level >= slog.LevelWarn && (keys[channelKey] || !keys[errorKey])
}

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
	h := a.logHandler(a.logOutput(a.stderr, zone), logLevels[a.logLevel.value], a.colour(a.stderr))
	return slog.New(&clockHandler{Handler: h, clk: a.clk, zone: zone})
}

// quietLogger is the logger of exec and the REPL: unless --log-level was
// given, it shows what scripts log and what is wrong with the host or a head.
// The state of a device is left out: the command that fails tells it.
func (a *app) quietLogger(zone *time.Location, given bool) *slog.Logger {
	log := a.logger(zone)
	if given {
		return log
	}
	return slog.New(&scriptHandler{Handler: log.Handler()})
}

var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// clockHandler gives records the clock's time: a virtual one's too.
type clockHandler struct {
	slog.Handler
	clk  clock.Clock
	zone *time.Location
}

// Handle implements slog.Handler.
func (h *clockHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = h.clk.Now().In(h.zone)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *clockHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &clockHandler{h.Handler.WithAttrs(attrs), h.clk, h.zone}
}

// WithGroup implements slog.Handler.
func (h *clockHandler) WithGroup(name string) slog.Handler {
	return &clockHandler{h.Handler.WithGroup(name), h.clk, h.zone}
}

// scriptHandler lets pass what quietLogger shows.
type scriptHandler struct {
	slog.Handler
	ofScript bool
}

// Handle implements slog.Handler.
func (h *scriptHandler) Handle(ctx context.Context, r slog.Record) error {
	ofScript, ofHead, ofError := h.ofScript, false, false
	r.Attrs(func(a slog.Attr) bool {
		ofScript = ofScript || a.Key == scriptKey
		ofHead = ofHead || a.Key == channelKey
		ofError = ofError || a.Key == errorKey
		return true
	})
	if !ofScript && (r.Level < slog.LevelWarn || ofError && !ofHead) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *scriptHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	ofScript := h.ofScript
	for _, a := range attrs {
		ofScript = ofScript || a.Key == scriptKey
	}
	return &scriptHandler{h.Handler.WithAttrs(attrs), ofScript}
}

// WithGroup implements slog.Handler.
func (h *scriptHandler) WithGroup(name string) slog.Handler {
	return &scriptHandler{h.Handler.WithGroup(name), h.ofScript}
}

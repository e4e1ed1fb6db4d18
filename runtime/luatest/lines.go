package luatest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

// lineHandler keeps the host's log for a test.
type lineHandler struct {
	bench *bench
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || ofScript(ctx)
}

// ofScript reports whether a line is one of hik.log, and not the host's about a
// script.
func ofScript(ctx context.Context) bool {
	script, _, _ := runtime.TaskOf(ctx)
	return script != ""
}

// Handle implements slog.Handler.
func (h *lineHandler) Handle(ctx context.Context, r slog.Record) error {
	b := h.bench
	known := make(map[string]string)
	note := func(a slog.Attr) bool {
		known[a.Key] = a.Value.Resolve().String()
		return true
	}
	for _, a := range h.attrs {
		note(a)
	}
	r.Attrs(note)
	line := luaapi.TestLine{
		Time: b.clk.Now(), Level: strings.ToLower(r.Level.String()), Script: known["script"], Message: r.Message,
	}
	b.lines = append(b.lines, line)
	if r.Level >= slog.LevelError && line.Script != "" && !ofScript(ctx) {
		b.failures = append(b.failures, b.failure(line, known))
	}
	return nil
}

// failure is an error that no script caught.
func (b *bench) failure(line luaapi.TestLine, known map[string]string) Failure {
	text := line.Message
	if why := known["error"]; why != "" {
		text += ": " + why
	}
	f := Failure{
		Place:   cmp.Or(known["line"], line.Script),
		Message: fmt.Sprintf("%s (nothing caught it, after %s)", text, clock.FormatDuration(line.Time.Sub(b.began))),
		Below:   known["hint"],
	}
	if len(b.failures) == 0 {
		f.Below = strings.TrimPrefix(f.Below+"\nallow_errors = true, in the options of hik.test.case, lets the test go on", "\n")
	}
	return f
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{h.bench, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup implements slog.Handler: the host has no groups.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

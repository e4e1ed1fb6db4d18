package runtime

import (
	"context"
	"log/slog"
)

// LineHandler is a slog.Handler that hands each line over as a whole, with the
// attributes of its logger before its own. Groups make no difference: the host
// has none.
type LineHandler struct {
	// Take gets the lines; from several goroutines, if they log.
	Take func(ctx context.Context, line slog.Record, attrs []slog.Attr)
	// Also, if it is set, lets through lines below slog.LevelInfo.
	Also func(ctx context.Context) bool

	attrs []slog.Attr
}

var _ slog.Handler = (*LineHandler)(nil)

// Enabled implements slog.Handler.
func (h *LineHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.Also != nil && h.Also(ctx)
}

// Handle implements slog.Handler.
func (h *LineHandler) Handle(ctx context.Context, line slog.Record) error {
	attrs := h.attrs[:len(h.attrs):len(h.attrs)]
	line.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	h.Take(ctx, line, attrs)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *LineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &with
}

// WithGroup implements slog.Handler.
func (h *LineHandler) WithGroup(string) slog.Handler { return h }

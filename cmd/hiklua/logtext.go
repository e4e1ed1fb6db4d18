package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/lmittmann/tint"
)

// textHandler writes lines for people: time, level, message, then keys. What
// would not fit on a line, a hint or a traceback, follows on lines of its own.
type textHandler struct {
	out   *textOutput
	inner slog.Handler
}

// textOutput is shared by a handler and those made from it.
type textOutput struct {
	colour bool

	mu sync.Mutex
	w  io.Writer
	b  bytes.Buffer // what inner has written
}

// below are the keys whose values get lines of their own, in this order.
var below = []string{"hint", "traceback", "go_stack"}

func newTextHandler(w io.Writer, level slog.Level, colour bool) slog.Handler {
	out := &textOutput{w: w, colour: colour}
	inner := tint.NewTextHandler(&out.b, &tint.Options{Level: level, NoColor: !colour, TimeFormat: "15:04:05"})
	return &middleware{&textHandler{out, inner}, withHints}
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *textHandler) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, r.Message, 0)
	more := make(map[string]string)
	r.Attrs(func(a slog.Attr) bool {
		if slices.Contains(below, a.Key) {
			more[a.Key] = a.Value.Resolve().String()
			return true
		}
		line.AddAttrs(plainAttr(nil, a))
		return true
	})
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.b.Reset()
	if err := h.inner.Handle(ctx, line); err != nil {
		return err
	}
	for _, key := range below {
		for _, text := range strings.Split(strings.TrimRight(more[key], "\n"), "\n") {
			if text == "" {
				continue
			}
			text = strings.ReplaceAll(text, "\t", "  ")
			if h.out.colour {
				text = tinted(text, "2")
			}
			h.out.b.WriteString(indent + text + "\n")
		}
	}
	_, err := h.out.w.Write(h.out.b.Bytes())
	return err
}

// indent is as wide as time and level.
const indent = "             "

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &textHandler{h.out, h.inner.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	return &textHandler{h.out, h.inner.WithGroup(name)}
}

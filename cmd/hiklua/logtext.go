package main

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lmittmann/tint"
)

// textHandler writes lines for people: time, level, message, then keys. What
// would not fit on a line, a hint or a traceback, follows on lines of its own.
type textHandler struct {
	out   *textOutput
	inner slog.Handler
}

// textForm is how a textHandler writes.
type textForm struct {
	colour bool
	time   string     // its format; "": as on a clock
	width  func() int // what stands below its line is wrapped at it; nil or 0: never
}

// textOutput is shared by a handler and those made from it.
type textOutput struct {
	textForm

	mu sync.Mutex
	w  io.Writer
	b  bytes.Buffer // what inner has written
}

// below are the keys whose values get lines of their own, in this order.
var below = []string{"hint", "traceback", "go_stack"}

func newTextHandler(w io.Writer, level slog.Level, form textForm) slog.Handler {
	form.time = cmp.Or(form.time, time.TimeOnly)
	out := &textOutput{w: w, textForm: form}
	inner := tint.NewTextHandler(&out.b, &tint.Options{Level: level, NoColor: !form.colour, TimeFormat: form.time})
	return &middleware{&textHandler{out, inner}, withHints}
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *textHandler) Handle(ctx context.Context, r slog.Record) error {
	// A message of several lines is indented: none of them looks like a line of the log.
	indent := strings.Repeat(" ", len(h.out.time)+len(" INF "))
	line := slog.NewRecord(r.Time, r.Level, strings.ReplaceAll(r.Message, "\n", "\n"+indent), 0)
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
			for _, text := range h.out.fit(strings.ReplaceAll(text, "\t", "  "), len(indent)) {
				if h.out.colour {
					text = tinted(text, "2")
				}
				h.out.b.WriteString(indent + text + "\n")
			}
		}
	}
	_, err := h.out.w.Write(h.out.b.Bytes())
	return err
}

// fileTime is how the time of a line in a log file is written.
const fileTime = time.DateTime + ".000"

// fit breaks text so that it is no wider than the form allows behind an indent.
func (f textForm) fit(text string, indent int) []string {
	if f.width == nil {
		return []string{text}
	}
	if width := f.width(); width > 0 {
		return wrapCell(text, max(width-indent, narrowest))
	}
	return []string{text}
}

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &textHandler{h.out, h.inner.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	return &textHandler{h.out, h.inner.WithGroup(name)}
}

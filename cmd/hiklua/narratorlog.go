package main

import (
	"context"
	"log/slog"
	"strings"
)

// logger is the host's log, told in the narrator's form.
func (n *narrator) logger() *slog.Logger {
	if n.json != nil {
		return n.json
	}
	return slog.New(&narratorHandler{n: n})
}

// narratorHandler makes a line of a record: who it is about, the message, and
// the keys that add something to it.
type narratorHandler struct {
	n     *narrator
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h *narratorHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements slog.Handler.
func (h *narratorHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := h.attrs
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	who := "host"
	for _, key := range []string{"device", scriptKey} {
		for _, a := range attrs {
			if a.Key == key {
				who = a.Value.String()
			}
		}
	}
	var more []string
	for _, a := range attrs {
		switch a.Key {
		case "device", scriptKey, "jobs", "traceback", "go_stack", "task", "kind":
		case "hint":
			more = append(more, "("+a.Value.String()+")")
		default:
			more = append(more, a.Value.String())
		}
	}
	text := r.Message
	if len(more) > 0 {
		text += ": " + strings.Join(more, ", ")
	}
	h.n.tell(r.Level, who, text)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *narratorHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &narratorHandler{h.n, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup implements slog.Handler: groups make no difference to people.
func (h *narratorHandler) WithGroup(string) slog.Handler { return h }

package rehearsal

import (
	"context"
	"log/slog"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// log is the host's log, as lines of the timeline.
func (r *rehearsal) log() *slog.Logger { return slog.New(&logHandler{r: r}) }

type logHandler struct {
	r     *rehearsal
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, line slog.Record) error {
	if h.r.over {
		return nil
	}
	out := timeline.Record{Time: h.r.clk.Now(), Level: line.Level, Message: line.Message}
	out.Script, out.Job, out.Task = runtime.TaskOf(ctx)
	out.Own = out.Script != ""
	for _, a := range h.attrs {
		take(&out, a)
	}
	line.Attrs(func(a slog.Attr) bool {
		take(&out, a)
		return true
	})
	h.r.timeline.Log(out)
	h.r.finder.line(out)
	return nil
}

// take puts an attribute where it belongs.
func take(out *timeline.Record, a slog.Attr) {
	text := a.Value.Resolve().String()
	if out.Own {
		if a.Key != "script" && a.Key != "job" { // the fields of a script have names of its own
			out.Message += " " + a.Key + "=" + text
		}
		return
	}
	switch a.Key {
	case "device":
		out.Device = text
	case "channel":
		out.Channel, _ = strconv.Atoi(text)
	case "script":
		out.Script = text
	case "job":
		out.Job = text
	case "task":
		out.Task = text
	case "kind":
		out.Kind = text
	case "hint":
		out.Hint = text
	case "line":
		file, place, _ := strings.Cut(text, ":")
		line, _, _ := strings.Cut(place, ":")
		out.File = file
		out.Line, _ = strconv.Atoi(line)
	case "traceback", "go_stack":
	default:
		out.Attrs = append(out.Attrs, a)
	}
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.r, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup implements slog.Handler: the host has no groups.
func (h *logHandler) WithGroup(string) slog.Handler { return h }

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
func (r *rehearsal) log() *slog.Logger { return slog.New(&runtime.LineHandler{Take: r.takeLine}) }

// takeLine takes a line of the log.
func (r *rehearsal) takeLine(ctx context.Context, line slog.Record, attrs []slog.Attr) {
	if r.over {
		return
	}
	out := timeline.Record{Time: r.clk.Now(), Level: line.Level, Message: line.Message}
	out.Script, out.Job, out.Task = runtime.TaskOf(ctx)
	out.Own = out.Script != ""
	for _, a := range attrs {
		take(&out, a)
	}
	r.timeline.Log(out)
	r.finder.line(out)
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

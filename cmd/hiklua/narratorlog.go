package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/hiklua/hiklua/runtime"
)

// logger is the host's log, told in the narrator's form.
func (n *narrator) logger() *slog.Logger {
	if n.json != nil {
		return n.json
	}
	return slog.New(&runtime.LineHandler{Take: n.takeLine})
}

// takeLine makes a line of a record: who it is about, the message, and the keys
// that add something to it.
func (n *narrator) takeLine(_ context.Context, r slog.Record, attrs []slog.Attr) {
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
	n.tell(r.Level, who, text)
}

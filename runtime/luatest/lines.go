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

// ofScript reports whether a line is one of hik.log, and not the host's about a
// script.
func ofScript(ctx context.Context) bool {
	script, _, _ := runtime.TaskOf(ctx)
	return script != ""
}

// takeLine keeps a line of the log.
func (b *bench) takeLine(ctx context.Context, r slog.Record, attrs []slog.Attr) {
	line := luaapi.TestLine{Time: b.clk.Now(), Level: strings.ToLower(r.Level.String()), Message: r.Message}
	own := ofScript(ctx)
	known := make(map[string]string)
	for _, a := range attrs {
		switch known[a.Key] = a.Value.Resolve().String(); {
		case a.Key == "script":
			line.Script = known[a.Key]
		case own && a.Key == "job": // the fields of a script have names of their own
		case a.Key == "jobs" || a.Key == "traceback" || a.Key == "go_stack":
		default:
			line.Fields = append(line.Fields, a)
		}
	}
	b.lines = append(b.lines, line)
	if r.Level >= slog.LevelError && line.Script != "" && !own {
		b.failures = append(b.failures, b.failure(line, known))
	}
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

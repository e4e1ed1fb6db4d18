package runtime

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// TaskError is the error that ended a task: what happened and where, as it is
// shown to people. Err is what lies behind it.
type TaskError struct {
	Report luaapi.Report
	Err    error
}

func (e *TaskError) Error() string { return e.Report.String() }

func (e *TaskError) Unwrap() error { return e.Err }

// failed makes a TaskError of what came out of Lua. The caller has the
// script's lock. A task that was ended from outside failed for that reason,
// whatever Lua made of it; Lua still tells where it was.
func (t *task) failed(err error) error {
	r := luaapi.Describe(err)
	if fault, ok := errors.AsType[*sandbox.Fault](err); ok {
		if fault.GoStack != "" {
			t.script.host.logPanic(t, fault.Message, fault.GoStack)
		}
		err = &lua.ApiError{Type: lua.ApiErrorRun, Object: fault.Object, StackTrace: fault.Traceback}
		r = luaapi.Describe(err)
		if fault.Said != "" {
			r.Message = fault.Said
		}
	}
	if cause := t.flag.Err(); cause != nil {
		at := r
		r, err = luaapi.Describe(cause), cause
		r.File, r.Line, r.Col, r.Traceback = at.File, at.Line, at.Col, at.Traceback
	}
	r.Script = t.script.name
	if t.job != nil && r.Kind != "error" && (r.File == "" || strings.HasPrefix(r.File, "hiklua:")) {
		// A run of nothing but hiklua's own modules: the script has registered it.
		if file, line, ok := strings.Cut(t.job.spec.Place, ":"); ok {
			r.File = file
			r.Line, _ = strconv.Atoi(line)
		}
	}
	return &TaskError{Report: r, Err: err}
}

// Report tells what an error says, with its place if it came out of a task.
func Report(err error) luaapi.Report {
	if failed, ok := errors.AsType[*TaskError](err); ok {
		return failed.Report
	}
	return luaapi.Describe(err)
}

// logError logs an error that no script caught, once; one that the runs of a job
// end with again and again is counted.
func (t *task) logError() {
	r := Report(t.err)
	if t.job != nil && t.job.fold(r) {
		return
	}
	attrs := []slog.Attr{slog.String(keyScript, t.script.name), slog.String(keyTask, t.name)}
	if t.job != nil {
		attrs = append(attrs, slog.String(keyJob, t.job.name))
	}
	t.script.out.Log.LogAttrs(context.Background(), slog.LevelError, r.Message, append(attrs, reportAttrs(r)...)...)
}

// logLoadError tells why a version of a script does not run.
func (h *Host) logLoadError(script, message string, err error) {
	r := Report(err)
	attrs := []slog.Attr{slog.String(keyScript, script), slog.String(keyError, r.Message)}
	h.log.LogAttrs(context.Background(), slog.LevelError, message, append(attrs, reportAttrs(r)...)...)
}

// reportAttrs is what a log line tells of an error beside its message.
func reportAttrs(r luaapi.Report) []slog.Attr {
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add(keyLine, r.Place())
	add(keyKind, r.Kind)
	add(keyDevice, r.Device)
	if r.Channel != 0 {
		attrs = append(attrs, slog.Int(keyChannel, r.Channel))
	}
	add(keyHint, r.Hint)
	add(keyTrace, r.Traceback)
	return attrs
}

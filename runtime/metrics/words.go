package metrics

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/journal"
)

// The labels.
const (
	labelDevice  = "device"
	labelChannel = "channel"
	labelScript  = "script"
	labelJob     = "job"
	labelState   = "state"
	labelClass   = "class"
	labelResult  = "result"
	labelType    = "type"
	labelLevel   = "level"
	labelReason  = "reason"
	labelVersion = "version"
	labelShare   = "share"
	labelMember  = "member"
)

// The results of commands and runs; those of a command that failed are kinds of
// errors.
const (
	resultOK        = "ok"
	resultError     = "error"
	resultSkipped   = "skipped"
	resultCancelled = "cancelled"
)

// The states, as status has them.
var (
	deviceStates = []string{device.StateUnknown, device.StateOnline, device.StateOffline, device.StateUnauthorized, device.StateLocked}
	eventsStates = []string{device.EventsOff, device.EventsFlowing, device.EventsStale}
	scriptStates = []string{runtime.ScriptRunning, runtime.ScriptHeld, runtime.ScriptBroken, runtime.ScriptAside}
)

// kinds are the kinds of errors that commands have; docs/api.md says what each
// means.
var kinds = []string{
	"misuse", "unauthorized", "locked", "forbidden", "not_found", "unsupported", "busy", "offline", "timeout", "bad_answer", "device", "panic", "disk",
	"elsewhere",
	resultCancelled,
}

// reasons are why pictures are missing.
var reasons = slices.Concat(kinds, []string{device.StateUnknown, "no answer yet", gaps.HostDown, gaps.HostAsleep, gaps.NotKnown})

// eventTypes are the types of events that have a word.
var eventTypes = slices.DeleteFunc(luaapi.EventWords(), func(word string) bool { return word == "any" })

// oneOf is a word if it is one of all, else otherwise.
func oneOf(all []string, word, otherwise string) string {
	if slices.Contains(all, word) {
		return word
	}
	return otherwise
}

// classOf says what a command is for.
func classOf(e journal.Entry) string {
	switch {
	case e.Head && isStop(e):
		return "stop"
	case e.Head:
		return "head"
	case e.What == "snapshot":
		return "picture"
	case e.Poll():
		return "status"
	}
	return other
}

// isStop says whether a command stops a head, or a part of its lens: "ptz_stop",
// "focus stop".
func isStop(e journal.Entry) bool {
	return e.Head && (e.What == "ptz_stop" || strings.HasSuffix(e.What, " stop"))
}

// kindOf is the kind of an error; "": there is none.
func kindOf(err error) string {
	if err == nil {
		return ""
	}
	kind := ""
	if answer, ok := errors.AsType[*journal.Answer](err); ok {
		kind = answer.Kind
	} else {
		kind = runtime.Report(err).Kind
	}
	return oneOf(kinds, kind, resultError)
}

// levelOf is the word for the level of a log line.
func levelOf(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "error"
	case level >= slog.LevelWarn:
		return "warn"
	case level >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}

// seconds is a time in Unix seconds.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

package luaapi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// Failure is an error in the words that scripts see. The host returns it for
// what goes wrong on its side: a full queue, a task that was ended.
type Failure struct {
	Kind    string // busy, timeout, cancelled, misuse, panic, ...
	Message string // one line, without the device's name
	Device  string // "": no device was involved
	Channel int    // 0: the device itself
	Hint    string // what to do about it
	Err     error  // what lies behind it, for errors.Is
}

// ErrUnknownName lies behind a Failure that says that a name is not known: of a
// device, a channel, a job.
var ErrUnknownName = errors.New("unknown name")

// Error is one line: device, message, hint.
func (f *Failure) Error() string {
	text := f.message()
	if f.Hint != "" {
		text += " (" + f.Hint + ")"
	}
	return text
}

func (f *Failure) message() string {
	if f.Device == "" {
		return f.Message
	}
	if f.Channel > 0 {
		return fmt.Sprintf("%s channel %d: %s", f.Device, f.Channel, f.Message)
	}
	return f.Device + ": " + f.Message
}

// Unwrap gives errors.Is what lies behind it.
func (f *Failure) Unwrap() error { return f.Err }

// UnknownDevice is the error for a name of a device that site.yaml does not have; it has known.
func UnknownDevice(name string, known []string) error {
	return unknownOfSite("device", name, known, "site.yaml has no devices")
}

// DeviceElsewhere is the error for a device of another share of the cluster, which
// holder drives; "": no host does at present.
func DeviceElsewhere(name, holder string) error {
	f := &Failure{
		Kind: "elsewhere", Device: name, Err: isapi.ErrElsewhere,
		Message: "a device of another share, which " + holder + " holds",
		Hint:    "a script can use the devices of one share: put them into one, or the script's part for this device into a script of its own",
	}
	if holder == "" {
		f.Message = "a device of another share, which no host holds at present"
	}
	return f
}

// UnknownTarget is the error for a name that site.yaml does not have under notify; it has known.
func UnknownTarget(name string, known []string) error {
	return unknownOfSite("target", name, known, `notify: of site.yaml is to say who that is, such as notify: {ops: {ntfy: {topic: "my-cameras"}}}`)
}

// unknownOfSite is the error for a name that site.yaml does not have; none is the hint if it has no name of that kind.
func unknownOfSite(what, name string, known []string, none string) error {
	const most = 12
	hint := none
	switch near := nearest.Word(name, known); {
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case len(known) == 0:
	case len(known) > most:
		hint = fmt.Sprintf("site.yaml has %s and %d more", strings.Join(known[:most], ", "), len(known)-most)
	default:
		hint = "site.yaml has " + strings.Join(known, ", ")
	}
	return &Failure{Kind: "misuse", Message: fmt.Sprintf("no %s %q", what, name), Hint: hint, Err: ErrUnknownName}
}

// Report is an error told apart, for the log and for scripts alike.
type Report struct {
	Kind      string // misuse, cancelled, syntax, panic, error (a script's own), or a kind of isapi
	Message   string // one line, without place and hint
	Hint      string
	Device    string
	Channel   int
	Status    int    // of HTTP; 0: none
	SubStatus string // subStatusCode
	Retryable bool   // the same may work later without anybody's doing
	Script    string // the script's name; "" where it is not known
	File      string // "scripts/tour.lua", where it happened
	Line      int
	Col       int    // from 1, in characters; 0: not known, as everywhere but in syntax errors
	Traceback string // of Lua, the innermost call first
}

// String is one line: place, message, hint.
func (r Report) String() string {
	text := r.Message
	if place := r.Place(); place != "" {
		text = place + ": " + text
	}
	if r.Hint != "" {
		text += " (" + r.Hint + ")"
	}
	return text
}

// Place is where it happened, as far as that is known: "scripts/tour.lua", with ":12" or ":12:5" behind it.
func (r Report) Place() string {
	switch {
	case r.File == "" || r.Line == 0:
		return r.File
	case r.Col == 0:
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Line, r.Col)
}

// classify tells a Go error apart.
func classify(err error) Report {
	var failure *Failure
	var refused *isapi.Error
	var syntax *sandbox.SyntaxError
	switch {
	case errors.As(err, &failure):
		r := Report{
			Kind: failure.Kind, Message: failure.message(), Hint: failure.Hint,
			Device: failure.Device, Channel: failure.Channel,
			Retryable: failure.Kind == "busy" || failure.Kind == "timeout" || failure.Kind == "offline",
		}
		if r.Kind == "" {
			r.Kind = "error"
		}
		if errors.As(failure.Err, &refused) {
			r.Status, r.SubStatus, r.Retryable = refused.HTTPStatus, refused.SubCode, refused.Retryable()
		}
		return r
	case errors.As(err, &refused):
		plain := *refused
		plain.Hint = ""
		return Report{
			Kind: refused.Kind(), Message: oneLine(plain.Error()), Hint: refused.Hint,
			Device: refused.Device, Channel: refused.Channel,
			Status: refused.HTTPStatus, SubStatus: refused.SubCode, Retryable: refused.Retryable(),
		}
	case errors.As(err, &syntax):
		return Report{Kind: "syntax", Message: syntax.Message, File: syntax.File, Line: syntax.Line, Col: syntax.Col}
	case errors.Is(err, context.DeadlineExceeded):
		return Report{Kind: "timeout", Message: "took longer than it may", Retryable: true}
	case errors.Is(err, context.Canceled):
		return Report{Kind: "cancelled", Message: "the task was ended"}
	}
	return Report{Kind: "error", Message: oneLine(err.Error())}
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\n", " ")), " ")
}

const maxMessage = 2000

// Raise raises err in L as the error object that scripts see; it does not
// return. An error that came out of Lua is raised again as it was.
func Raise(L *lua.LState, err error) {
	var fromLua *lua.ApiError
	if errors.As(err, &fromLua) && fromLua.Object != nil {
		placeInSite(L, fromLua.Object)
		L.Error(fromLua.Object, 0)
	}
	r := classify(err)
	r.Message = shorten(r.Message, maxMessage) // it may quote what a script passed
	r.File, r.Line = place(L)
	r.Traceback = ofSite(traceback(L))
	if task := taskOf(L); task != nil {
		r.Script = task.Script().Name()
	}
	L.Error(newErrorObject(L, r), 0)
}

// raiseMisuse raises an error of kind misuse at the caller's line.
func raiseMisuse(L *lua.LState, format string, args ...any) {
	Raise(L, &Failure{Kind: "misuse", Message: fmt.Sprintf(format, args...)})
}

// misuse raises an error of kind misuse that names the function.
func (c *call) misuse(format string, args ...any) {
	raiseMisuse(c.L, "%s: %s", c.name, fmt.Sprintf(format, args...))
}

// raise raises err with what this call knows of device and channel. What the
// host refuses in plain words is misuse: it looked at what the script wrote.
func (c *call) raise(err error) {
	var failure *Failure
	if errors.As(err, &failure) && failure.Device == "" && c.dev != nil && failure.Kind != "misuse" {
		copied := *failure
		copied.Device = c.dev.Name()
		if c.target != nil {
			copied.Channel = c.target.id
		}
		err = &copied
	}
	Raise(c.L, err)
}

// refuse raises an error of the host about what the script asked for: one
// without a kind of its own is misuse.
func (c *call) refuse(err error) {
	if r := classify(err); r.Kind == "error" {
		c.misuse("%s", r.Message)
	}
	c.raise(err)
}

// taskOf is TaskOf for threads that may have no task.
func taskOf(L *lua.LState) Task {
	ctx := L.Context()
	if ctx == nil {
		return nil
	}
	task, _ := ctx.Value(TaskKey{}).(Task)
	return task
}

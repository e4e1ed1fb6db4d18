package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
)

// unknownPath is the kind of the error for a path that this version lacks.
const unknownPath = "unknown_path"

// Error is an error of the host on its way: the "error" of an answer that is no
// success, and of the last line of one that goes on.
type Error struct {
	Kind        string `json:"kind"`    // as in docs/api.md, or one of docs/http-api.md
	Message     string `json:"message"` // one line, without place and hint
	Hint        string `json:"hint,omitempty"`
	Place       string `json:"place,omitempty"` // in Lua: scripts/tour.lua:3
	Device      string `json:"device,omitempty"`
	Channel     int    `json:"channel,omitempty"`
	Script      string `json:"script,omitempty"`
	Traceback   string `json:"traceback,omitempty"`
	Interrupted bool   `json:"interrupted,omitempty"` // the client has broken it off

	Status int `json:"-"` // of HTTP; 0: it came with the last line
}

// Error is one line: place, message, hint.
func (e *Error) Error() string { return e.Report().String() }

// Is has errors.Is find out that a program was interrupted.
func (e *Error) Is(target error) bool { return e.Interrupted && target == runtime.ErrInterrupted }

// Report is the error as runtime.Report has told it in the host.
func (e *Error) Report() luaapi.Report {
	r := luaapi.Report{
		Kind: e.Kind, Message: e.Message, Hint: e.Hint, Device: e.Device, Channel: e.Channel,
		Script: e.Script, Traceback: e.Traceback, File: e.Place,
	}
	var numbers []int // behind the file: line and column
	for len(numbers) < 2 {
		i := strings.LastIndexByte(r.File, ':')
		n, err := strconv.Atoi(r.File[i+1:])
		if i < 0 || err != nil {
			break
		}
		r.File, numbers = r.File[:i], append([]int{n}, numbers...)
	}
	switch len(numbers) {
	case 1:
		r.Line = numbers[0]
	case 2:
		r.Line, r.Col = numbers[0], numbers[1]
	}
	return r
}

// failed makes an error with the status that it is answered with.
func failed(status int, kind, message, hint string) *Error {
	return &Error{Kind: kind, Message: message, Hint: hint, Status: status}
}

// badRequest is the error of a request that the client has made wrongly.
func badRequest(format string, args ...any) *Error {
	return failed(http.StatusBadRequest, "misuse", fmt.Sprintf(format, args...), "")
}

// errorOf makes an error ready to travel. What the host says no to is 404 if a
// name is not known, and 409 otherwise.
func errorOf(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	r := runtime.Report(err)
	status := http.StatusConflict
	switch {
	case r.Kind == "not_found" || errors.Is(err, luaapi.ErrUnknownName):
		status = http.StatusNotFound
	case r.Kind == "panic":
		status = http.StatusInternalServerError
	}
	return &Error{
		Kind: r.Kind, Message: r.Message, Hint: r.Hint, Place: r.Place(), Device: r.Device, Channel: r.Channel,
		Script: r.Script, Traceback: r.Traceback, Interrupted: runtime.IsInterrupt(err), Status: status,
	}
}

// failure is the JSON of an answer that is no success.
type failure struct {
	Error *Error `json:"error"`
}

func writeError(w http.ResponseWriter, err error) {
	e := errorOf(err)
	writeJSON(w, e.Status, failure{e})
}

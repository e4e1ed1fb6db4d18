package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/site"
)

// The exit statuses.
const (
	statusOK      = 0
	statusFailure = 1
	statusMisuse  = 2
)

// misuse is wrong use of the command line: what is wrong, and what to type
// instead.
type misuse struct{ problem, try string }

func (m *misuse) Error() string { return m.problem }

// errTold ends the program with status 1 after it has said why.
var errTold = errors.New("failed")

// failure is an error that is shown as it stands, without the program's name
// before it: one that has a place of its own.
type failure struct{ text string }

func (f *failure) Error() string { return f.text }

// report shows err and returns the exit status that it gives.
func (a *app) report(err error) int {
	if err == nil {
		return statusOK
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok && file.Path == os.Stdout.Name() && file.Err == syscall.EPIPE {
		return statusFailure // "| head" has what it wants
	}
	if errors.Is(err, errTold) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				a.report(err) // a head that may still move is told beside it
			}
		}
	} else if exit, ok := errors.AsType[*runtime.Exit](err); ok {
		return exit.Status
	} else if wrong, ok := errors.AsType[*misuse](err); ok {
		fmt.Fprintf(a.stderr, "%s %s\n%s %s\n", a.paint("error:", colourFail), oneLine(wrong.problem), a.paint("try:", "1"), wrong.try)
		return statusMisuse
	} else if problems, ok := errors.AsType[site.Problems](err); ok {
		fmt.Fprintln(a.stderr, problems)
	} else if told, ok := errors.AsType[*api.Error](err); ok { // by a running host
		fmt.Fprintln(a.stderr, told)
	} else if shown, ok := errors.AsType[*failure](err); ok {
		fmt.Fprintln(a.stderr, shown.text)
	} else {
		fmt.Fprintln(a.stderr, "hiklua:", err)
	}
	return statusFailure
}

// jsonFailure is what a command with --json writes in the place of its answer
// when it has none.
type jsonFailure struct {
	Error jsonError `json:"error"`
}

// reportJSON writes an error on one line of stdout, for programs. What is told
// already, and wrong use of the command line, is none.
func (a *app) reportJSON(err error) {
	if _, wrong := errors.AsType[*misuse](err); wrong || err == nil || errors.Is(err, errTold) {
		return
	}
	r := runtime.Report(err)
	if told, ok := errors.AsType[*api.Error](err); ok {
		r = told.Report()
	}
	line, err := json.Marshal(jsonFailure{jsonError{r.Kind, r.Message, r.Hint}})
	if err == nil {
		fmt.Fprintf(a.stdout, "%s\n", line)
	}
}

// paint colours text for stderr.
func (a *app) paint(text, code string) string {
	if !a.colour(a.stderr) {
		return text
	}
	return tinted(text, code)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

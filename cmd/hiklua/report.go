package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hiklua/hiklua/runtime"
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
	var wrong *misuse
	var problems site.Problems
	var shown *failure
	var exit *runtime.Exit
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, errTold):
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				a.report(err) // a head that may still move is told beside it
			}
		}
	case errors.As(err, &exit):
		return exit.Status
	case errors.As(err, &wrong):
		fmt.Fprintf(a.stderr, "%s %s\n%s %s\n", a.red("error:"), oneLine(wrong.problem), a.bold("try:"), wrong.try)
		return statusMisuse
	case errors.As(err, &problems):
		fmt.Fprintln(a.stderr, problems)
	case errors.As(err, &shown):
		fmt.Fprintln(a.stderr, shown.text)
	default:
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
	var wrong *misuse
	if err == nil || errors.Is(err, errTold) || errors.As(err, &wrong) {
		return
	}
	r := runtime.Report(err)
	line, err := json.Marshal(jsonFailure{jsonError{r.Kind, r.Message, r.Hint}})
	if err == nil {
		fmt.Fprintf(a.stdout, "%s\n", line)
	}
}

func (a *app) red(text string) string  { return a.paint(text, "31;1") }
func (a *app) bold(text string) string { return a.paint(text, "1") }

func (a *app) paint(text, code string) string {
	if !a.colour(a.stderr) {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

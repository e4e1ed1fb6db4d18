package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, with its place.
type Problem struct {
	File    string // "site.yaml"; empty where no file is meant
	Line    int    // from 1; 0: the file as a whole
	Col     int    // from 1, in characters; 0: not known
	Message string // one line, without secrets

	// Variable is the environment variable that is not set, if that is the problem.
	Variable string
}

// String gives `site.yaml:14:5: message`.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return p.File + ": " + p.Message
	case p.Col == 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
}

// Problems is the error of Load and ParseDevice: never empty, sorted by place.
type Problems []Problem

// Error gives one line for each problem of a file. Those of a script's table have
// no place of their own and stand in one line, behind that of the call.
func (ps Problems) Error() string {
	lines, between := make([]string, len(ps)), "; "
	for i, p := range ps {
		lines[i] = p.String()
		if p.File != "" {
			between = "\n"
		}
	}
	return strings.Join(lines, between)
}

// maxProblems is what a person reads; a file of another kind has thousands.
const maxProblems = 100

// sorted orders by place, drops doubles (an alias shows the same place twice)
// and says how many were left out.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), cmp.Compare(a.Message, b.Message))
	})
	ps = slices.Compact(ps)
	if len(ps) > maxProblems {
		more := Problem{File: ps[0].File, Message: fmt.Sprintf("and %d more problems", len(ps)-maxProblems)}
		ps = append(ps[:maxProblems:maxProblems], more)
	}
	return ps
}

package check

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is one thing that is wrong, or looks wrong.
type Finding struct {
	File    string // "scripts/tour.lua"; empty where no file is meant
	Line    int    // from 1; 0: the file as a whole
	Col     int    // from 1, in characters; 0: not known
	Message string // one line
	// Warning says that it may be meant so. A site with only warnings is right.
	Warning bool
}

// String gives `scripts/tour.lua:14:5: message`.
func (f Finding) String() string {
	text := f.Message
	if f.Warning {
		text = "warning: " + text
	}
	switch {
	case f.File == "":
		return text
	case f.Line == 0:
		return f.File + ": " + text
	case f.Col == 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Col, text)
}

// Report is what Site found.
type Report struct {
	Findings []Finding // by place: site.yaml first, then scripts/, then lib/

	Scripts   int // looked at
	Off       int // whose name begins with _
	Modules   int // of lib/
	Devices   int
	Channels  int  // that site.yaml names
	Unchecked bool // site.yaml could not be read, so names of devices were not compared
}

// Wrong reports whether there is anything beyond warnings.
func (r *Report) Wrong() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Warning })
}

// sortByPlace orders the findings of one file.
func sortByPlace(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(list)
}

package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/site"
)

// Finding is one thing that is wrong, or looks wrong.
type Finding struct {
	site.Problem
	// Warning says that it may be meant so. A site with only warnings is right.
	Warning bool
}

// String gives `scripts/tour.lua:14:5: message`.
func (f Finding) String() string {
	if f.Warning {
		f.Message = "warning: " + f.Message
	}
	return f.Problem.String()
}

// Report is what Site found.
type Report struct {
	Findings []Finding // by place: site.yaml first, then scripts/, lib/, tests/

	Scripts   int // looked at
	Off       int // whose name begins with _
	Modules   int // of lib/
	Tests     int // files of tests/
	Devices   int
	Channels  int            // that site.yaml names
	Unchecked bool           // site.yaml could not be read, so names of devices were not compared
	Cluster   *site.Cluster  // nil: one host runs the site
	Shares    []ScriptShares // of a site with more than one share, by name of the script
	Saved     bool           // a finding comes from what devices.yaml says of the devices
}

// Wrong reports whether there is anything beyond warnings.
func (r *Report) Wrong() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Warning })
}

// sort puts site.yaml first, then scripts/, lib/ and tests/, and drops what was found twice.
func (r *Report) sort() {
	folder := func(file string) int {
		name, _, _ := strings.Cut(file, "/")
		return slices.Index([]string{"scripts", "lib", "tests"}, name)
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(folder(a.File), folder(b.File)), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	r.Findings = slices.Compact(r.Findings)
}

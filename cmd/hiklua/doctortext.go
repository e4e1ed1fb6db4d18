package main

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/site"
)

// The columns of a report: state, check, finding.
const (
	stateWidth   = 9
	checkWidth   = 21
	findingStart = 2 + stateWidth + checkWidth
)

// colours of the states.
var stateColours = map[doctor.State]string{doctor.OK: "32", doctor.Warn: "33", doctor.Fail: "31;1", doctor.Skipped: "2"}

// writeReports shows the reports to people: what was looked at line by line,
// a fix below what needs one, and the sum.
func (a *app) writeReports(s *site.Site, reports []*doctor.Report) {
	if len(reports) == 0 {
		fmt.Fprintln(a.stdout, "site.yaml has no devices")
		return
	}
	fails, warns := 0, 0
	for i, r := range reports {
		a.writeReport(s.Devices[i], r)
		fails += r.Count(doctor.Fail)
		warns += r.Count(doctor.Warn)
	}
	sum := "nothing is wrong with " + plural(len(reports), "device")
	if fails+warns > 0 {
		sum = fmt.Sprintf("%s on %s", trouble(fails, warns), plural(len(reports), "device"))
	}
	fmt.Fprintln(a.stdout, sum)
}

// trouble gives "2 failures, 1 warning".
func trouble(fails, warns int) string {
	var parts []string
	if fails > 0 {
		parts = append(parts, plural(fails, "failure"))
	}
	if warns > 0 {
		parts = append(parts, plural(warns, "warning"))
	}
	return strings.Join(parts, ", ")
}

func (a *app) writeReport(conf site.Device, r *doctor.Report) {
	mark := ""
	if r.Simulated && r.Address != "simulated" {
		mark = ", simulated"
	}
	fmt.Fprintf(a.stdout, "%s  %s%s\n", a.tint(r.Device, "1"), r.Address, mark)
	channel := 0
	for i := 0; i < len(r.Checks); i++ {
		c := r.Checks[i]
		if c.State == doctor.Skipped {
			// Skipped for one reason: one line.
			names := []string{checkName(conf, c)}
			for i+1 < len(r.Checks) && r.Checks[i+1].State == doctor.Skipped && r.Checks[i+1].Finding == c.Finding {
				i++
				names = append(names, checkName(conf, r.Checks[i]))
			}
			if i == len(r.Checks)-1 && len(names) > 1 {
				names = []string{"the rest"}
			}
			a.writeCheckLine(c.State, strings.Join(names, ", "), c.Finding, "")
			continue
		}
		if c.Channel != channel && c.Channel > 0 {
			fmt.Fprintf(a.stdout, "  %s\n", a.tint(channelTitle(conf, c.Channel), "1"))
		}
		channel = c.Channel
		a.writeCheckLine(c.State, c.Name, c.Finding, c.Fix)
	}
	fmt.Fprintln(a.stdout)
}

func checkName(conf site.Device, c doctor.Check) string {
	if c.Channel > 0 && c.Name == "channel" {
		return channelTitle(conf, c.Channel)
	}
	return c.Name
}

func channelTitle(conf site.Device, id int) string {
	if known, ok := configured(conf, id); ok {
		return fmt.Sprintf("channel %d, %s", id, known.Name)
	}
	return fmt.Sprintf("channel %d", id)
}

// writeCheckLine writes one check. A name that is longer than its column, as
// lists of what was skipped are, has the finding below it.
func (a *app) writeCheckLine(state doctor.State, name, finding, fix string) {
	// right is the room from a column on; 0 is no limit.
	right := func(column int) int {
		if a.width() == 0 {
			return 0
		}
		return max(a.width()-column, narrowest)
	}
	lines := wrapWords(finding, right(findingStart))
	if uniseg.StringWidth(name) >= checkWidth {
		names := wrapWords(name, right(2+stateWidth))
		fmt.Fprintf(a.stdout, "  %s%s\n", a.state(state), names[0])
		for _, n := range names[1:] {
			fmt.Fprintf(a.stdout, "%*s%s\n", 2+stateWidth, "", n)
		}
	} else {
		fmt.Fprintf(a.stdout, "  %s%-*s%s\n", a.state(state), checkWidth, name, lines[0])
		lines = lines[1:]
	}
	for _, l := range lines {
		fmt.Fprintf(a.stdout, "%*s%s\n", findingStart, "", l)
	}
	for i, l := range wrapWords(fix, right(findingStart+5)) {
		label := "fix: "
		if i > 0 {
			label = "     "
		}
		if l != "" {
			fmt.Fprintf(a.stdout, "%*s%s%s\n", findingStart, "", a.tint(label, "1"), l)
		}
	}
}

// state is the state's word in its column: a failure stands out without
// colours, too.
func (a *app) state(s doctor.State) string {
	word := string(s)
	if s == doctor.Fail {
		word = "FAIL"
	}
	return a.tint(word, stateColours[s]) + strings.Repeat(" ", stateWidth-len(word))
}

// tint colours text for stdout.
func (a *app) tint(text, code string) string {
	if !a.colour(a.stdout) {
		return text
	}
	return tinted(text, code)
}

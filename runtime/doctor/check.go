package doctor

import (
	"strings"
	"unicode"
)

// State says how a check ended.
type State string

// The states.
const (
	OK      State = "ok"
	Warn    State = "warn"    // works, or may; a person should look
	Fail    State = "fail"    // does not work
	Skipped State = "skipped" // not looked at; Finding says why
)

// Check is one thing that was looked at.
type Check struct {
	Name    string `json:"name"`
	Channel int    `json:"channel,omitempty"` // human number; 0: the device itself
	State   State  `json:"state"`
	Finding string `json:"finding"`
	Fix     string `json:"fix,omitempty"` // sentences for an installer; empty where nothing is wrong
}

// Report is what was found on one device.
type Report struct {
	Device    string  `json:"device"`
	Address   string  `json:"address"`
	Simulated bool    `json:"simulated,omitempty"` // software in the place of the device
	State     State   `json:"state"`               // the worst of Checks: fail, warn or ok
	Checks    []Check `json:"checks"`
}

// Count is the number of checks that ended in s.
func (r *Report) Count(s State) int {
	n := 0
	for _, c := range r.Checks {
		if c.State == s {
			n++
		}
	}
	return n
}

// maxFinding bounds a finding, which may repeat what a device says.
const maxFinding = 2000

func (r *Report) add(c Check) {
	c.Finding, c.Fix = printable(c.Finding), printable(c.Fix)
	r.Checks = append(r.Checks, c)
	switch {
	case c.State == Fail:
		r.State = Fail
	case c.State == Warn && r.State == OK:
		r.State = Warn
	}
}

// printable keeps a device from writing to the reader's terminal.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxFinding {
		s = strings.ToValidUTF8(s[:maxFinding], "") + " ..."
	}
	return s
}

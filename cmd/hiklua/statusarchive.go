package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
)

// gapLines says which pictures are missing at present, and why: a line for each
// reason, whatever the number of channels.
func gapLines(gaps []runtime.GapStatus) string {
	var b strings.Builder
	for _, g := range gapsByReason(gaps) {
		fmt.Fprintf(&b, "  missing: %s\n", g)
	}
	return b.String()
}

// gapsByReason gives "12 pictures of gate/yard, nvr/1: offline".
func gapsByReason(gaps []runtime.GapStatus) []string {
	type group struct {
		why      string
		missing  int
		channels []string
	}
	var groups []*group
	for _, g := range gaps {
		why := g.Reasons[len(g.Reasons)-1].Why
		i := slices.IndexFunc(groups, func(o *group) bool { return o.why == why })
		if i < 0 {
			groups = append(groups, &group{why: why})
			i = len(groups) - 1
		}
		groups[i].missing += g.Missing
		if c := g.Where(); !slices.Contains(groups[i].channels, c) {
			groups[i].channels = append(groups[i].channels, c)
		}
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, fmt.Sprintf("%s of %s: %s", plural(g.missing, "picture"), firstOf(g.channels), g.why))
	}
	return lines
}

// copyLine says how far the second place is behind.
func copyLine(c *runtime.SecondPlaceStatus, now time.Time) string {
	switch {
	case c == nil:
		return ""
	case c.Error == nil && c.Waiting == 0:
		return fmt.Sprintf("  copied to %s: all of them\n", c.Place)
	case c.Error == nil:
		return "  " + copiesWait(c, now) + "\n"
	}
	text := "  " + copiesWait(c, now) + ":\n  " + c.Error.Message + "\n"
	if c.Error.Hint != "" {
		text += "  " + c.Error.Hint + "\n"
	}
	return text
}

// copiesWait is "341 pictures wait for s3://pictures, the oldest since 02:10".
func copiesWait(c *runtime.SecondPlaceStatus, now time.Time) string {
	verb := "wait"
	if c.Waiting == 1 {
		verb = "waits"
	}
	text := fmt.Sprintf("%s %s for %s", plural(c.Waiting, "picture"), verb, c.Place)
	if c.Oldest != nil {
		text += ", the oldest since " + timeText(*c.Oldest, now)
	}
	return text
}

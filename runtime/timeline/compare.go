package timeline

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// sameMoment is how far apart two actions may be that are the same one: real
	// cameras answer and turn in their own time, and a tour adds that up.
	sameMoment = time.Minute
	// mostTimes is how many times of what is missing are told.
	mostTimes = 3
)

// track is who does what where.
type track struct{ place, by string }

// Compare writes where what has happened and what was rehearsed differ: what
// jobs did, how often, and when. What devices noticed by themselves is not
// compared. It tells how many differences there are.
func Compare(to io.Writer, happened, rehearsed Timeline) (differences int, err error) {
	before, after := happened.doings(rehearsed.From, rehearsed.To), rehearsed.doings(rehearsed.From, rehearsed.To)
	tracks := make(map[track]bool)
	for _, all := range []map[track]map[string][]time.Time{before, after} {
		for t := range all {
			tracks[t] = true
		}
	}
	var b strings.Builder
	order := slices.SortedFunc(maps.Keys(tracks), func(a, c track) int {
		return cmp.Or(strings.Compare(a.place, c.place), strings.Compare(a.by, c.by))
	})
	count := 0
	for _, t := range order {
		lines := compareTrack(before[t], after[t], &count)
		if len(lines) == 0 {
			continue
		}
		differences += len(lines)
		fmt.Fprintf(&b, "\n%s\n", strings.Trim(t.place+"  ["+t.by+"]", " "))
		for _, line := range lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	head := rehearsed.span() + ": "
	if differences == 0 {
		head += fmt.Sprintf("%s, as rehearsed", counted(count, "action", "actions"))
	} else {
		head += counted(differences, "difference", "differences") + " between what has happened and what was rehearsed"
	}
	_, err = fmt.Fprintf(to, "%s\n%s", head, b.String())
	return differences, err
}

// doings are the times of what jobs did in a span, by who and where and what.
func (t Timeline) doings(from, to time.Time) map[track]map[string][]time.Time {
	all := make(map[track]map[string][]time.Time)
	for a := range t.Actions.All() {
		switch a.Kind {
		case Event, State, Print, Request:
			continue
		}
		if a.by() == "" || a.Time.Before(from) || !a.Time.Before(to) {
			continue
		}
		key := track{a.Place, a.by()}
		if all[key] == nil {
			all[key] = make(map[string][]time.Time)
		}
		text := a.Text
		if a.Kind == Preset { // the record knows names of presets only where a script has used them
			text, _, _ = strings.Cut(text, ` "`)
		}
		if a.Failed != "" {
			text += ": " + a.Failed
			if a.Failed == "error" { // the script's own; other kinds are worded by each device and network
				text += ": " + a.Message
			}
		}
		all[key][text] = append(all[key][text], a.Time.In(t.Zone))
	}
	return all
}

// compareTrack is a line for each thing that differs, and counts what was
// compared.
func compareTrack(happened, rehearsed map[string][]time.Time, count *int) (lines []string) {
	texts := make(map[string]bool)
	for _, all := range []map[string][]time.Time{happened, rehearsed} {
		for text := range all {
			texts[text] = true
		}
	}
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		was, due := happened[text], rehearsed[text]
		*count += len(was)
		onlyWas, onlyDue := unmatched(was, due), unmatched(due, was)
		if len(onlyWas)+len(onlyDue) == 0 && len(was) == len(due) {
			continue
		}
		line := fmt.Sprintf("%s: %s, rehearsed %s", text, counted(len(was), "time", "times"), counted(len(due), "time", "times"))
		if len(onlyWas) > 0 {
			line += "; not rehearsed: " + timesText(onlyWas)
		}
		if len(onlyDue) > 0 {
			line += "; only rehearsed: " + timesText(onlyDue)
		}
		lines = append(lines, line)
	}
	return lines
}

// unmatched are the times of a that have none of b close to them, each of which
// serves one.
func unmatched(a, b []time.Time) (alone []time.Time) {
	j := 0
	for _, at := range a {
		for j < len(b) && at.Sub(b[j]) > sameMoment {
			j++
		}
		if j < len(b) && b[j].Sub(at) <= sameMoment {
			j++
			continue
		}
		alone = append(alone, at)
	}
	return alone
}

func timesText(all []time.Time) string {
	var parts []string
	for _, at := range all[:min(len(all), mostTimes)] {
		parts = append(parts, at.Format(timeText))
	}
	text := strings.Join(parts, ", ")
	if more := len(all) - mostTimes; more > 0 {
		text += fmt.Sprintf(" and %s more", thousands(more))
	}
	return text
}

package timeline

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// By says what actions are put together by.
type By string

// The ways.
const (
	ByDevice By = "device" // what each camera does, then what scripts do beside
	ByScript By = "script" // what each script does, then the rest
)

// Lane is the name of what an action is put under: "gate/yard", or
// "night/night tour" for a job that the action is a run of. An action of a
// device by no script is under "host" by script.
func (a Action) Lane(by By) string {
	script := a.Script
	if a.Job != "" {
		script += "/" + a.Job
	}
	switch {
	case by == ByDevice && a.Place != "" && a.Kind != Error:
		return a.Place
	case script != "":
		return script
	case by == ByScript || a.Place == "":
		return host
	}
	return a.Place
}

// host is the lane of what neither a device nor a script is named for.
const host = "host"

// TextOptions say how a timeline is written.
type TextOptions struct {
	By   By   // "": ByDevice
	Full bool // nothing is folded, and what scripts print is there
}

// Text writes a timeline for people.
func (t Timeline) Text(to io.Writer, o TextOptions) error {
	o.By = cmp.Or(o.By, ByDevice)
	w := &textWriter{w: to, t: t, o: o}
	w.head()
	w.lanes()
	w.findings()
	return w.err
}

type textWriter struct {
	w   io.Writer
	t   Timeline
	o   TextOptions
	err error
}

func (w *textWriter) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}

// timeText is a time of a timeline: the year stands in its head.
const timeText = "Mon 02 Jan 15:04:05"

func (w *textWriter) head() {
	t := w.t
	w.printf("%s: %s to %s, %s\n", t.Site, t.From.Format("Mon 02 Jan 2006 15:04:05"), t.To.Format("Mon 02 Jan 2006 15:04:05"), t.Zone)
}

// lanes writes the actions of each lane: devices first, then scripts, then the
// host's own.
func (w *textWriter) lanes() {
	lanes := make(map[string][]Action)
	rank := make(map[string]int)
	for _, a := range w.t.Actions {
		if a.Kind == Print && !w.o.Full {
			continue
		}
		name := a.Lane(w.o.By)
		lanes[name] = append(lanes[name], a)
		switch {
		case name == host:
			rank[name] = 2
		case name != a.Place:
			rank[name] = 1
		}
	}
	names := make([]string, 0, len(lanes))
	for name := range lanes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if rank[a] != rank[b] {
			return rank[a] - rank[b]
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		w.printf("\n%s\n", name)
		for _, a := range lanes[name] {
			w.printf("  %s  %s\n", a.Time.Format(timeText), w.words(name, a))
		}
	}
}

// words say what an action is, under the name of its lane.
func (w *textWriter) words(lane string, a Action) string {
	text := a.Text
	if a.Place != "" && a.Place != lane {
		text = a.Place + " " + text
	}
	if a.Kind == Print {
		text = "says: " + text
	}
	switch {
	case a.Open:
		text += ", to the end"
	case a.Duration >= time.Second && a.Kind != Snapshot:
		text += ", " + spanText(a.Duration)
	}
	if a.Path != "" {
		text += ", " + a.Path
	}
	if a.Failed != "" {
		text += ": " + a.Failed + ": " + a.Message
	}
	if a.Line > 0 {
		text += fmt.Sprintf(" (scripts/%s.lua:%d)", a.Script, a.Line)
	}
	if by := a.by(); by != lane && by != "" {
		text += "  [" + by + "]"
	}
	return text
}

// by is who has done it: "night/night tour".
func (a Action) by() string {
	if a.Job != "" {
		return a.Script + "/" + a.Job
	}
	return a.Script
}

func (w *textWriter) findings() {
	if len(w.t.Findings) == 0 {
		return
	}
	w.printf("\nFindings\n")
	for _, f := range w.t.Findings {
		at := f.Place
		if f.Script != "" {
			at = "scripts/" + f.Script + ".lua"
			if f.Line > 0 {
				at += ":" + itoa(f.Line)
			}
		}
		w.printf("  %s  %s: %s", f.Time.In(w.t.Zone).Format(timeText), at, f.Text)
		if f.Count > 1 {
			w.printf(" (%d times)", f.Count)
		}
		w.printf("\n")
		if f.Remedy != "" {
			w.printf("  %*s  %s\n", len(timeText), "", f.Remedy)
		}
	}
}

// spanText is a length of time as people say it.
func spanText(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second), " 0 s")
	}
	d = d.Round(time.Minute)
	return strings.TrimSuffix(fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute), " 0 min")
}

package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func (w *textWriter) findings() {
	if len(w.t.Findings) == 0 {
		return
	}
	w.printf("\nfindings\n")
	for _, f := range w.t.Findings {
		w.printf("  %s  %s\n", f.Time.In(w.t.Zone).Format(timeText), f.line())
		if f.Remedy != "" {
			w.printf("  %*s  %s\n", len(timeText), "", f.Remedy)
		}
	}
}

// line is a finding in one line, without its time.
func (f Finding) line() string {
	var where []string
	if f.Script != "" {
		at := "scripts/" + f.Script + ".lua"
		if strings.Contains(f.Script, ".") { // site.yaml
			at = f.Script
		}
		if f.Line > 0 {
			at += ":" + itoa(f.Line)
		}
		where = append(where, at)
	} else if f.Place != "" {
		where = append(where, f.Place)
	}
	text := strings.Join(append(where, f.Text), ": ")
	if f.Count > 1 {
		text += fmt.Sprintf(" (%d times)", f.Count)
	}
	return text
}

// summary says how much each device is asked.
func (w *textWriter) summary() {
	if len(w.t.Traffic) == 0 {
		return
	}
	w.printf("\nsummary\n")
	days := max(w.t.To.Sub(w.t.From).Hours()/24, 1e-9)
	wide := 0
	for _, d := range w.t.Traffic {
		wide = max(wide, len(d.Device))
	}
	for _, d := range w.t.Traffic {
		w.printf("  %-*s  %s, at most %d in a minute (%s)", wide, d.Device, counted(d.Commands, "command", "commands"), d.Peak, d.PeakAt.In(w.t.Zone).Format("Mon 02 Jan 15:04"))
		if d.Pictures > 0 {
			w.printf("; %s", counted(d.Pictures, "picture", "pictures"))
			if d.Bytes > 0 {
				w.printf(", about %s", sizeText(float64(d.Bytes)))
				if days > 1 {
					w.printf(", %s a day", sizeText(float64(d.Bytes)/days))
				}
			}
		}
		w.printf("\n")
	}
	kinds := make(map[Kind]int)
	failed := 0 // runs
	for a := range w.t.Actions.All() {
		kinds[a.Kind]++
		if a.Kind == Run && a.Failed != "" {
			failed++
		}
	}
	parts := []string{counted(kinds[Run], "run of jobs", "runs of jobs"), counted(kinds[Notice], "notification", "notifications"),
		counted(kinds[Error]+failed, "error", "errors")}
	if n := kinds[Request]; n > 0 {
		parts = slices.Insert(parts, 2, counted(n, "request of hik.http", "requests of hik.http"))
	}
	if !w.t.Real { // what was real is not searched
		parts = append(parts, counted(len(w.t.Findings), "finding", "findings"))
	}
	w.printf("  %s\n", strings.Join(parts, ", "))
}

func counted(n int, one, more string) string {
	switch n {
	case 0:
		return "no " + more
	case 1:
		return "1 " + one
	}
	return thousands(n) + " " + more
}

// thousands is a number with commas.
func thousands(n int) string {
	text := itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// sizeText is a number of bytes for people: two digits matter.
func sizeText(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 999.5 {
			if n < 9.95 && unit != "B" {
				return fmt.Sprintf("%.1f %s", n, unit)
			}
			return fmt.Sprintf("%.0f %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f TB", n)
}

// busiest counts the commands of a device by the minute.
type busiest struct {
	at     Traffic
	minute time.Time
	n      int
}

// commands adds what a device was sent at a time.
func (c *busiest) command(at time.Time) {
	if minute := at.Truncate(time.Minute); !minute.Equal(c.minute) {
		c.minute, c.n = minute, 0
	}
	c.at.Commands++
	if c.n++; c.n > c.at.Peak {
		c.at.Peak, c.at.PeakAt = c.n, c.minute
	}
}

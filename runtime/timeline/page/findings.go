package page

import (
	"bytes"
	"fmt"
	"html"
	"time"

	"github.com/hiklua/hiklua/runtime/timeline"
)

// mostFindings are listed; a longer list is not read to its end.
const mostFindings = 1000

// linkWidth is how much of the time around a finding its link shows.
const linkWidth = 10 * time.Minute

// findingList is the list of findings as HTML: it can be read without the
// script. Each links to its place in the picture.
func findingList(t *timeline.Timeline) string {
	if len(t.Findings) == 0 {
		return "<p>None.</p>\n"
	}
	var b bytes.Buffer
	b.WriteString("<ol>\n")
	for i, f := range t.Findings[:min(len(t.Findings), mostFindings)] {
		fmt.Fprintf(&b, `<li><a href="#%s">%s</a>`, place(f.Time, linkWidth, i+1), moment(t, f.Time))
		if where := findingPlace(f); where != "" {
			fmt.Fprintf(&b, ` <b><bdi>%s</bdi></b>`, html.EscapeString(where))
		}
		fmt.Fprintf(&b, ` <span class="what">%s</span>`, html.EscapeString(f.Text))
		if f.Remedy != "" {
			fmt.Fprintf(&b, ` <span class="remedy">%s</span>`, html.EscapeString(f.Remedy))
		}
		if source := source(f); source != "" {
			fmt.Fprintf(&b, ` <small>%s</small>`, html.EscapeString(source))
		}
		b.WriteString("</li>\n")
	}
	b.WriteString("</ol>\n")
	if more := len(t.Findings) - mostFindings; more > 0 {
		fmt.Fprintf(&b, "<p>And %s; the key n goes through all of them.</p>\n", number(more, "more finding"))
	}
	return b.String()
}

// source is the script and line of a finding, and how often it came.
func source(f timeline.Finding) string {
	text := ""
	if f.Script != "" {
		text = "scripts/" + f.Script + ".lua"
		if f.Line > 0 {
			text += fmt.Sprint(":", f.Line)
		}
	}
	if f.Count > 1 {
		if text != "" {
			text += ", "
		}
		text += number(f.Count, "time")
	}
	return text
}

// place is the part of a link behind #: the middle of what is shown, its width
// in seconds, and the finding, counted from 1.
func place(at time.Time, width time.Duration, finding int) string {
	return fmt.Sprintf("t=%s&amp;w=%d&amp;f=%d", at.UTC().Format("2006-01-02T15:04:05.000Z"), int(width.Seconds()), finding)
}

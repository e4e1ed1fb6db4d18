package page

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/timeline"
)

//go:embed page.html style.css *.js
var files embed.FS

// scripts are the parts of the script, in order.
func scripts() []string {
	return []string{"time.js", "data.js", "marks.js", "draw.js", "overview.js", "words.js", "input.js", "view.js"}
}

// Options say how a timeline is shown.
type Options struct {
	By      timeline.By // what makes a lane; "": timeline.ByDevice
	Full    bool        // also what scripts print
	Command string      // the command line that made it; "": not told
}

// Write writes the page of a timeline. The same timeline gives the same bytes.
func Write(w io.Writer, t *timeline.Timeline, o Options) error {
	h, c, n := encode(t, o)
	before, after, err := frame(t, o, n)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, before); err != nil {
		return err
	}
	text := base64.NewEncoder(base64.StdEncoding, w)
	deflated, err := flate.NewWriter(text, flate.DefaultCompression)
	if err != nil {
		return err
	}
	if err := c.write(deflated, h); err != nil {
		return err
	}
	if err := deflated.Close(); err != nil {
		return err
	}
	if err := text.Close(); err != nil {
		return err
	}
	_, err = io.WriteString(w, after)
	return err
}

// frame is the page before and after the data, of n actions.
func frame(t *timeline.Timeline, o Options, n int) (before, after string, err error) {
	read := func(name string) string {
		b, readErr := files.ReadFile(name)
		if readErr != nil {
			err = readErr
		}
		return string(b)
	}
	style := read("style.css")
	var script strings.Builder
	for _, name := range scripts() {
		script.WriteString(read(name))
	}
	fill := strings.NewReplacer(
		"{{policy}}", policy(style, script.String()),
		"{{style}}", style,
		"{{script}}", script.String(),
		"{{title}}", html.EscapeString(t.Site),
		"{{summary}}", html.EscapeString(summary(t, n)),
		"{{notes}}", notes(t, o),
		"{{findings}}", findingList(t),
	)
	before, after, _ = strings.Cut(read("page.html"), "{{data}}")
	return fill.Replace(before), fill.Replace(after), err
}

// policy lets a browser run this style and this script, and load nothing.
func policy(style, script string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
}

// summary is the line below the title.
func summary(t *timeline.Timeline, n int) string {
	what := "What would happen"
	if t.Real {
		what = "What happened"
	}
	return fmt.Sprintf("%s from %s to %s (%s, %s): %s, %s", what, moment(t, t.From), moment(t, t.To),
		clock.FormatDuration(t.To.Sub(t.From)), t.Zone, number(n, "action"), number(len(t.Findings), "finding"))
}

// notes are what else is worth to know of the picture, as HTML.
func notes(t *timeline.Timeline, o Options) string {
	var b bytes.Buffer
	note := func(format string, args ...any) {
		fmt.Fprintf(&b, "<li>%s</li>\n", html.EscapeString(fmt.Sprintf(format, args...)))
	}
	all := offsets(t)
	for i, change := range all[1:] {
		if by := change.Seconds - all[i].Seconds; by != 0 {
			at := t.From.Add(time.Duration(change.From) * time.Millisecond)
			before := at.In(time.FixedZone(all[i].Name, all[i].Seconds))
			note("The clocks change on %s (from %s to %s): %+d min.", before.Format("Mon 2 Jan 2006 at 15:04:05"), all[i].Name, change.Name, by/60)
		}
	}
	if t.Place == nil {
		note("Night is not shown: site.yaml has no location.")
	}
	made := "Made by hiklua"
	if t.Version != "" {
		made += " " + t.Version
	}
	if !t.Real {
		made += fmt.Sprintf(" with seed %d", t.Seed)
	}
	if o.Command != "" {
		made += ": " + o.Command
	}
	note("%s", made)
	return b.String()
}

// moment is a time as people of the site write it.
func moment(t *timeline.Timeline, at time.Time) string {
	return at.In(t.Zone).Format("Mon 2 Jan 2006 15:04:05")
}

// number is a count with its noun.
func number(n int, noun string) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n != 1 {
		noun += "s"
	}
	return digits + " " + noun
}

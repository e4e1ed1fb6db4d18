package luatest

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// Report writes results in one of three forms: text for people, tap (Test
// Anything Protocol 13), and junit, the XML that CI servers read.
type Report struct {
	Ran, Failed int

	form string
	w    io.Writer
	xml  junitSuites
	err  error
}

// NewReport makes a report; form is text, tap or junit.
func NewReport(form string, w io.Writer) *Report { return &Report{form: form, w: w} }

// Tell takes a result. The error is that of the writer.
func (r *Report) Tell(t Result) error {
	t = t.plain()
	r.Ran++
	if len(t.Failures) > 0 {
		r.Failed++
	}
	switch r.form {
	case "tap":
		r.tap(t)
	case "junit":
		r.xml.add(t)
	default:
		r.text(t)
	}
	return r.err
}

// End writes what comes after all results; took is how long all of them took.
func (r *Report) End(took time.Duration) error {
	switch r.form {
	case "tap":
		r.printf("1..%d\n", r.Ran)
	case "junit":
		text, err := xml.MarshalIndent(r.xml, "", "  ")
		if err != nil {
			return err
		}
		r.printf("%s%s\n", xml.Header, text)
	default:
		if r.Ran > 0 {
			r.printf("%s\n", r.sum(took))
		}
	}
	return r.err
}

func (r *Report) sum(took time.Duration) string {
	tests := "tests"
	if r.Ran == 1 {
		tests = "test"
	}
	if r.Failed == 0 {
		return fmt.Sprintf("%d %s passed in %.1f s", r.Ran, tests, took.Seconds())
	}
	return fmt.Sprintf("%d of %d %s failed, in %.1f s", r.Failed, r.Ran, tests, took.Seconds())
}

func (r *Report) printf(format string, args ...any) {
	if r.err == nil {
		_, r.err = fmt.Fprintf(r.w, format, args...)
	}
}

func (r *Report) text(t Result) {
	if len(t.Failures) == 0 {
		r.printf("ok    %s\n", t.title())
		return
	}
	r.printf("FAIL  %s\n", t.title())
	for _, f := range t.Failures {
		r.printf("%s\n", indented(f.text(), "      "))
	}
	for _, line := range t.said() {
		r.printf("      | %s\n", line)
	}
}

func (r *Report) tap(t Result) {
	if r.Ran == 1 {
		r.printf("TAP version 13\n")
	}
	// A # would begin a directive.
	name := strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(t.title())
	if len(t.Failures) == 0 {
		r.printf("ok %d - %s\n", r.Ran, name)
		return
	}
	r.printf("not ok %d - %s\n", r.Ran, name)
	for _, f := range t.Failures {
		r.printf("%s\n", indented(f.text(), "# "))
	}
}

// plain is the result without what is more than text to a terminal, or can't be
// in XML.
func (t Result) plain() Result {
	lines := func(text string) string {
		list := strings.Split(text, "\n")
		for i, line := range list {
			list[i] = journal.Plain(line)
		}
		return strings.Join(list, "\n")
	}
	t.File, t.Name = journal.Plain(t.File), journal.Plain(t.Name)
	t.Failures = slices.Clone(t.Failures)
	for i, f := range t.Failures {
		t.Failures[i] = Failure{journal.Plain(f.Place), lines(f.Message), lines(f.Below)}
	}
	return t
}

// title is the test as people are told of it.
func (t Result) title() string {
	if t.Name == "" {
		return t.File
	}
	return t.File + ": " + t.Name
}

// mostSaid is how many of the last lines of a failed test are shown.
const mostSaid = 20

// said are the last lines that scripts and host have said in a test.
func (t Result) said() []string {
	var list []string
	lines := t.Log
	if left := len(lines) - mostSaid; left > 0 {
		lines = lines[left:]
		list = append(list, fmt.Sprintf("... %d lines more", left))
	}
	for _, line := range lines {
		who := line.Script
		if who == "" {
			who = "host"
		}
		if line.Level == "warn" || line.Level == "error" {
			who += " " + line.Level
		}
		list = append(list, fmt.Sprintf("%s  %s: %s", line.Time.Format("15:04:05"), who, journal.Plain(line.Text())))
	}
	return list
}

func (f Failure) text() string {
	text := f.Message
	if f.Place != "" {
		text = f.Place + ": " + text
	}
	if f.Below != "" {
		text += "\n" + indented(f.Below, "  ")
	}
	return text
}

func indented(text, by string) string {
	return by + strings.ReplaceAll(text, "\n", "\n"+by)
}

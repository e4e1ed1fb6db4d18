package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// kept is a timeline in a file. Its first line says how it was made.
type kept struct {
	path string
	text string // all of it; "": there is no file
}

// keptHead begins the first line of a kept timeline.
const keptHead = "# hiklua rehearse"

func readKept(path string) (kept, error) {
	data, err := os.ReadFile(path)
	// Git on Windows, and editors there, write lines in their own way.
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return kept{path: path}, nil
	case err != nil:
		return kept{}, err
	case !strings.HasPrefix(text, keptHead+" "):
		return kept{}, &failure{fmt.Sprintf("%s is no timeline that rehearse has kept: its first line should begin with %q; name the file that has it, or a new one with --update", path, keptHead)}
	}
	return kept{path, text}, nil
}

// apply takes from the file what the command line does not say.
func (k kept) apply(c *cobra.Command, o *rehearseOptions) error {
	line, _, _ := strings.Cut(k.text, "\n")
	rest := strings.TrimPrefix(line, keptHead)
	for rest != "" {
		word, value, more, ok := nextFlag(rest)
		if !ok || c.Flags().Lookup(word) == nil {
			return &failure{fmt.Sprintf("%s: its first line is not what hiklua rehearse has written", k.path)}
		}
		rest = more
		if c.Flags().Changed(word) {
			continue
		}
		if word == "events" && !filepath.IsAbs(value) {
			value = filepath.Join(filepath.Dir(k.path), value)
		}
		if err := c.Flags().Set(word, value); err != nil {
			return &failure{fmt.Sprintf("%s: its first line is not what hiklua rehearse has written: %v", k.path, err)}
		}
	}
	return nil
}

// nextFlag takes one flag with its value off a line: --for 48h, --events "a b".
func nextFlag(line string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "--"), " ")
	if quoted, err := strconv.QuotedPrefix(rest); err == nil {
		value, err = strconv.Unquote(quoted)
		return name, value, rest[len(quoted):], ok && err == nil
	}
	value, rest, _ = strings.Cut(rest, " ")
	return name, value, rest, ok
}

// keptText is what is kept of a rehearsal: how it was made, and its timeline
// without the summary, which another version of hiklua may change.
func (a *app) keptText(s *site.Site, from time.Time, o rehearseOptions) (string, error) {
	result, err := a.runRehearsal(s, from, o)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s --from %s --for %s --seed %d --by %s", keptHead, from.Format(time.RFC3339), strings.ReplaceAll(clock.FormatDuration(o.span.d), " ", ""), o.seed, o.by.value)
	if o.full {
		b.WriteString(" --full true")
	}
	if o.events != "" && o.expect != "" {
		fmt.Fprintf(&b, " --events %q", relativeTo(filepath.Dir(o.expect), o.events))
	}
	b.WriteString("\n")
	how := o.text()
	how.Brief = true
	err = result.Timeline.Text(&b, how)
	return b.String(), err
}

// relativeTo is a file as it is named from a folder, so that both can be moved.
func relativeTo(dir, file string) string {
	full, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return file
	}
	if short, err := filepath.Rel(dir, full); err == nil {
		return filepath.ToSlash(short)
	}
	return file
}

// compareKept compares a rehearsal with the one that was kept, or keeps it.
func (a *app) compareKept(s *site.Site, from time.Time, o rehearseOptions) error {
	if !s.TimezoneGiven {
		return &failure{fmt.Sprintf("site.yaml has no timezone: a timeline that is kept would be another one on another machine; write \"timezone: %s\" into it", cmp.Or(strings.Replace(s.TimezoneName, "Local", "", 1), "Europe/Berlin"))}
	}
	before, err := readKept(o.expect)
	if err != nil {
		return err
	}
	if before.text == "" && !o.update {
		return &failure{fmt.Sprintf("%s is not there: %s rehearse --expect %s --update keeps the timeline", o.expect, a.name, shellWord(o.expect))}
	}
	now, err := a.keptText(s, from, o)
	switch {
	case err != nil:
		return err
	case now == before.text:
		fmt.Fprintf(a.stdout, "%s: as expected\n", o.expect)
		return nil
	case o.update:
		if err := os.WriteFile(o.expect, []byte(now), 0o666); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s: kept\n", o.expect)
		return nil
	}
	fmt.Fprintf(a.stdout, "%s is not what would happen; - was kept, + is now:\n", o.expect)
	fmt.Fprint(a.stdout, a.readableDiff(before.text, now))
	fmt.Fprintf(a.stdout, "\nif that is meant so: %s rehearse --expect %s --update\n", a.name, shellWord(o.expect))
	return errTold
}

// compareSites shows what would change with another version of a site.
func (a *app) compareSites(s *site.Site, from time.Time, o rehearseOptions) error {
	other, err := a.loadSite(o.other, true)
	if err != nil {
		return err
	}
	var texts [2]string
	for i, one := range []*site.Site{s, other} {
		if texts[i], err = a.keptText(one, from, o); err != nil {
			return err
		}
	}
	if texts[0] == texts[1] {
		fmt.Fprintf(a.stdout, "nothing would change from %s to %s\n", s.Dir, other.Dir)
		return nil
	}
	fmt.Fprintf(a.stdout, "- %s\n+ %s\n", s.Dir, other.Dir)
	fmt.Fprint(a.stdout, a.readableDiff(texts[0], texts[1]))
	return nil
}

// readableDiff shows where two timelines differ, each place under the name of
// its lane.
func (a *app) readableDiff(before, now string) string {
	var b strings.Builder
	lines := strings.Split(before, "\n")
	lane := ""
	head := func(name string) {
		if name != lane && name != "" {
			fmt.Fprintf(&b, "\n%s\n", name)
		}
		lane = name
	}
	marks := map[byte]string{'-': colourFail, '+': colourNew}
	for i, line := range strings.Split(string(diff.Diff("a", []byte(before), "b", []byte(now))), "\n") {
		switch {
		case i < 3 || len(line) < 2: // the head of the diff, and empty lines
		case line[0] == '@':
			head(laneAt(lines, line))
		case line[0] == ' ' && line[1] != ' ' && line[1] != '#':
			head(line[1:])
		case line[0] == ' ':
			b.WriteString(line + "\n")
		default:
			b.WriteString(a.tint(line, marks[line[0]]) + "\n")
		}
	}
	return b.String()
}

// colourNew is that of lines that are there now.
const colourNew = "32"

// laneAt is the name above the line that a part of a diff begins with: "@@ -12,7
// +12,8 @@".
func laneAt(lines []string, part string) string {
	_, rest, _ := strings.Cut(part, "-")
	number, _, _ := strings.Cut(rest, ",")
	at, _ := strconv.Atoi(number)
	for i := min(at, len(lines)) - 1; i >= 0; i-- {
		if lines[i] != "" && !strings.HasPrefix(lines[i], " ") && i > 0 && lines[i-1] == "" {
			return lines[i]
		}
	}
	return ""
}

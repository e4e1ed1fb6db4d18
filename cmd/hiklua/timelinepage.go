package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
	"github.com/hiklua/hiklua/runtime/timeline/page"
)

// noPlaceFor says that no page can be written to a file, before it is made at some
// length; nil: one can, or "" is no file.
func noPlaceFor(file string) error {
	switch file {
	case "":
		return nil
	case "-":
		return &failure{"--html -: the page is a file, such as week.html; what is printed is the timeline as text"}
	}
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return &failure{fmt.Sprintf("--html %s: there is no folder %s", file, dir)}
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return &failure{fmt.Sprintf("--html %s: that is a folder", file)}
	}
	return nil
}

// writePage writes the page of a timeline to a file.
func (a *app) writePage(file string, t *timeline.Timeline, o page.Options) error {
	if err := writeWhole(file, func(w io.Writer) error { return page.Write(w, t, o) }); err != nil {
		return &failure{fmt.Sprintf("--html: %v", err)}
	}
	fmt.Fprintf(a.stderr, "%s shows it: open it in a browser\n", file)
	return nil
}

// timelineOf writes, for the page of a host, the page of what is on record of its site.
func timelineOf(h hosted) func(context.Context, io.Writer, time.Time) (bool, error) {
	return func(ctx context.Context, w io.Writer, since time.Time) (bool, error) {
		s := h.Site()
		t, err := journalTimeline(ctx, s.Dir, journal.Filter{Since: since.Truncate(time.Second), Kinds: journal.Kinds()}, s, s.Timezone)
		if err != nil || t.Actions.Len() == 0 {
			return false, err
		}
		t.To = t.To.Truncate(time.Second).Add(time.Second) // what was last belongs to the picture
		return true, page.Write(w, &t, page.Options{By: timeline.ByDevice, Command: journalOptions{}.commandLine(s.Dir, t)})
	}
}

// writeWhole writes a file that is there whole or not at all. What is no plain
// file, such as a pipe, is written as it is.
func writeWhole(file string, write func(io.Writer) error) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return writeTo(f, write)
	}
	// Mode 0600: a timeline tells when cameras look elsewhere.
	beside, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	if err = writeTo(beside, write); err == nil {
		err = os.Rename(beside.Name(), file)
	}
	if err != nil {
		os.Remove(beside.Name())
	}
	return err
}

// writeTo writes and closes a file.
func writeTo(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriter(f)
	err := write(w)
	if err == nil {
		err = w.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// wholeLine is a command as people type it, for those who look at what it made.
func wholeLine(words []string) string {
	line := "hiklua"
	for _, word := range words {
		line += " " + shellWord(word)
	}
	return line
}

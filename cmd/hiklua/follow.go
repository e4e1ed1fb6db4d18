package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

// logFileName is the log file that hiklua log looks for when none is named.
const logFileName = "data/hiklua.log"

// logOptions are the flags of log.
type logOptions struct {
	api.LogRequest
	since, file string
	json        bool
}

func newLogCommand(a *app) *cobra.Command {
	var o logOptions
	c := &cobra.Command{
		Use:   "log [SITE] [--follow] [--script S] [--device D] [--since T] [--lines N] [--json]",
		Short: "The last log lines of a running host, and those to come",
		Long: `Shows the last log lines of the host that runs a site (default: the current
folder), and with --follow those to come, until Ctrl-C. --script and --device
take those about one of them, --since those from a time on, --log-level leaves
out what is below it. The host keeps its last 2000 lines. What is older, or was
logged before the host ended, is read from the log file, where hiklua run keeps
one (--log-file data/hiklua.log).`,
		Example: `  {hiklua} log --follow
  {hiklua} log --since 22:00 --script night
  {hiklua} log --device gate --log-level warn
  {hiklua} log /srv/site --lines 500 --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} status SITE shows how the host fares; {hiklua} journal SITE has what devices were sent.`),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Lines < 0 {
				return &misuse{fmt.Sprintf("--lines %d: it is 0 or more", o.Lines), a.name + " log --lines 100"}
			}
			if o.since != "" && !c.Flags().Changed("lines") {
				o.Lines = -1
			}
			o.Level = logLevels[a.logLevel.value]
			o.json = o.json || a.logFormat.value == "json"
			return a.log(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().BoolVarP(&o.Follow, "follow", "f", false, "go on with the lines to come")
	c.Flags().StringVar(&o.Script, "script", "", "about this `SCRIPT` only")
	c.Flags().StringVar(&o.Device, "device", "", "about this `DEVICE` only")
	c.Flags().StringVar(&o.since, "since", "", "from this `TIME` on: 2026-03-28, \"2026-03-28 01:30\", 01:30, or so long ago: 90s, 2h, 3d")
	c.Flags().IntVar(&o.Lines, "lines", 50, "the last `N` lines; with --since all, unless it is given")
	c.Flags().StringVar(&o.file, "log-file", logFileName, "the `FILE` that the host writes its log to (relative to the site)")
	c.Flags().BoolVar(&o.json, "json", false, "one JSON object a line, for programs")
	return c
}

// log shows what the host of the site in dir remembers, and what its log file has.
func (a *app) log(ctx context.Context, dir string, o logOptions) error {
	zone := time.Local
	if s, err := a.quiet().loadNames(dir); err == nil {
		zone = s.Timezone
		if o.Device != "" && !slices.Contains(s.DeviceNames(), o.Device) {
			fmt.Fprintf(a.stderr, "site.yaml has no device %q%s\n", o.Device, nearest.Hint(o.Device, s.DeviceNames()))
		}
		if names := append(scriptNames(dir), site.FileName); o.Script != "" && !slices.Contains(names, o.Script) { // one that is gone may have lines
			fmt.Fprintf(a.stderr, "there is no script %q%s\n", o.Script, nearest.Hint(o.Script, names))
		}
	}
	if o.since != "" {
		var err error
		if o.Since, err = a.parseWhen("--since", o.since, zone); err != nil {
			return &misuse{err.Error(), a.name + " log --since 2h"}
		}
	}
	show := a.entryWriter(zone, o.json)
	path := (&site.Site{Dir: dir}).Path(o.file)
	client, err := a.reachHost(ctx, dir)
	switch {
	case err == nil:
		defer client.Close()
		return a.showLog(ctx, client, o.LogRequest, show, func(f api.LogFilter, lines int) error {
			_, err := lastOfFile(path, zone, f, lines, show)
			return err
		})
	case o.Follow || !hasSite(dir):
		return err
	}
	found, fileErr := lastOfFile(path, zone, o.LogFilter, o.Lines, show)
	switch {
	case fileErr != nil:
		return fileErr
	case !found:
		return &failure{fmt.Sprintf("%v, and there is no log file %s (%s run --log-file %s writes one)", err, path, a.name, shellWord(o.file))}
	}
	fmt.Fprintf(a.stderr, "no host runs %s: this is what %s has\n", siteWord(dir), path)
	return nil
}

// lastOfFile shows the last of the wanted entries of a log file; lines < 0: all.
func lastOfFile(path string, zone *time.Location, f api.LogFilter, lines int, show func(*logEntry) error) (found bool, err error) {
	if lines < 0 {
		return readLogFile(path, zone, f, show)
	}
	var last []*logEntry
	found, err = readLogFile(path, zone, f, func(e *logEntry) error {
		if last = append(last, e); len(last) > lines {
			last = last[1:]
		}
		return nil
	})
	for _, e := range last {
		if err == nil {
			err = show(e)
		}
	}
	return found, err
}

// entryWriter gives what writes entries to stdout: with the day, where that is
// not today in zone, the machine's for nil.
func (a *app) entryWriter(zone *time.Location, asJSON bool) func(*logEntry) error {
	if zone == nil {
		zone = time.Local
	}
	form := a.formOf(a.stdout)
	short := newTextHandler(a.stdout, slog.LevelDebug, form)
	form.time = time.DateTime
	dated := newTextHandler(a.stdout, slog.LevelDebug, form)
	return func(e *logEntry) error {
		if asJSON {
			line, err := e.asJSON()
			if err == nil {
				_, err = fmt.Fprintf(a.stdout, "%s\n", line)
			}
			return err
		}
		if e.line == nil {
			_, err := io.WriteString(a.stdout, e.text)
			return err
		}
		record, err := recordOf(e.line)
		if err != nil {
			return err
		}
		if record.Time.Format(time.DateOnly) == a.clk.Now().In(zone).Format(time.DateOnly) {
			return short.Handle(context.Background(), record)
		}
		return dated.Handle(context.Background(), record)
	}
}

// showLog shows what the host sends, as it would have shown it itself. older, if
// there is one, shows what was asked for and the host does not remember.
func (a *app) showLog(ctx context.Context, client *api.Client, request api.LogRequest, show func(*logEntry) error, older func(f api.LogFilter, lines int) error) error {
	err := client.Log(ctx, request, func(line []byte) error {
		e, err := jsonEntry(line)
		if err != nil {
			return err
		}
		return show(e)
	}, func(note api.LogNote) error {
		switch {
		case note.Older != nil && older != nil:
			f := request.LogFilter
			f.Before = note.Older.Before
			return older(f, note.Older.Lines)
		case note.Missed > 0:
			_, err := fmt.Fprintf(a.stderr, "%d lines were left out: they came faster than they could be shown\n", note.Missed)
			return err
		}
		return nil
	})
	if err == nil && request.Follow && ctx.Err() == nil {
		fmt.Fprintln(a.stderr, "the host has stopped")
	}
	return fromHost(err)
}

// recordOf reads a line of slog's JSON back, its keys in their order.
func recordOf(line []byte) (slog.Record, error) {
	var r slog.Record
	dec := json.NewDecoder(bytes.NewReader(line))
	if _, err := dec.Token(); err != nil {
		return r, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return r, err
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return r, err
		}
		text, _ := value.(string)
		switch key {
		case slog.TimeKey:
			r.Time, err = time.Parse(time.RFC3339Nano, text)
		case slog.LevelKey:
			err = r.Level.UnmarshalText([]byte(text))
		case slog.MessageKey:
			r.Message = text
		default:
			r.AddAttrs(slog.Any(key.(string), value))
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

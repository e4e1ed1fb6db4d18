package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/control"
)

func newLogCommand(a *app) *cobra.Command {
	var asJSON bool
	request := logRequest{}
	c := &cobra.Command{
		Use:   "log [SITE] [--follow] [--lines N] [--json]",
		Short: "The last log lines of a running host, and those to come",
		Long: `Shows the last log lines of the host that runs a site (default: the current
folder), and with --follow those to come, until Ctrl-C. --log-level leaves out
what is below it. The host keeps its last 2000 lines.`,
		Example: `  {hiklua} log --follow
  {hiklua} log /srv/site --lines 500 --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} status SITE shows how the host fares; {hiklua} run --log-file FILE keeps a log on disk.`),
		RunE: func(c *cobra.Command, args []string) error {
			if request.Lines < 0 {
				return &misuse{fmt.Sprintf("--lines %d: it is 0 or more", request.Lines), a.name + " log --lines 100"}
			}
			client, err := a.reachHost(c.Context(), siteArg(args))
			if err != nil {
				return err
			}
			defer client.Close()
			if a.logFormat.value == "json" {
				asJSON = true
			}
			return a.showLog(c.Context(), client, request, asJSON)
		},
	}
	c.Flags().BoolVarP(&request.Follow, "follow", "f", false, "go on with the lines to come")
	c.Flags().IntVar(&request.Lines, "lines", 50, "the last `N` lines")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, for programs")
	return c
}

// showLog shows what the host sends, as it would have shown it itself.
func (a *app) showLog(ctx context.Context, client *control.Client, request logRequest, asJSON bool) error {
	level := logLevels[a.logLevel.value]
	text := newTextHandler(a.stdout, level, a.colour(a.stdout))
	err := client.Call(ctx, opLog, request, each(func(answer logAnswer) error {
		if answer.Missed > 0 {
			_, err := fmt.Fprintf(a.stderr, "%d lines were left out: they came faster than they could be shown\n", answer.Missed)
			return err
		}
		record, err := recordOf(answer.Line)
		switch {
		case err != nil:
			return err
		case record.Level < level:
			return nil
		case asJSON:
			_, err = fmt.Fprintf(a.stdout, "%s\n", answer.Line)
			return err
		}
		return text.Handle(ctx, record)
	}))
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

package main

import (
	"bytes"
	"io"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// hostLogger is the logger of a running host: what logger writes, and beside
// it a ring for those who follow the log, and a file where one is asked for. count
// is told of each line.
func (a *app) hostLogger(zone *time.Location, ring *control.Ring, file io.Writer, count func(slog.Level)) *slog.Logger {
	level, onScreen := logLevels[a.logLevel.value], a.formOf(a.stderr)
	handlers := []slog.Handler{
		a.logHandler(a.logOutput(a.stderr, zone, onScreen), level, onScreen),
		&middleware{plainJSON(ring, level), func(r slog.Record) (slog.Record, bool) { count(r.Level); return r, true }},
	}
	if file != nil {
		inFile := textForm{time: fileTime}
		handlers = append(handlers, a.logHandler(a.logOutput(file, zone, inFile), level, inFile))
	}
	return slog.New(byClock(slog.NewMultiHandler(handlers...), a.clk, zone))
}

// logOutput is w for a log. Lines that an outlet drops are told of as the log
// would.
func (a *app) logOutput(w io.Writer, zone *time.Location, form textForm) io.Writer {
	o, ok := w.(*outlet.Outlet)
	if !ok {
		return w
	}
	o.TellLost(func(lost int) []byte {
		var line bytes.Buffer
		h := a.logHandler(&line, slog.LevelWarn, form)
		slog.New(byClock(h, a.clk, zone)).Warn(outlet.LostText(lost))
		return line.Bytes()
	})
	return o.Log()
}

// formOf is the form of log lines for w: as wide as its terminal, if it is one.
func (a *app) formOf(w io.Writer) textForm {
	return textForm{colour: a.colour(w), width: func() int { return terminalWidth(w) }}
}

// logHandler writes to w as --log-format says.
func (a *app) logHandler(w io.Writer, level slog.Level, form textForm) slog.Handler {
	if a.logFormat.value == "json" {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	}
	return newTextHandler(w, level, form)
}

// plainJSON writes what a client shows as the host itself would: errors are taken
// apart before they become text, or their hints would be lost.
func plainJSON(w io.Writer, level slog.Level) slog.Handler {
	return &middleware{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: plainAttr}), withHints}
}

func withHints(r slog.Record) (slog.Record, bool) {
	line := slog.NewRecord(r.Time, r.Level, r.Message, 0)
	hint, given := "", false
	r.Attrs(func(a slog.Attr) bool {
		given = given || a.Key == hintKey
		if err, ok := a.Value.Any().(error); ok && a.Key == errorKey {
			report := runtime.Report(err)
			a, hint = slog.String(a.Key, report.Message), report.Hint
		}
		line.AddAttrs(a)
		return true
	})
	if hint != "" && !given {
		line.AddAttrs(slog.String(hintKey, hint))
	}
	return line, true
}

const hintKey = "hint"

// plainAttr writes durations as people do.
func plainAttr(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, clock.FormatDuration(a.Value.Duration()))
	}
	return a
}

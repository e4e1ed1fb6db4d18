package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
)

// logInFile writes lines as the host does into its log file.
func logInFile(t *testing.T, path string, zone *time.Location, asJSON bool, say func(*slog.Logger, *clock.Virtual)) {
	t.Helper()
	var b bytes.Buffer
	clk := clock.NewVirtual(begin)
	var h slog.Handler = newTextHandler(&b, slog.LevelDebug, textForm{time: fileTime})
	if asJSON {
		h = slog.NewJSONHandler(&b, nil)
	}
	say(slog.New(byClock(h, clk, zone)), clk)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}

// TestReadLogFile reads a log in text and JSON, in three files, by script,
// device, level and time; the message of a script does not pass for a line.
func TestReadLogFile(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	path := filepath.Join(t.TempDir(), "hiklua.log")
	logInFile(t, path+"-2026-03-01T00-00-00.000-size", zone, false, func(log *slog.Logger, _ *clock.Virtual) {
		log.Info("oldest", "script", "night tour")
	})
	logInFile(t, path+"-2026-03-02T00-00-00.000-size", zone, false, func(log *slog.Logger, clk *clock.Virtual) {
		log.Error("forged:\n2026-01-01 00:00:00.000 ERR nothing script=other", "script", "a", "hint", "look\nthere")
		clk.RunFor(time.Minute)
		log.Debug("like script=a", "device", "gate")
	})
	logInFile(t, path, zone, true, func(log *slog.Logger, clk *clock.Virtual) {
		clk.RunFor(2 * time.Minute)
		log.Warn("newer", "device", 5)
	})
	logInFile(t, path, zone, false, func(log *slog.Logger, clk *clock.Virtual) {
		clk.RunFor(3*time.Minute + 500*time.Millisecond)
		log.Info("newest", "device", "gate", "script", "a")
	})
	for _, test := range []struct {
		filter api.LogFilter
		want   []string
	}{
		{api.LogFilter{Level: slog.LevelDebug}, []string{"oldest", "forged:", "like", "newer", "newest"}},
		{api.LogFilter{}, []string{"oldest", "forged:", "newer", "newest"}},
		{api.LogFilter{Level: slog.LevelWarn}, []string{"forged:", "newer"}},
		{api.LogFilter{Script: "a"}, []string{"forged:", "newest"}},
		{api.LogFilter{Script: "night tour"}, []string{"oldest"}},
		{api.LogFilter{Script: "other"}, nil},
		{api.LogFilter{Device: "gate"}, []string{"newest"}},
		{api.LogFilter{Device: "5"}, []string{"newer"}},
		{api.LogFilter{Since: begin.Add(time.Minute)}, []string{"newer", "newest"}},
		{api.LogFilter{Since: begin.Add(3*time.Minute + 500*time.Millisecond)}, []string{"newest"}},
		{api.LogFilter{Before: begin.Add(time.Minute)}, []string{"oldest", "forged:"}},
	} {
		var got []string
		found, err := readLogFile(path, zone, test.filter, func(e *logEntry) error {
			line, err := e.asJSON()
			record, _ := recordOf(line)
			got = append(got, strings.Fields(record.Message)[0])
			return err
		})
		if err != nil || !found || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v: %v %v %q, want %q", test.filter, found, err, got, test.want)
		}
	}

	var b bytes.Buffer
	a := &app{stdout: &b, clk: clock.NewVirtual(begin), env: func(string) (string, bool) { return "", false }}
	if _, err := lastOfFile(path+"-2026-03-02T00-00-00.000-size", zone, api.LogFilter{}, 1, a.entryWriter(zone, false)); err != nil {
		t.Fatal(err)
	}
	want := begin.In(zone).Format(fileTime) + ` ERR forged:
                            2026-01-01 00:00:00.000 ERR nothing script=other script=a
                            look
                            there
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	if found, err := readLogFile(path+".none", zone, api.LogFilter{}, nil); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
}

// TestLogOfAnotherDay shows the day where it is not today, and wraps what stands
// below a line at the width of the terminal.
func TestLogOfAnotherDay(t *testing.T) {
	var b bytes.Buffer
	a := &app{stdout: &b, clk: clock.NewVirtual(begin), env: func(string) (string, bool) { return "", false }}
	show := a.entryWriter(nil, false)
	for _, at := range []time.Time{begin.Add(-24 * time.Hour), begin} {
		e, err := jsonEntry(fmt.Appendf(nil, `{"time":%q,"level":"INFO","msg":"hello"}`, at.Format(time.RFC3339Nano)))
		if err == nil {
			err = show(e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := begin.Add(-24*time.Hour).Format(time.DateTime) + " INF hello\n" + begin.Format(time.TimeOnly) + " INF hello\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}

	b.Reset()
	h := newTextHandler(&b, slog.LevelInfo, textForm{width: func() int { return 40 }})
	slog.New(byClock(h, clock.NewVirtual(begin), time.UTC)).Info("a line that is left as wide as it is", "hint", "what stands below it is wrapped")
	want = begin.Format(time.TimeOnly) + ` INF a line that is left as wide as it is
             what stands below it is
             wrapped
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

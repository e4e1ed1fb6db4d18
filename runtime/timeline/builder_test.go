package timeline

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// built is the text of a timeline of entries, with all that is in it.
func built(o Options, fill func(*Builder)) string {
	o.Timeline.From, o.Timeline.To, o.Timeline.Zone = at(2, 8, 0, 0), at(2, 9, 0, 0), berlin
	b := NewBuilder(o)
	fill(b)
	var text strings.Builder
	b.Timeline().Text(&text, TextOptions{Brief: true, Full: true})
	_, lines, _ := strings.Cut(text.String(), "\n")
	return lines
}

func TestBuilder(t *testing.T) {
	by := func(e journal.Entry) journal.Entry {
		if e.Device == "" && e.Kind != journal.RunBegun && e.Kind != journal.RunEnded {
			e.Device, e.Channel = "gate", 1
		}
		e.Script, e.Job, e.Task = "night", "tour", "night/tour#1"
		return e
	}
	second := time.Second
	for _, c := range []struct {
		name    string
		entries []journal.Entry
		want    string
	}{
		{"a motion lasts until its stop, and one more stop is the same", []journal.Entry{
			by(journal.Entry{Time: at(2, 8, 0, 0), What: "ptz_pan_tilt", Detail: "20 0 0", Head: true}),
			by(journal.Entry{Time: at(2, 8, 0, 3), What: "ptz_stop", Head: true, Duration: second}),
			by(journal.Entry{Time: at(2, 8, 0, 5), What: "ptz_stop", Head: true}),
		}, `
gate/yard
  Mon 02 Mar 08:00:00  turns right at 20 %, 4 s  [night/tour]
`},
		{"a preset ends a motion", []journal.Entry{
			by(journal.Entry{Time: at(2, 8, 0, 0), What: "ptz_zoom", Detail: "0 0 -50", Head: true}),
			by(journal.Entry{Time: at(2, 8, 0, 2), What: "preset", Detail: "3", Name: "door", Head: true}),
		}, `
gate/yard
  Mon 02 Mar 08:00:00  zooms out at 50 %, 2 s  [night/tour]
  Mon 02 Mar 08:00:02  goes to preset 3 "door"  [night/tour]
`},
		{"a motion that goes on", []journal.Entry{
			by(journal.Entry{Time: at(2, 8, 59, 0), What: "ptz_move", Detail: "0 10 0", Head: true}),
		}, `
gate/yard
  Mon 02 Mar 08:59:00  tilts up at 10 %, still at the end  [night/tour]
`},
		{"what only asks is no action", []journal.Entry{
			by(journal.Entry{Time: at(2, 8, 0, 0), What: "ptz_status"}),
			by(journal.Entry{Time: at(2, 8, 0, 0), What: "presets"}),
			by(journal.Entry{Time: at(2, 8, 0, 0), What: "request", Detail: "GET /ISAPI/System/time"}),
			{Time: at(2, 8, 0, 0), Device: "gate", What: "status", Err: errors.New("no answer")},
		}, ""},
		{"a picture is archived by its task", []journal.Entry{
			by(journal.Entry{Time: at(2, 8, 0, 0), What: "snapshot", Duration: second}),
			by(journal.Entry{Time: at(2, 8, 0, 5), What: "snapshot", Duration: second}),
			by(journal.Entry{Kind: journal.Picture, Time: at(2, 8, 0, 0).Add(second / 2), Detail: "data/archive/a.jpg", Name: "alarm"}),
		}, `
gate/yard
  Mon 02 Mar 08:00:00  archives a picture, label alarm, data/archive/a.jpg  [night/tour]
  Mon 02 Mar 08:00:05  takes a picture  [night/tour]
`},
		{"a run from its begin to its end, and one with an end only", []journal.Entry{
			by(journal.Entry{Kind: journal.RunBegun, Time: at(2, 8, 0, 0)}),
			by(journal.Entry{Kind: journal.RunEnded, Time: at(2, 8, 0, 7), Duration: 7 * second}),
			by(journal.Entry{Kind: journal.RunEnded, Time: at(2, 8, 1, 2), Duration: 2 * second, Err: journal.NewAnswer("not_found", "scripts/night.lua:12: no such preset")}),
			by(journal.Entry{Kind: journal.RunEnded, Time: at(2, 8, 2, 2), Duration: 2 * second, Err: journal.NewAnswer("cancelled", "the host stops")}),
		}, `
night/tour
  Mon 02 Mar 08:00:00  runs for 7 s
  Mon 02 Mar 08:01:00  fails after 2 s: not_found: no such preset (scripts/night.lua:12)
  Mon 02 Mar 08:02:00  is ended: the host stops, after 2 s
`},
		{"an alarm from start to stop, and what becomes of a device", []journal.Entry{
			{Kind: journal.Event, Time: at(2, 8, 0, 0), Device: "gate", What: "online"},
			{Kind: journal.Event, Time: at(2, 8, 0, 1), Device: "gate", Channel: 1, What: "motion", Detail: "start", Name: "human"},
			{Kind: journal.Event, Time: at(2, 8, 0, 9), Device: "gate", Channel: 1, What: "motion", Detail: "stop", Name: "human"},
			{Kind: journal.Event, Time: at(2, 8, 5, 0), Device: "gate", What: "offline"},
			{Kind: journal.Event, Time: at(2, 8, 6, 0), Device: "gate", What: "online"},
			{Kind: journal.Event, Time: at(2, 8, 7, 0), What: "closing", Script: "night"},
		}, `
gate
  Mon 02 Mar 08:05:00  is offline
  Mon 02 Mar 08:06:00  is online

gate/yard
  Mon 02 Mar 08:00:01  motion (human), 8 s
`},
	} {
		got := built(Options{Channel: func(_ string, channel int) string { return map[int]string{1: "yard"}[channel] }}, func(b *Builder) {
			for _, e := range c.entries {
				b.Entry(e)
			}
		})
		if got != c.want {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}

// Lines of the log: those of scripts, and what no entry tells.
func TestBuilderLog(t *testing.T) {
	got := built(Options{}, func(b *Builder) {
		now := at(2, 8, 0, 0)
		b.Log(Record{Time: now, Level: slog.LevelInfo, Message: "script loaded", Script: "night"})
		b.Log(Record{Time: now, Level: slog.LevelInfo, Message: "a word", Script: "night", Own: true})
		b.Log(Record{Time: now, Level: slog.LevelWarn, Message: "a warning", Script: "night", Own: true})
		b.Log(Record{Time: now, Level: slog.LevelError, Message: "of a run, which has an entry", Script: "night", Task: "night/tour#1"})
		b.Log(Record{Time: now, Level: slog.LevelWarn, Message: "device offline", Device: "gate"})
		b.Log(Record{Time: now, Level: slog.LevelWarn, Message: "the head was stopped", Device: "gate", Channel: 1})
		b.Print(now, "night", "two\nlines at table: 0xc000123")
	})
	const want = `
gate/1
  Mon 02 Mar 08:00:00  the head was stopped

night
  Mon 02 Mar 08:00:00  says: a word
  Mon 02 Mar 08:00:00  a warning
  Mon 02 Mar 08:00:00  says: two lines at table: 0x...
`
	if got != want {
		t.Error(got)
	}
}

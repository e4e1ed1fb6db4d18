package page

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/timeline"
)

// shown is an action as the page has it.
type shown struct {
	Lane          string
	Kind          timeline.Kind
	Start, Length int64
	Open, Failed  bool
	Label         label
	Path          string
	Script, Job   string
	Task          string
}

func (s shown) String() string {
	return fmt.Sprintf("%-14s %9d %8d %-8s %s [%s/%s %s] open=%t failed=%t %s %+v", s.Lane, s.Start, s.Length, s.Kind, s.Label.Text, s.Script, s.Job, s.Task, s.Open, s.Failed, s.Path, s.Label)
}

func write(t testing.TB, tl *timeline.Timeline, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, tl, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// between is what stands between two texts of a page.
func between(t testing.TB, page, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, before)
	part, _, ends := strings.Cut(rest, after)
	if !ok || !ends {
		t.Fatalf("the page has no %s", before)
	}
	return part
}

// decoded reads the data of a page, as data.js does.
func decoded(t testing.TB, page string) (head, []shown) {
	t.Helper()
	text := between(t, page, `<script id="data" type="application/octet-stream">`, `</script>`)
	raw, err := io.ReadAll(flate.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text))))
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(raw)
	next := func() uint64 {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var h head
	text2 := make([]byte, next())
	if _, err := io.ReadFull(r, text2); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text2, &h); err != nil {
		t.Fatal(err)
	}
	var paths []string
	if err := json.Unmarshal(h.Paths, &paths); err != nil {
		t.Fatal(err)
	}
	var all []shown
	for _, lane := range h.Lanes {
		for _, track := range lane.Tracks {
			at := track.First
			for range track.Count {
				at += int64(next())
				all = append(all, shown{Lane: lane.Name, Kind: h.Kinds[track.Kind], Failed: track.Failed, Start: at})
			}
		}
	}
	for i := range all {
		n := next()
		all[i].Length, all[i].Open = int64(n>>2), n&1 == 1
		if n&2 != 0 {
			all[i].Path, paths = paths[0], paths[1:]
		}
	}
	for i := range all {
		all[i].Label = h.Labels[next()]
	}
	givers := make([]uint64, len(all))
	for i := range all {
		givers[i] = next()
	}
	last := make(map[uint64]int64)
	for i, g := range givers {
		n, err := binary.ReadVarint(r)
		if err != nil {
			t.Fatal(err)
		}
		last[g] += n
		by := h.Givers[g]
		all[i].Script, all[i].Job, all[i].Task = by.Script, by.Job, by.Task
		if last[g] > 0 {
			all[i].Task += fmt.Sprint(last[g] - 1)
		}
	}
	if r.Len() > 0 {
		t.Errorf("%d bytes are left", r.Len())
	}
	return h, all
}

// expected is what a page should have of a timeline, without the stretches between its actions.
func expected(tl *timeline.Timeline, by timeline.By) []shown {
	var all []shown
	for a := range tl.Actions.All() {
		s := shown{
			Lane: a.Lane(by), Kind: a.Kind, Start: a.Time.Sub(tl.From).Milliseconds(), Length: a.Duration.Milliseconds(),
			Open: a.Open, Failed: a.Failed != "" || a.Kind == timeline.Error,
			Label: label{Text: a.Text, Failed: a.Failed, Message: a.Message, Line: a.Line}, Path: a.Path,
			Script: a.Script, Job: a.Job, Task: a.Task,
		}
		if a.Place != s.Lane {
			s.Label.Place = a.Place
		}
		all = append(all, s)
	}
	return all
}

func sortShown(all []shown) []string {
	lines := make([]string, len(all))
	for i, s := range all {
		lines[i] = s.String()
	}
	slices.Sort(lines)
	return lines
}

func TestWhatIsWrittenIsWhatWasThere(t *testing.T) {
	week := patrols(t, 5, 3000, 1)
	odd := *week
	at := func(d time.Duration) time.Time { return week.From.Add(d) }
	odd.Actions = timeline.NewActions(week.Zone, []timeline.Action{
		{Time: at(-time.Minute), Duration: 2 * time.Minute, Kind: timeline.Event, Place: "gate", Device: "gate", Text: "motion"}, // began before
		{Time: at(1), Kind: timeline.Run, Script: "a", Job: "j", Task: "a/j#18446744073709551615", Text: "runs"},
		{Time: at(2 * time.Millisecond), Kind: timeline.Run, Script: "a", Job: "j", Task: "a/j#007", Text: "runs"},
		{Time: at(3 * time.Millisecond), Kind: timeline.Run, Script: "a", Job: "j", Task: "a/j#", Text: "runs"},
		{Time: at(4 * time.Millisecond), Kind: timeline.Run, Script: "a", Job: "j", Task: "a/j#0", Text: "runs"},
		{Time: at(5 * time.Millisecond), Kind: timeline.Run, Script: "a", Job: "j", Task: "a/j#9007199254740990", Text: "runs"},
		{Time: at(5 * time.Millisecond), Kind: timeline.Run, Script: "a", Job: "j", Task: "a/j#2", Text: "runs"},
		{Time: at(6 * time.Millisecond), Duration: 400 * 24 * time.Hour, Open: true, Kind: "a kind of later", Script: "a", Text: "long"},
		{Time: at(7 * time.Millisecond), Kind: timeline.Error, Text: "of the host"},
	}...)
	for name, tl := range map[string]*timeline.Timeline{"week": week, "odd": &odd, "empty": {From: week.From, To: week.To, Zone: week.Zone}} {
		for _, by := range []timeline.By{timeline.ByDevice, timeline.ByScript} {
			_, all := decoded(t, write(t, tl, Options{By: by}))
			all = slices.DeleteFunc(all, func(s shown) bool { return s.Kind == dwell || s.Kind == away })
			got, want := sortShown(all), sortShown(expected(tl, by))
			if !slices.Equal(got, want) {
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("%s by %s:\n%s\nwant\n%s", name, by, got[i], want[i])
					}
				}
				t.Fatalf("%s by %s: %d actions, want %d", name, by, len(got), len(want))
			}
		}
	}
}

// In each track actions come by time: the script looks for them by halves.
func TestTracksAreByTime(t *testing.T) {
	tl := patrols(t, 20, 8000, 3)
	change(tl, func(_ int, a *timeline.Action) { a.Script, a.Job = "all", "" }) // one lane for all heads
	_, all := decoded(t, write(t, tl, Options{By: timeline.ByScript}))
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if a.Lane == b.Lane && a.Kind == b.Kind && a.Failed == b.Failed && a.Start > b.Start {
			t.Fatal(a, "is before", b)
		}
	}
}

// A device is away until it is online.
func TestWhereDevicesAreAway(t *testing.T) {
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	tl := &timeline.Timeline{From: from, To: from.Add(time.Hour), Zone: time.UTC, Actions: timeline.NewActions(time.UTC)}
	for _, s := range []struct {
		minute       int
		device, text string
	}{{0, "", "the host begins"}, {1, "gate", "is online"}, {5, "gate", "is offline"}, {6, "nvr", "is locked"}, {9, "gate", "is unauthorized"}, {12, "gate", "is online"}} {
		tl.Actions.Add(timeline.Action{
			Time: from.Add(time.Duration(s.minute) * time.Minute), Kind: timeline.State, Device: s.device, Place: s.device, Text: s.text,
		})
	}
	_, all := decoded(t, write(t, tl, Options{}))
	var got []string
	for _, s := range all {
		if s.Kind == away {
			got = append(got, fmt.Sprintf("%s %d-%d %s open=%t", s.Lane, s.Start/60000, (s.Start+s.Length)/60000, s.Label.Text, s.Open))
		}
	}
	want := []string{"gate 5-9 is offline open=false", "gate 9-12 is unauthorized open=false", "nvr 6-60 is locked open=true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A head stands at a preset until something moves it.
func TestWhereHeadsStand(t *testing.T) {
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	tl := &timeline.Timeline{From: from, To: from.Add(time.Hour), Zone: time.UTC, Actions: timeline.NewActions(time.UTC)}
	add := func(minute int, kind timeline.Kind, channel int, text, failed string, head bool) {
		tl.Actions.Add(timeline.Action{
			Time: from.Add(time.Duration(minute) * time.Minute), Kind: kind, Device: "gate", Channel: channel, Place: fmt.Sprint("gate/", channel),
			Text: text, Failed: failed, Head: head,
		})
	}
	add(1, timeline.Preset, 1, `goes to preset 1 "home"`, "", true)
	add(2, timeline.Preset, 2, "goes to preset 2", "", true)
	add(3, timeline.Snapshot, 1, "takes a picture", "", false)
	add(10, timeline.Move, 1, "turns right at 40 %", "", true)
	add(20, timeline.Preset, 1, "goes to preset 3", "offline", true)
	add(30, timeline.Preset, 1, "goes to preset 3", "", true)
	add(40, timeline.Command, 1, "goes to its home position", "", true)
	_, all := decoded(t, write(t, tl, Options{}))
	var got []string
	for _, s := range all {
		if s.Kind == dwell {
			got = append(got, fmt.Sprintf("%s %d-%d %s open=%t", s.Lane, s.Start/60000, (s.Start+s.Length)/60000, s.Label.Text, s.Open))
		}
	}
	want := []string{`gate/1 1-10 at preset 1 "home" open=false`, `gate/1 30-40 at preset 3 open=false`, `gate/2 2-60 at preset 2 open=true`}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

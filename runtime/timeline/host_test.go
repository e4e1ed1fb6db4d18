package timeline

import (
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// told is what an operator reads of entries of a journal.
func told(t *testing.T, entries ...journal.Entry) string {
	t.Helper()
	begin := time.Date(2026, 3, 4, 22, 0, 0, 0, time.UTC)
	b := NewBuilder(Options{Timeline: Timeline{Site: "shop", From: begin, To: begin.Add(12 * time.Hour), Zone: time.UTC, Real: true}})
	for i, e := range entries {
		e.Time = begin.Add(time.Duration(i) * time.Hour)
		b.Entry(e)
	}
	var out strings.Builder
	if err := b.Timeline().Text(&out, TextOptions{By: ByTime}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// After a crash nothing goes on of what was going on before.
func TestAHostThatEndedWithoutAWord(t *testing.T) {
	text := told(t,
		journal.Entry{Kind: journal.Host, What: "start"},
		journal.Entry{Kind: journal.RunBegun, Script: "night", Job: "tour", Task: "night/tour#1"},
		journal.Entry{Kind: journal.Event, Device: "gate", Channel: 1, What: "motion", Detail: "start"},
		journal.Entry{Device: "gate", Channel: 1, What: "ptz_move", Detail: "20 0 0", Head: true, Script: "night", Job: "tour", Task: "night/tour#1"},
		journal.Entry{Kind: journal.Host, What: "start"},
		journal.Entry{Kind: journal.Host, What: "stop"},
		journal.Entry{Kind: journal.Host, What: "start"},
	)
	want := `
  Wed 04 Mar 22:00:00  the host begins
  Wed 04 Mar 23:00:00  night/tour begins, and is cut off with its host
  Thu 05 Mar 00:00:00  gate/1 motion
  Thu 05 Mar 01:00:00  gate/1 turns right at 20 %  [night/tour]
  Thu 05 Mar 02:00:00  the host begins; the one before was last heard of at Thu 05 Mar 01:00:00, and did not end in an orderly way
  Thu 05 Mar 03:00:00  the host ends
  Thu 05 Mar 04:00:00  the host begins
`
	if !strings.Contains(text, want) {
		t.Errorf("%s\nwant%s", text, want)
	}
}

// In a cluster a host takes shares and gives them up while others go on; what a crash
// has cut off shows when it has the same share again.
func TestAHostOfShares(t *testing.T) {
	text := told(t,
		journal.Entry{Kind: journal.Host, Name: "east", What: "start"},
		journal.Entry{Kind: journal.RunBegun, Script: "night", Job: "tour", Task: "night/tour#1"},
		journal.Entry{Kind: journal.Host, Name: "west", What: "start"},
		journal.Entry{Kind: journal.Host, Name: "west", What: "stop"},
		journal.Entry{Kind: journal.Host, Name: "west", What: "start"},
		journal.Entry{Kind: journal.RunEnded, Script: "night", Job: "tour", Task: "night/tour#1"},
		journal.Entry{Kind: journal.Host, Name: "west", What: "start"},
		journal.Entry{Kind: journal.Host, Name: "east", What: "start"},
	)
	want := `
  Wed 04 Mar 22:00:00  this host begins to drive the share east
  Wed 04 Mar 23:00:00  night/tour runs
  Thu 05 Mar 00:00:00  this host begins to drive the share west
  Thu 05 Mar 01:00:00  this host drives the share west no more
  Thu 05 Mar 02:00:00  this host begins to drive the share west
  Thu 05 Mar 04:00:00  this host begins to drive the share west; the one before was last heard of at Thu 05 Mar 03:00:00, and did not end in an orderly way
  Thu 05 Mar 05:00:00  this host begins to drive the share east
`
	if !strings.Contains(text, want) {
		t.Errorf("%s\nwant%s", text, want)
	}
}

func TestRunsThatWereEnded(t *testing.T) {
	ended := &journal.Answer{Kind: "cancelled", Message: "the script was reloaded"}
	text := told(t,
		journal.Entry{Kind: journal.RunBegun, Script: "night", Job: "tour", Task: "night/tour#1"},
		journal.Entry{Kind: journal.RunEnded, Script: "night", Job: "tour", Task: "night/tour#1", Duration: time.Hour, Err: ended},
		journal.Entry{Kind: journal.RunEnded, Script: "night", Job: "short", Task: "night/short#1", Duration: 3 * time.Second, Err: ended},
		journal.Entry{Kind: journal.RunEnded, Script: "night", Job: "bad", Task: "night/bad#1", Duration: 3 * time.Second,
			Err: &journal.Answer{Kind: "error", Message: "scripts/night.lua:7: \x1b[31mboom"}},
		journal.Entry{Kind: journal.RunSkipped, Script: "night", Job: "tour"},
	)
	for _, want := range []string{
		"Wed 04 Mar 22:00:00  night/tour is ended: the script was reloaded, after 1 h\n", "night/short is ended: the script was reloaded, after 3 s\n",
		"night/bad fails after 3 s: error: [31mboom (scripts/night.lua:7)\n", "night/tour is left out: the run before still goes on\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

func TestOneOfAThingIsOne(t *testing.T) {
	begin := time.Date(2026, 3, 4, 22, 0, 0, 0, time.UTC)
	one := Timeline{From: begin, To: begin.Add(time.Hour), Zone: time.UTC, Traffic: []Traffic{{Device: "gate", Commands: 1, Pictures: 1}}}
	var out strings.Builder
	if err := one.Text(&out, TextOptions{}); err != nil || !strings.Contains(out.String(), "  gate  1 command, at most 0 in a minute") || !strings.Contains(out.String(), "; 1 picture\n") {
		t.Error(err, out.String())
	}
}

// What hik.http asks is on no record: it is no difference that it is only rehearsed.
func TestRequestsAreNotCompared(t *testing.T) {
	begin := time.Date(2026, 3, 4, 22, 0, 0, 0, time.UTC)
	happened := Timeline{From: begin, To: begin.Add(time.Hour), Zone: time.UTC}
	rehearsed := happened
	rehearsed.Actions = NewActions(time.UTC, Action{Time: begin.Add(time.Minute), Kind: Request, Script: "night", Job: "tour", Text: "asks example.org by POST"})
	var out strings.Builder
	if n, err := Compare(&out, happened, rehearsed); n != 0 || err != nil {
		t.Error(n, err, out.String())
	}
}

// A camera that is away says so in other words than its simulation.
func TestFailuresAreComparedByKind(t *testing.T) {
	begin := time.Date(2026, 3, 4, 22, 0, 0, 0, time.UTC)
	failed := func(kind, message string) Timeline {
		return Timeline{From: begin, To: begin.Add(time.Hour), Zone: time.UTC, Actions: NewActions(time.UTC, Action{
			Time: begin.Add(time.Minute), Kind: Preset, Place: "gate/yard", Script: "night", Job: "tour", Text: "goes to preset 2", Failed: kind, Message: message,
		})}
	}
	for _, c := range []struct {
		happened, rehearsed Timeline
		want                int
	}{
		{failed("offline", "connection refused (check port and scheme)"), failed("offline", "connection refused"), 0},
		{failed("offline", "connection refused"), failed("busy", "connection refused"), 2},
		{failed("error", "a script's"), failed("error", "another"), 2},
	} {
		var out strings.Builder
		if n, err := Compare(&out, c.happened, c.rehearsed); n != c.want || err != nil {
			t.Errorf("%d differences, want %d: %v\n%s", n, c.want, err, out.String())
		}
	}
}

package gaps

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
)

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is a site whose camera takes a picture five seconds after each is due, as
// long as it is online and a host runs.
type desk struct {
	*testing.T
	clk   *clock.Virtual
	data  string
	log   bytes.Buffer
	all   []Series
	state string
	since time.Time
	index map[string][]time.Time
	away  error // the index cannot be asked
	told  []string
	// elsewhere is until when another host held the share.
	elsewhere time.Time

	tracker *Tracker
	takes   clock.Timer
}

func newDesk(t *testing.T, start string, series ...Series) *desk {
	at, err := time.ParseInLocation("2006-01-02 15:04", start, berlin)
	must(t, err)
	return &desk{T: t, clk: clock.NewVirtual(at), data: t.TempDir(), all: series, state: "online", since: at, index: make(map[string][]time.Time)}
}

func cron(t *testing.T, spec string) schedule.Schedule {
	c, err := schedule.ParseCron(spec, berlin)
	must(t, err)
	return c
}

func (d *desk) start() {
	d.tracker = New(Config{
		Clock: d.clk, Log: slog.New(slog.NewTextHandler(&d.log, nil)), Data: d.data, Elsewhere: d.elsewhere,
		State: func(string) (string, time.Time) { return d.state, d.since },
		Tell: func(g Gap, begins bool) {
			word := "ends"
			if begins {
				word = "begins"
			}
			d.told = append(d.told, fmt.Sprintf("%s %s %s", d.clk.Now().In(berlin).Format("15:04"), channelText(g.Device, g.Channel, g.Name), word))
		},
		Taken: func(_ context.Context, device string, channel int, label string, from time.Time, fn func(time.Time)) error {
			for _, at := range d.index[fmt.Sprint(device, channel, label)] {
				if !at.Before(from) {
					fn(at)
				}
			}
			return d.away
		},
	})
	d.tracker.Follow(d.all)
	d.tracker.Start()
	d.next()
}

// next sets a timer for the next picture.
func (d *desk) next() {
	var first time.Time
	for _, s := range d.all {
		if at := s.Due.Next(d.clk.Now()); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	d.takes = d.clk.At(first.Add(5*time.Second), func() {
		now := d.clk.Now()
		for _, s := range d.all {
			if d.state == "online" && s.Due.Next(now.Add(-6*time.Second)).Equal(now.Add(-5*time.Second)) {
				d.take(s, now)
			}
		}
		d.next()
	})
}

func (d *desk) take(s Series, at time.Time) {
	key := fmt.Sprint(s.Device, s.Channel, s.Label)
	d.index[key] = append(d.index[key], at)
	d.tracker.Added(s.Device, s.Channel, s.Label, at)
}

// stop ends the host; killed, it puts nothing on record.
func (d *desk) stop(killed bool) {
	before := map[string][]byte{}
	if killed {
		for _, name := range []string{"state.json", "ended.jsonl"} {
			before[name], _ = os.ReadFile(filepath.Join(d.data, FolderName, name))
		}
	}
	d.takes.Stop()
	d.clk.Do(func() { d.tracker.Close(context.Background()) })
	for name, data := range before {
		if data != nil {
			must(d, os.WriteFile(filepath.Join(d.data, FolderName, name), data, 0o600))
		}
	}
}

func (d *desk) until(clockText string) {
	d.Helper()
	now := d.clk.Now().In(berlin)
	at, err := time.ParseInLocation("2006-01-02 15:04", now.Format("2006-01-02 ")+clockText, berlin)
	must(d, err)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	d.clk.Run(at)
}

func (d *desk) set(state string) { d.state, d.since = state, d.clk.Now() }

// want compares the report with lines.
func (d *desk) want(q Query, lines ...string) {
	d.Helper()
	var plans []Plan
	for _, s := range d.all {
		plans = append(plans, Plan{s.Label, s.Due})
	}
	r, err := Read(d.data, q, plans, d.clk.Now())
	must(d, err)
	var got []string
	for _, l := range r.Lines {
		got = append(got, l.Text(berlin))
	}
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		d.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

func (d *desk) wantTold(want ...string) {
	d.Helper()
	if strings.Join(d.told, "\n") != strings.Join(want, "\n") {
		d.Errorf("told\n  %s\nwant\n  %s", strings.Join(d.told, "\n  "), strings.Join(want, "\n  "))
	}
	d.told = nil
}

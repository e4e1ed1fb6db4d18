package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// eventsOptions are the flags of events.
type eventsOptions struct {
	device, since string
	follow, json  bool
}

func newEventsCommand(a *app) *cobra.Command {
	var o eventsOptions
	c := &cobra.Command{
		Use:   "events [SITE] [--since T] [--device D] [--follow] [--json]",
		Short: "What devices noticed, and for how long",
		Long: `Lists what the devices of a site (default: the current folder) noticed, and what
became of the devices, from what its host has put on record in data/journal,
while the host runs and when none does. Without --since it is the last day that
is on record. --follow begins with the last ten and goes on with what comes, over
restarts of the host, until Ctrl-C.

A host gets the events of a device while a script listens to one of them, by
dev:on, ch:on, hik.on or dev:wait. That a device is offline or locked is noticed
in any case.`,
		Example: `  {hiklua} events --since 22:00
  {hiklua} events --device gate --since 7d
  {hiklua} events --follow --json`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} journal SITE tells what scripts did about it; {hiklua} doctor SITE why events stay away.`),
		RunE: func(c *cobra.Command, args []string) error {
			return a.showEvents(c.Context(), siteArg(args), o)
		},
	}
	c.Flags().StringVar(&o.device, "device", "", "of this `DEVICE` only")
	c.Flags().StringVar(&o.since, "since", "", "from this `TIME` on: 2026-03-28, \"2026-03-28 01:30\", 01:30, or so long ago: 90s, 2h, 3d")
	c.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on with what comes")
	c.Flags().BoolVar(&o.json, "json", false, "a line of JSON for each start and each stop, for programs")
	return c
}

// eventsFirst is how many events --follow begins with.
const eventsFirst = 10

func (a *app) showEvents(ctx context.Context, dir string, o eventsOptions) error {
	s, zone, err := a.siteOfRecord(dir)
	if err != nil {
		return err
	}
	f := journal.Filter{Device: o.device, Kinds: []journal.Kind{journal.Event}}
	if o.since != "" {
		if f.Since, err = a.parseWhen("--since", o.since, zone); err != nil {
			return &misuse{err.Error(), a.name + " events --since 2h"}
		}
	}
	show := &eventList{app: a, site: s, zone: zone, json: o.json, follow: o.follow}
	if o.follow {
		if o.since == "" {
			f.Limit = eventsFirst
		}
		return journal.Follow(ctx, a.clk, journalFolder(dir), f, show.take)
	}
	if o.since == "" {
		last, err := lastOnRecord(dir)
		if err != nil {
			return err
		}
		f.Since = last.Add(-journalDay)
	}
	for e, err := range journal.Read(journalFolder(dir), f) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errTold
		}
		if err := show.take(e); err != nil {
			return err
		}
	}
	if show.taken == 0 && !o.json {
		fmt.Fprintln(a.stderr, a.noEvents(s, dir, o))
	}
	return show.end()
}

// lastOnRecord is the time of the newest entry of a journal, the end of its
// second; zero: there is none.
func lastOnRecord(dir string) (at time.Time, err error) {
	for e, err := range journal.Read(journalFolder(dir), journal.Filter{Kinds: journal.Kinds(), Limit: 1}) {
		if err != nil {
			return at, err
		}
		at = e.Time.Add(e.Duration).Truncate(time.Second).Add(time.Second)
	}
	return at, nil
}

// noEvents says why nothing was shown.
func (a *app) noEvents(s *site.Site, dir string, o eventsOptions) string {
	if o.device != "" && s != nil {
		if _, known := s.Device(o.device); !known {
			return fmt.Sprintf("nothing about %q is on record, and site.yaml has no such device; it has %s", o.device, strings.Join(s.DeviceNames(), ", "))
		}
	}
	if last, err := lastOnRecord(dir); err == nil && last.IsZero() {
		return a.noRecord(dir)
	}
	return "no event is on record; a host gets those of a device while a script listens to one, such as dev:on(\"motion\", fn)"
}

// eventList shows events: as they come, or, without follow, with how long they
// went on.
type eventList struct {
	*app
	site         *site.Site // nil: it has mistakes
	zone         *time.Location
	json, follow bool

	taken int
	rows  []eventRow
	open  map[eventRow]int // the rows that have not ended: index + 1, by what they are about
	began map[eventRow]time.Time
}

// eventRow is what one line says. Its first three fields are what it is about.
type eventRow struct {
	place, what, more string

	at     string
	lasted string
}

func (l *eventList) take(e journal.Entry) error {
	if e.Device == "" || e.What == "online" {
		return nil // of scripts, or what the end of "offline" says
	}
	l.taken++
	if l.json {
		e.Time = e.Time.In(l.zone)
		return l.writeEntry(e)
	}
	about := eventRow{place: l.placeOf(e), what: journal.Plain(e.What), more: journal.Plain(e.Name)}
	row := about
	row.at = e.Time.In(l.zone).Format(time.DateTime)
	if e.Count > 0 {
		row.more = strings.TrimPrefix(fmt.Sprintf("%s, %d more like it within a minute", row.more, e.Count), ", ")
	}
	if l.open == nil {
		l.open, l.began = make(map[eventRow]int), make(map[eventRow]time.Time)
	}
	if isMomentary(e.What) {
		if e.What == luaapi.HeldEvent {
			l.regained(row)
		}
		return l.show(row, e)
	}
	began, was := l.began[about]
	switch {
	case e.Detail == "stop":
		delete(l.began, about)
		if was {
			row.lasted = lengthText(e.Time.Sub(began))
		}
	case e.Count == 0:
		l.began[about] = e.Time
	}
	if l.follow {
		return l.show(row, e)
	}
	if e.Detail == "stop" {
		if i := l.open[about]; i > 0 {
			l.rows[i-1].lasted = row.lasted
			delete(l.open, about)
			return nil
		}
		row.lasted = "until then"
	} else if e.Count == 0 {
		row.lasted = "goes on"
		if i := l.open[about]; i > 0 { // its end is not on record: the host had ended
			l.rows[i-1].lasted = ""
		}
		l.open[about] = len(l.rows) + 1
	}
	l.rows = append(l.rows, row)
	return nil
}

// show shows what came, or adds it to the rows.
func (l *eventList) show(row eventRow, e journal.Entry) error {
	if !l.follow {
		l.rows = append(l.rows, row)
		return nil
	}
	state := e.Detail
	switch {
	case isMomentary(e.What):
		state = ""
	case row.lasted != "":
		state += ", " + row.lasted
	}
	_, err := fmt.Fprintf(l.stdout, "%s\n", strings.TrimRight(fmt.Sprintf("%s  %-16s %-14s %-14s %s", row.at, row.place, row.what, state, row.more), " "))
	return err
}

// isMomentary reports whether an event has a start and no stop.
func isMomentary(what string) bool { return what == luaapi.HeldEvent || isapi.IsSingle(what) }

// regained notes that a device that went to another host is held here again: its lost
// has no stop of its own.
func (l *eventList) regained(held eventRow) {
	about := eventRow{place: held.place, what: luaapi.LostEvent}
	if i := l.open[about]; i > 0 {
		l.rows[i-1].lasted = "until " + luaapi.HeldEvent
		delete(l.open, about)
	}
	delete(l.began, about)
}

// lengthText is a length of time, to the second.
func lengthText(d time.Duration) string {
	if d < time.Second {
		return "below 1s"
	}
	return clock.FormatDuration(d.Round(time.Second))
}

// placeOf is "gate/yard".
func (l *eventList) placeOf(e journal.Entry) string {
	place := journal.Plain(e.Device)
	if e.Channel == 0 {
		return place
	}
	if l.site != nil {
		if name := l.site.ChannelName(e.Device, e.Channel); name != "" {
			return place + "/" + name
		}
	}
	return fmt.Sprintf("%s/%d", place, e.Channel)
}

// end writes the rows.
func (l *eventList) end() error {
	var t table
	t.fixed = 1
	for page := range slices.Chunk(l.rows, journalPage) {
		t.rows = nil
		for _, r := range page {
			t.add(r.at, r.place, r.what, r.lasted, r.more)
		}
		if _, err := fmt.Fprint(l.stdout, t.text(l.width(), l.colour(l.stdout))); err != nil {
			return err
		}
	}
	return nil
}

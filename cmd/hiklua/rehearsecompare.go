package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/happening"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// compareReal rehearses a span that is over, with what devices noticed and
// suffered in it, and shows where the record differs.
func (a *app) compareReal(ctx context.Context, s *site.Site, from time.Time, o rehearseOptions) error {
	last, err := lastOnRecord(s.Dir)
	if err != nil {
		return err
	}
	if last.IsZero() || !last.After(from) {
		return &failure{fmt.Sprintf("nothing is on record from %s on: %s journal %s shows what is", from.Format("Mon 2006-01-02 15:04"), a.name, shellWord(s.Dir))}
	}
	if left := last.Sub(from); left < o.span.d {
		o.span.d = left.Truncate(time.Second) + time.Second
	}
	happened, err := journalTimeline(ctx, s.Dir, journal.Filter{Since: from, Until: from.Add(o.span.d), Kinds: journal.Kinds()}, s, s.Timezone)
	if err != nil {
		return err
	}
	if o.suffered, err = a.onRecord(s, from, from.Add(o.span.d)); err != nil {
		return err
	}
	result, err := a.runRehearsal(s, from, o)
	if err != nil {
		return err
	}
	_, err = timeline.Compare(a.stdout, happened, result.Timeline)
	return err
}

// onRecord is what the devices of a site noticed and suffered in a span, to
// happen again. What the host made of it is left out: it will do so again.
func (a *app) onRecord(s *site.Site, from, to time.Time) ([]happening.Happening, error) {
	var all []happening.Happening
	off := make(map[string]bool)
	f := journal.Filter{Since: from, Until: to, Kinds: []journal.Kind{journal.Event}}
	for e, err := range journal.Read(journalFolder(s.Dir), f) {
		if err != nil {
			return nil, err
		}
		if e.Device == "" || e.Dropped > 0 {
			continue
		}
		place, what := e.Device, e.What+" "+e.Detail
		if e.Channel != 0 {
			place = fmt.Sprintf("%s/%d", e.Device, e.Channel)
		}
		switch {
		case e.What == "offline":
			what = "offline start"
			off[e.Device] = true
		case e.What == "online" && off[e.Device]:
			what = "offline stop"
			delete(off, e.Device)
		case e.What == "online":
			continue
		}
		line := fmt.Sprintf("%s %s %s\n", e.Time.In(s.Timezone).Format(time.DateTime), place, what)
		// An event of the host's own, or of a device that site.yaml has no more, is no
		// line of such a file.
		if again, problems := happening.Parse("the record", line, s); problems == nil {
			again[0].MoveTo(e.Time.In(s.Timezone))
			all = append(all, again...)
		}
	}
	return all, nil
}

// leftOut tells on stderr, once for each reason, what is on record and cannot happen to
// the devices of now.
func (a *app) leftOut() func(error) {
	told := make(map[string]bool)
	return func(err error) {
		_, why, _ := strings.Cut(err.Error(), ": ") // after the place, which is no file
		if !told[why] {
			told[why] = true
			fmt.Fprintf(a.stderr, "left out what is on record of it: %s\n", why)
		}
	}
}

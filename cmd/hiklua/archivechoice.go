package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

// archiveFlags choose pictures by their time and label.
type archiveFlags struct {
	from, till, label string
	last              int
}

func (o *archiveFlags) add(c *cobra.Command) {
	o.addTimes(c)
	c.Flags().IntVar(&o.last, "last", 0, "the last `N` only; 0: all of them")
}

func (o *archiveFlags) addTimes(c *cobra.Command) {
	const form = "2026-03-28, \"2026-03-28 01:30\", 01:30, or so long ago: 90s, 2h, 3d"
	c.Flags().StringVar(&o.from, "from", "", "at this `TIME` or later: "+form)
	c.Flags().StringVar(&o.till, "till", "", "before this `TIME`, written like that")
	c.Flags().StringVar(&o.label, "label", "", "with this `LABEL` only")
}

// channelHelp is the part of a command's help on what chooses pictures.
const channelHelp = `CHANNEL is a device (gate) or a channel by name or number (gate/yard, gate/1);
several may be named; left out, all are meant. A day is "--from 2026-03-28
--till 2026-03-29"; times are those of the site's zone.`

// choice is what the flags and arguments of a command choose.
type choice struct {
	archive.Query           // all that is chosen, and maybe more
	of            []channel // none: every channel
	last          int
	path          string // of the one picture that is meant
}

// channel is one of the channels that were named.
type channel struct {
	text   string // as it was typed
	device string
	id     int    // 0: it goes by its name, or the whole device is meant
	name   string // "": it goes by its number
	known  bool   // site.yaml has it
}

// match says whether a picture is chosen.
func (c *choice) match(e *archive.Entry) bool {
	return c.Match(e) && (len(c.of) == 0 || slices.ContainsFunc(c.of, func(ch channel) bool { return ch.match(e) }))
}

func (ch channel) match(e *archive.Entry) bool {
	return ch.device == e.Device && (ch.id == 0 || ch.id == e.Channel) && (ch.id != 0 || ch.name == "" || ch.name == e.Name)
}

// siteAndChannels takes the arguments [SITE] [CHANNEL...] apart: the first is
// the site if it is one, or where the current folder is in none.
func siteAndChannels(args []string) (dir string, channels []string) {
	around := siteAround()
	switch {
	case len(args) == 0:
		return around, nil
	case hasSite(args[0]) || !hasSite(around):
		return args[0], args[1:]
	}
	return around, args
}

// choose reads what a command line chooses in an archive.
func (v *archiveView) choose(ctx context.Context, command string, names []string, o archiveFlags) (*choice, error) {
	c := &choice{Query: archive.Query{Label: o.label}, last: o.last}
	try := v.name + " archive " + command
	if o.last < 0 {
		return nil, &misuse{fmt.Sprintf("--last %d: it is a number of pictures", o.last), try + " --last 20"}
	}
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"--from", o.from, &c.From}, {"--till", o.till, &c.Till}} {
		if t.text == "" {
			continue
		}
		var err error
		if *t.into, err = v.parseWhen(t.flag, t.text, v.site.Timezone); err != nil {
			return nil, &misuse{err.Error(), try + " " + t.flag + " 2h"}
		}
	}
	if !c.From.IsZero() && !c.Till.IsZero() && !c.From.Before(c.Till) {
		next := c.From.In(v.site.Timezone).AddDate(0, 0, 1).Format(time.DateOnly)
		return nil, &misuse{fmt.Sprintf("--from %s is not before --till %s: a day goes from its date till the next", o.from, o.till),
			try + " --from " + c.From.In(v.site.Timezone).Format(time.DateOnly) + " --till " + next}
	}
	for _, name := range names {
		c.of = append(c.of, v.channel(name))
	}
	if len(c.of) == 1 {
		c.Device, c.Channel = c.of[0].device, c.of[0].id
	}
	for _, ch := range c.of {
		if err := v.checkChannel(ctx, try, ch); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// channel reads "gate", "gate/yard" or "gate/1".
func (v *archiveView) channel(text string) channel {
	device, name, _ := strings.Cut(text, "/")
	ch := channel{text: text, device: device, name: name}
	d, known := v.site.Device(device)
	ch.known = known && (name == "" || name == "*")
	if name == "*" {
		ch.name = ""
	}
	if id, err := strconv.Atoi(name); err == nil && id > 0 {
		ch.id, ch.name, ch.known = id, "", known
	}
	for _, c := range d.Channels {
		if c.Name == name {
			ch.id, ch.known = c.Address, true
		}
	}
	return ch
}

// checkChannel refuses a channel that neither site.yaml knows nor the archive:
// pictures of a device that was taken out of site.yaml can still be had.
func (v *archiveView) checkChannel(ctx context.Context, try string, ch channel) error {
	if ch.known {
		return nil
	}
	one := &choice{Query: archive.Query{Device: ch.device, Channel: ch.id}, of: []channel{ch}}
	found := errors.New("found")
	err := v.fetch(ctx, one, func(r archive.Record) error {
		if e := r.Entry(); one.match(&e) {
			return found
		}
		return nil
	})
	switch {
	case errors.Is(err, found):
		return nil
	case err != nil:
		return err
	}
	m := &misuse{fmt.Sprintf("neither site.yaml nor the archive has %q", ch.text), v.name + " devices"}
	if v.dir != "." {
		try += " " + shellWord(v.dir)
		m.try += " " + shellWord(v.dir)
	}
	if near := nearest.Word(ch.text, channelNames(v.site)); near != "" {
		m.problem += fmt.Sprintf(" (did you mean %q?)", near)
		m.try = try + " " + near
	}
	return m
}

// channelNames are the devices of a site and their channels.
func channelNames(s *site.Site) []string {
	var names []string
	for _, d := range s.Devices {
		names = append(names, d.Name)
		for _, c := range d.Channels {
			names = append(names, d.Name+"/"+c.Name)
		}
	}
	return names
}

// labels are those that site.yaml has.
func labels(s *site.Site) []string {
	var names []string
	if s.Archive != nil {
		for _, c := range s.Archive.Schedules {
			names = append(names, c.Label)
		}
		for _, l := range s.Archive.Labels {
			names = append(names, l.Label)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// tellNone says that nothing is chosen, and what may be meant.
func (v *archiveView) tellNone(o archiveFlags) {
	text := "no such picture is in the archive"
	switch near := nearest.Word(o.label, labels(v.site)); {
	case o.label != "" && near != "" && near != o.label:
		text += fmt.Sprintf(" (did you mean --label %s?)", near)
	case o == archiveFlags{}:
		text = "no picture is in the archive"
	}
	fmt.Fprintln(v.stderr, text)
}

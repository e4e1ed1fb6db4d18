package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// clockOff is the difference of clocks that is worth a word: events and
// recordings carry the device's time.
const clockOff = 3 * time.Second

func (a *app) writeDevicesTable(all []found) {
	if len(all) == 0 {
		fmt.Fprintln(a.stdout, "site.yaml has no devices")
		return
	}
	t := &table{head: []string{"DEVICE", "STATE", "MODEL", "FIRMWARE", "CLOCK", "CHANNELS"}}
	var notes []string
	for _, f := range all {
		row := []string{f.conf.Name, f.state, "", "", "", ""}
		if f.simulated {
			row[1] += ", simulated"
		}
		if f.info != nil {
			row[2], row[3] = f.info.Model, f.info.Firmware
		}
		if f.ahead != nil {
			row[4] = clockText(*f.ahead)
		}
		var channels []string
		for _, ch := range f.channels {
			channels = append(channels, inputText(f.conf, ch))
		}
		row[5] = strings.Join(channels, ", ")
		t.add(row...)
		if f.ahead != nil && f.ahead.Abs() >= clockOff {
			t.paint(4, colourWarn)
		}
		if f.err != nil {
			t.paint(1, colourFail)
			notes = append(notes, noteOf(f.conf.Name, f.err))
		}
	}
	a.writeTable(t)
	if len(notes) > 0 {
		a.writeWrapped("\n" + strings.Join(notes, "\n") + "\n")
	}
}

// noteOf is an error below the table, its hint on a line of its own.
func noteOf(name string, err error) string {
	r := runtime.Report(err)
	text := r.Message
	if !strings.HasPrefix(text, name) {
		text = name + ": " + text
	}
	if r.Hint != "" {
		text += "\n  " + r.Hint
	}
	return text
}

// channelLabel is the channel's name in site.yaml, else what the device calls it.
func channelLabel(conf site.Device, ch isapi.Channel) string {
	if known, ok := configured(conf, ch.ID); ok {
		return known.Name
	}
	return ch.Name
}

func configured(conf site.Device, id int) (site.Channel, bool) {
	i := slices.IndexFunc(conf.Channels, func(c site.Channel) bool { return c.Address == id })
	if i < 0 {
		return site.Channel{}, false
	}
	return conf.Channels[i], true
}

// inputText gives "1 yard (PTZ)".
func inputText(conf site.Device, ch isapi.Channel) string {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", ch.ID, channelLabel(conf, ch)))
	var marks []string
	if ch.PTZ {
		marks = append(marks, "PTZ")
	}
	switch {
	case !ch.Enabled:
		marks = append(marks, "off")
	case ch.Online != nil && !*ch.Online:
		marks = append(marks, "offline")
	}
	if len(marks) > 0 {
		text += " (" + strings.Join(marks, ", ") + ")"
	}
	return text
}

func clockText(ahead time.Duration) string {
	switch d := ahead.Round(time.Second); {
	case d.Abs() < clockOff:
		return "right"
	case d > 0:
		return clock.FormatDuration(d) + " ahead"
	default:
		return clock.FormatDuration(-d) + " behind"
	}
}

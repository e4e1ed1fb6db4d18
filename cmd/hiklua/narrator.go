package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/outlet"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// narrator tells what happens on a site in an integrator's words, a line each:
// time, who, what. It is fed by the host's log, what scripts print, and the
// commands that devices were sent.
type narrator struct {
	clk    clock.Clock
	site   *site.Site
	colour bool
	json   *slog.Logger // with --log-format json; else nil
	gone   func()       // called when the output has no reader any more

	mu      sync.Mutex
	out     io.Writer
	presets map[string]string // "gate/1/3": "parking"
}

func (a *app) newNarrator(s *site.Site, gone func()) *narrator {
	n := &narrator{clk: a.clk, site: s, gone: gone, out: a.output(), colour: a.colour(a.stdout), presets: make(map[string]string)}
	if o, ok := n.out.(*outlet.Outlet); ok {
		o.WhenBroken(gone)
		o.TellLost(func(lost int) []byte { return n.line(slog.LevelWarn, "host", outlet.LostText(lost)) })
		n.out = o.Log()
	}
	if a.logFormat.value == "json" {
		n.json = a.logger(s.Timezone)
	}
	return n
}

// say tells one thing, as what a script prints.
func (n *narrator) say(who, text string) { n.tell(slog.LevelInfo, who, text) }

// warn tells what went wrong.
func (n *narrator) warn(who, text string) { n.tell(slog.LevelWarn, who, text) }

func (n *narrator) tell(level slog.Level, who, text string) {
	if n.json != nil {
		n.json.Log(context.Background(), level, text, "who", who)
		return
	}
	// Paths are shorter from the site's folder on.
	text = strings.ReplaceAll(text, n.site.Dir+string(filepath.Separator), "")
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.out.Write(n.line(level, who, text)); err != nil {
		n.gone()
	}
}

func (n *narrator) line(level slog.Level, who, text string) []byte {
	return fmt.Appendf(nil, "%s  %s %s\n", n.paint("2", n.clk.Now().In(n.site.Timezone).Format("15:04:05")),
		n.paint("36", fmt.Sprintf("%-8s", who)), n.paint(levelColours[level], text))
}

var levelColours = map[slog.Level]string{slog.LevelWarn: "33", slog.LevelError: "31;1"}

func (n *narrator) paint(code, text string) string {
	if !n.colour {
		return text
	}
	return tinted(text, code)
}

// askPresets learns the names of presets from the devices, for the narration.
func (n *narrator) askPresets(ctx context.Context, h *runtime.Host) {
	for _, d := range h.Devices() {
		conf, _ := n.site.Device(d.Name())
		for _, ch := range conf.Channels {
			list, err := d.Client().Presets(ctx, ch.Address)
			if err != nil {
				continue // no head: nothing to name
			}
			for _, p := range list {
				n.presets[presetKey(d.Name(), ch.Address, fmt.Sprint(p.ID))] = p.Name
			}
		}
	}
}

func presetKey(device string, channel int, id string) string {
	return fmt.Sprintf("%s/%d/%s", device, channel, id)
}

// record takes a command that a device was sent. The other kinds of entries have
// lines of their own in the log.
func (n *narrator) record(r journal.Entry) {
	if r.Kind != journal.Command {
		return
	}
	who := r.Script
	if who == "" {
		who = "host"
	}
	text := n.describe(r)
	switch {
	case text == "":
	case r.Err != nil:
		n.warn(who, text+": "+runtime.Report(r.Err).Message)
	default:
		n.say(who, text)
	}
}

// describe says what a command does; nothing for those that other lines tell of:
// a script says itself where its pictures lie.
func (n *narrator) describe(r journal.Entry) string {
	place := r.Device
	conf, _ := n.site.Device(r.Device)
	if ch, ok := configured(conf, r.Channel); ok {
		place += "/" + ch.Name
	}
	switch r.What {
	case "status", "snapshot", "clock", "event stream":
		return ""
	}
	return place + " " + timeline.Words(r, n.presets[presetKey(r.Device, r.Channel, r.Detail)])
}

package check

import (
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// channels compares the channel that a call names with those of site.yaml, and
// with those that the device has told. Where it has not, a number that site.yaml
// does not have is only warned of, and a device without channels there tells
// nothing.
func (w *walker) channels(c invocation) {
	f, args, at := c.f, c.args, c.at
	if f.of.owner == "hik" && f.entry.Name == "on" && len(args) > 0 {
		w.eventChannel(c)
		return
	}
	i, ok := channelAt(f, args)
	if !ok {
		return
	}
	device := f.of
	if isLibrary(f.of.owner) {
		device = &args[0]
	}
	d := w.checker.rehearsal.deviceOf(device.known)
	if d == nil || len(d.channels) == 0 && d.saved == nil {
		return
	}
	if place, ok := w.places[c.exprs[i]]; ok {
		at = place
	}
	w.channel(d, args[i].known, at)
}

// eventChannel is the channel in hik.on("gate/yard:motion", ...).
func (w *walker) eventChannel(c invocation) {
	text, _ := c.args[0].string()
	where, _, _ := strings.Cut(text, ":")
	name, channel, found := strings.Cut(where, "/")
	if d := w.checker.rehearsal.deviceOf(lua.LString(name)); found && d != nil && (len(d.channels) > 0 || d.saved != nil) {
		w.channel(d, lua.LString(channel), w.places[c.exprs[0]])
	}
}

// channel is one of a device, by number or by name.
func (w *walker) channel(d *device, v lua.LValue, at position) {
	switch v := v.(type) {
	case lua.LNumber:
		w.channelNumber(d, int(v), at)
	case lua.LString:
		if n, err := strconv.Atoi(strings.TrimSpace(string(v))); err == nil {
			w.channelNumber(d, n, at)
			return
		}
		all, known := d.knownChannels(), d.channelNames()
		if slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(name, strings.TrimSpace(string(v))) }) {
			return
		}
		hint := nearest.Hint(string(v), known)
		if hint == "" {
			hint = "; it has " + luaapi.ListChannels(all)
		}
		w.report(at, "%s has no channel %q in %s%s", d.name, string(v), d.where(), hint)
		w.checker.report.Saved = w.checker.report.Saved || d.saved != nil
	}
}

func (w *walker) channelNumber(d *device, n int, at position) {
	all := d.knownChannels()
	for _, ch := range all {
		if ch.ID == n {
			return
		}
	}
	if d.saved != nil {
		w.report(at, "%s has no channel %d in %s; it has %s", d.name, n, d.where(), luaapi.ListChannels(all))
		w.checker.report.Saved = true
		return
	}
	w.warn(at, "%s has no channel %d in site.yaml; it has %s", d.name, n, luaapi.ListChannels(all))
}

// channelAt finds the channel among the arguments.
func channelAt(f value, args []value) (int, bool) {
	switch {
	case f.of.owner == "device" && f.entry.Name == "channel":
		return 0, len(args) == 1
	case !f.entry.NeedsChannel || f.of.owner == "channel":
		return 0, false
	}
	first := 0
	if isLibrary(f.of.owner) {
		first = 1
		if len(args) == 0 || args[0].owner == "channel" {
			return 0, false
		}
	}
	plain := 0
	for i := first; i < len(args) && isPlain(args[i].known); i++ {
		plain++
	}
	return first, plain > len(plainArgs(f.entry))
}

// isPlain tells constants from objects, functions and what is not known.
func isPlain(v lua.LValue) bool {
	switch v.(type) {
	case lua.LNumber, lua.LString, lua.LBool:
		return true
	}
	return false
}

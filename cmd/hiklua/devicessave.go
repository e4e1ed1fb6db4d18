package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// damagedSaved is what keeps --save from beginning: what is in the file of
// devices that don't answer could not be kept.
func (a *app) damagedSaved(err error) error {
	problems, ok := errors.AsType[site.Problems](err)
	if !ok {
		return err
	}
	return append(problems, site.Problem{Message: "no device was asked: mend " + site.SavedName + ", or delete it to begin anew"})
}

// askHeads asks what the heads of a device can do, and which presets they have.
func (a *app) askHeads(ctx context.Context, f *found, client *isapi.Client) {
	saved := site.NewSavedDevice(f.conf.Name, f.info, f.channels)
	f.saved = &saved
	// A device that does not tell the sizes of its pictures is of no less use.
	if streams, err := limited(ctx, a.clk, f.conf, client.Streams); err == nil {
		saved.SetStreams(streams)
	}
	for _, ch := range saved.Channels {
		if ch.Head == nil {
			continue
		}
		caps, err := limited(ctx, a.clk, f.conf, func(ctx context.Context) (*isapi.PTZCapabilities, error) {
			return client.PTZCapabilities(ctx, ch.ID)
		})
		if err == nil {
			ch.Head.SetCapabilities(caps)
		}
		f.untold(ch.ID, "what its head can do", err)
		presets, err := limited(ctx, a.clk, f.conf, func(ctx context.Context) ([]isapi.Preset, error) {
			return client.Presets(ctx, ch.ID)
		})
		if err == nil {
			ch.Head.SetPresets(presets)
		}
		f.untold(ch.ID, "its presets", err)
	}
}

// limited asks a device something for as long as site.yaml allows.
func limited[T any](ctx context.Context, clk clock.Clock, conf site.Device, ask func(context.Context) (T, error)) (T, error) {
	ctx, done := clock.WithTimeout(clk, ctx, conf.Timeout)
	defer done()
	return ask(ctx)
}

// untold notes what a channel did not tell. What a device does not have is not
// missed.
func (f *found) untold(channel int, what string, err error) {
	if err == nil {
		return
	}
	r := runtime.Report(err)
	f.notes = append(f.notes, fmt.Sprintf("channel %d did not tell %s: %s", channel, what, oneLine(r.Message)))
	f.missed = f.missed || r.Kind != "unsupported" && r.Kind != "not_found"
}

// saveDevices writes devices.yaml, and says on w what became of each device. The
// error is errTold if something was not heard that should be kept.
func (a *app) saveDevices(w io.Writer, s *site.Site, all []found) error {
	old, err := site.LoadSaved(s.Dir)
	if err != nil {
		return err
	}
	next := &site.Saved{}
	t := &table{}
	say := func(name, format string, args ...any) { t.add("  "+name, fmt.Sprintf(format, args...)) }
	for i := range all {
		f := &all[i]
		name := f.conf.Name
		before, known := old.Device(name)
		switch {
		case f.simulated && known:
			next.Devices = append(next.Devices, *before)
			say(name, "simulated: what was saved before stays")
		case f.simulated:
			say(name, "simulated: there is nothing to save")
		case f.saved == nil && known:
			next.Devices = append(next.Devices, *before)
			say(name, "did not tell: what was saved before stays")
		case f.saved == nil:
			say(name, "did not tell: nothing is saved of it")
		default:
			notes := f.notes
			if known {
				for _, id := range f.saved.KeepUntold(before) {
					notes = append(notes, fmt.Sprintf("channel %d is offline: its head stays as it was saved before", id))
				}
			}
			next.Devices = append(next.Devices, *f.saved)
			say(name, "%s", strings.Join(append([]string{savedText(f.saved)}, notes...), "; "))
			if f.missed {
				err = errTold
			}
		}
	}
	for _, d := range old.Devices {
		if !slices.Contains(s.DeviceNames(), d.Name) {
			say(d.Name, "not in site.yaml any more: dropped")
		}
	}
	path := filepath.Join(s.Dir, site.SavedName)
	if len(next.Devices) == 0 && len(old.Devices) == 0 {
		fmt.Fprintf(w, "\n%s is not written: there is nothing to save\n", path)
	} else if changed, err := site.WriteSaved(s.Dir, next); err != nil {
		return plainFileError(err)
	} else if changed {
		fmt.Fprintf(w, "\nwrote %s\n", path)
	} else {
		fmt.Fprintf(w, "\n%s stays as it is\n", path)
	}
	fmt.Fprint(w, t.text(a.width(), false))
	return err
}

// savedText tells what was kept of a device: "ptz, 8 presets".
func savedText(d *site.SavedDevice) string {
	parts := []string{string(d.Kind)}
	heads, presets, told := 0, 0, false
	for _, ch := range d.Channels {
		if ch.Head != nil {
			heads++
			presets += len(ch.Head.Presets)
			told = told || ch.Head.Presets != nil
		}
	}
	recorder := d.Kind == site.ModelNVR || d.Kind == site.ModelDVR
	if recorder || len(d.Channels) > 1 {
		parts = append(parts, plural(len(d.Channels), "channel"))
	}
	if heads > 0 && recorder {
		parts = append(parts, plural(heads, "head"))
	}
	if told {
		parts = append(parts, plural(presets, "preset"))
	}
	return strings.Join(parts, ", ")
}

package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// Unsaved lists what DIR/site.yaml asks of the devices that they do not have as
// devices.yaml knows them: channels, and presets of archive.schedules. A site.yaml
// that is wrong in itself gives nothing: Load tells. env is as for Load.
func Unsaved(dir string, env func(string) (string, bool), saved *Saved) Problems {
	data, err := readFile(dir, FileName, maxFile)
	if err != nil {
		return nil
	}
	r := &reader{file: FileName, dir: dir, env: env, unlocked: true, saved: saved}
	if _, err := parse(data, r); err != nil {
		return nil
	}
	return r.unsaved.sorted()
}

// checkSavedChannel compares a channel of site.yaml with those of its device.
func (r *reader) checkSavedChannel(n *yaml.Node, s *Site, device string, address int) {
	d, _ := s.Device(device)
	saved := r.saved.Of(d)
	if saved == nil || saved.Channel(address) != nil {
		return
	}
	var list []string
	for _, c := range saved.Channels {
		list = append(list, numbered(c.ID, c.Name))
	}
	r.notSaved(n, "address", "%s has no channel %d in %s; it has %s", device, address, SavedName, listed(list))
}

func (r *reader) notSaved(n *yaml.Node, key, format string, args ...any) {
	r.unsaved = append(r.unsaved, Problem{File: r.file, Line: n.Line, Col: n.Column, Message: key + ": " + fmt.Sprintf(format, args...)})
}

// listed cuts a list that is long.
func listed(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	if len(list) > 20 {
		list = append(list[:20:20], fmt.Sprintf("and %d more", len(list)-20))
	}
	return strings.Join(list, ", ")
}

// checkSavedPreset compares the preset of a schedule with those of its channels.
// One channel is enough to be told of.
func (r *reader) checkSavedPreset(n *yaml.Node, s *Site, schedule ArchiveSchedule) {
	for _, d := range s.Devices {
		saved := r.saved.Of(d)
		if saved == nil {
			continue
		}
		for _, c := range saved.Channels {
			if !schedule.takes(d, c) || c.Head == nil && c.Offline {
				continue
			}
			name := d.Name + "/" + strconv.Itoa(c.ID)
			if i := slices.IndexFunc(d.Channels, func(known Channel) bool { return known.Address == c.ID }); i >= 0 {
				name = d.Name + "/" + d.Channels[i].Name
			}
			if c.Head == nil {
				r.notSaved(n, "preset", "%s has no head in %s", name, SavedName)
				return
			}
			if lack := c.Head.Missing(schedule.Preset); lack != "" {
				r.notSaved(n, "preset", "%s has %s", name, lack)
				return
			}
		}
	}
}

// takes reports whether a schedule takes pictures of a channel.
func (a *ArchiveSchedule) takes(d Device, c SavedChannel) bool {
	return slices.ContainsFunc(a.Channels, func(pattern string) bool {
		device, channel, _ := strings.Cut(pattern, "/")
		switch {
		case device != d.Name && device != "*":
			return false
		case channel == "*":
			return !c.Off || slices.ContainsFunc(d.Channels, func(known Channel) bool { return known.Address == c.ID })
		}
		number, _ := strconv.Atoi(channel)
		return number == c.ID || slices.ContainsFunc(d.Channels, func(known Channel) bool { return known.Name == channel && known.Address == c.ID })
	})
}

// Missing says what a head lacks, such as `no preset named "dor" in devices.yaml
// (did you mean "door"?)`. preset is a number or a name; "" is returned where it
// is there, or the device did not tell its presets.
func (h *SavedHead) Missing(preset string) string {
	if h == nil || h.Presets == nil {
		return ""
	}
	preset = strings.TrimSpace(preset)
	number, _ := strconv.Atoi(preset)
	is := func(id int, name string) bool {
		return number == id || number == 0 && strings.EqualFold(strings.TrimSpace(name), preset)
	}
	var names, list []string
	for _, p := range h.Presets {
		if is(p.ID, p.Name) {
			return ""
		}
		names, list = append(names, p.Name), append(list, numbered(p.ID, p.Name))
	}
	for id, name := range h.Special {
		if is(id, name) {
			return ""
		}
	}
	if number > 0 {
		return fmt.Sprintf("no preset %d in %s; it has %s", number, SavedName, listed(list))
	}
	hint := nearest.Hint(preset, names)
	if hint == "" {
		hint = "; it has " + listed(list)
	}
	return fmt.Sprintf("no preset named %s in %s%s", quoted(preset), SavedName, hint)
}

// numbered is "3 (yard)", or "3" for what has no name.
func numbered(id int, name string) string {
	if name == "" {
		return strconv.Itoa(id)
	}
	return fmt.Sprintf("%d (%s)", id, name)
}

package site

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

func readPatterns(r *reader, n *yaml.Node, s *ArchiveSchedule) {
	items := r.items(n)
	if n.Kind == yaml.SequenceNode && len(items) == 0 {
		r.fail(n, "is empty")
	}
	for _, item := range items {
		text, ok := r.scalar(item)
		if !ok {
			continue
		}
		device, channel, found := strings.Cut(text, "/")
		if !found || device == "" || channel == "" || strings.Contains(channel, "/") {
			r.fail(item, `%s is not a channel: write "device/channel", such as "gate/1" or "nvr/*"`, shown(item))
			continue
		}
		s.Channels = append(s.Channels, text)
		r.afterwards(func(site *Site) {
			r.under("channels", func() { r.checkPattern(item, site, device, channel) })
		})
	}
}

// checkPattern compares a channel of a schedule with the devices.
func (r *reader) checkPattern(n *yaml.Node, s *Site, device, channel string) {
	if device == "*" {
		if channel != "*" && !isDigits(channel) {
			r.fail(n, "%s: after */ only * or a number is known to every device", shown(n))
		}
		return
	}
	d, found := s.Device(device)
	if !found {
		hint := ""
		if near := nearest.Word(device, s.DeviceNames()); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		r.fail(n, "no device %s%s", quoted(device), hint)
		return
	}
	if channel == "*" || isDigits(channel) {
		return
	}
	var names []string
	for _, c := range d.Channels {
		names = append(names, c.Name)
	}
	if !slices.Contains(names, channel) {
		hint := " (its number works too)"
		if near := nearest.Word(channel, names); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		r.fail(n, "device %q has no channel %s%s", device, quoted(channel), hint)
	}
}

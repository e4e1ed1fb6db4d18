package site

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// ArchiveSchedule takes snapshots by itself.
type ArchiveSchedule struct {
	Channels []string      // "gate/yard", "gate/1", "nvr/*", "*/*"
	Every    time.Duration // from full hours on: 15m is :00, :15, :30, :45
	Between  string        // "06:00-20:00", "sunrise-sunset"; empty: always
	Days     string        // "mon-fri"; empty: each day
	Label    string        // empty: none
}

var scheduleFields = []field[ArchiveSchedule]{
	{name: "channels", kind: "list", meaning: `"device/channel" by name or number; * stands for all`, read: readPatterns, also: []string{"channel"}},
	{name: "every", kind: "duration", meaning: "time between two snapshots, counted from midnight",
		read: durationField(func(s *ArchiveSchedule) *time.Duration { return &s.Every }, time.Second, time.Second, 24*time.Hour)},
	{name: "between", kind: "text", def: "always", meaning: `a window of the day: "06:00-20:00", "sunrise-sunset"`, read: readBetween},
	{name: "days", kind: "text", def: "each day", meaning: `days of the week: "mon-fri", "sat,sun"`, read: readDays},
	{name: "label", kind: "text", meaning: "label of the files", read: readLabel},
}

func readSchedules(r *reader, n *yaml.Node, a *Archive) {
	for _, item := range r.items(n) {
		var s ArchiveSchedule
		given := readMap(r, item, scheduleFields, &s)
		if item.Kind != yaml.MappingNode {
			if isNull(item) {
				r.fail(item, "an entry is empty")
			}
			continue
		}
		if given["channels"] == nil {
			r.fail(item, `channels is missing (such as ["gate/yard"])`)
		}
		if given["every"] == nil {
			r.fail(item, "every is missing (such as 15m)")
		}
		a.Schedules = append(a.Schedules, s)
	}
}

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
	}
}

const clockOrSun = `(?:(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00|(?:sunrise|sunset)(?:[+-](?:\d+(?:\.\d+)?[hms])+)?)`

var (
	betweenForm = regexp.MustCompile(`^\s*` + clockOrSun + `\s*-\s*` + clockOrSun + `\s*$`)
	daysForm    = regexp.MustCompile(`(?i)^\s*(?:` + dayForm + `)(?:\s*,\s*(?:` + dayForm + `))*\s*$`)
)

const dayForm = `weekdays|weekends?|(?:mon|tue|wed|thu|fri|sat|sun)(?:\s*-\s*(?:mon|tue|wed|thu|fri|sat|sun))?`

func readBetween(r *reader, n *yaml.Node, s *ArchiveSchedule) {
	if text, ok := r.scalar(n); ok {
		if !betweenForm.MatchString(text) {
			r.fail(n, `%s is not a window such as "06:00-20:00" or "sunrise-sunset"`, shown(n))
			return
		}
		s.Between = text
	}
}

func readDays(r *reader, n *yaml.Node, s *ArchiveSchedule) {
	if text, ok := r.scalar(n); ok {
		if !daysForm.MatchString(text) {
			r.fail(n, `%s is not days of the week such as "mon-fri" or "sat,sun"`, shown(n))
			return
		}
		s.Days = text
	}
}

func readLabel(r *reader, n *yaml.Node, s *ArchiveSchedule) {
	if text, ok := r.scalar(n); ok && r.checkName(n, "label", text) {
		s.Label = text
	}
}

// checkPatterns compares the channels of the archive's schedules with the devices.
func (r *reader) checkPatterns(archive *yaml.Node, s *Site) {
	if archive == nil || s.Archive == nil {
		return
	}
	var lists []*yaml.Node
	for _, p := range entries(archive) {
		if p.key.Value == "schedules" && p.value.Kind == yaml.SequenceNode {
			for _, schedule := range p.value.Content {
				for _, q := range entries(schedule) {
					if q.key.Value == "channels" && q.value.Kind == yaml.SequenceNode {
						lists = append(lists, q.value)
					}
				}
			}
		}
	}
	r.path = []string{"channels"}
	defer func() { r.path = nil }()
	for _, list := range lists {
		for _, item := range list.Content {
			if device, channel, found := strings.Cut(item.Value, "/"); found && !strings.Contains(channel, "/") {
				r.checkPattern(item, s, device, channel)
			}
		}
	}
}

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

func entries(n *yaml.Node) []pair {
	var out []pair
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, pair{n.Content[i], n.Content[i+1]})
		}
	}
	return out
}

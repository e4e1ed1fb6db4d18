package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// summary is what came of a demo, as the devices tell it.
type summary struct {
	dir     string
	devices []deviceSum
	moving  []string // heads that are not at rest: "gate/dome"
	folders []folderSum
	saved   time.Time     // when the script was edited; zero: it was not
	live    time.Duration // from then until the head was sent to the new stop
	visits  int           // of the new stop
	noticed bool          // something moved at the door
	taken   time.Duration // from then until its camera was asked for a picture; 0: it was not
}

// deviceSum is what one device counted.
type deviceSum struct {
	name    string
	counts  sim.Counts
	overlap time.Duration // the longest time that two requests were in progress
}

// folderSum is a folder of pictures.
type folderSum struct {
	path  string
	files int
	bytes int64
}

// summary asks the devices and looks at the files.
func (d *demoDevices) summary(dir string, p played) *summary {
	s := &summary{dir: dir, saved: p.saved, noticed: !p.noticed.IsZero()}
	for i, device := range d.devices {
		journal := device.Journal()
		s.devices = append(s.devices, deviceSum{device.Name(), device.Counts(), longestOverlap(journal)})
		for _, c := range d.site.Devices[i].Channels {
			if device.Driven(c.Address) || device.Moving(c.Address) {
				s.moving = append(s.moving, device.Name()+"/"+c.Name)
			}
		}
		if live, visits := since(journal, p.saved, fmt.Sprintf("goto %d", editedPreset)); visits > 0 {
			s.live, s.visits = live, visits
		}
		if device.Name() == noticingDevice {
			s.taken, _ = since(journal, p.noticed, "picture")
		}
	}
	s.folders = pictureFolders(filepath.Join(dir, "data"))
	return s
}

// since counts how often a device was asked something from a time on, and says
// how long after that the first time was. The zero time is none.
func since(journal []sim.Entry, from time.Time, what string) (first time.Duration, times int) {
	for _, e := range journal {
		if from.IsZero() || e.Start.Before(from) || e.What != what && !strings.HasPrefix(e.What, what+" ") {
			continue
		}
		if times == 0 {
			first = max(e.Start.Sub(from), 1) // not none
		}
		times++
	}
	return first, times
}

// longestOverlap is the longest time for which a device had two requests in
// progress.
func longestOverlap(journal []sim.Entry) (longest time.Duration) {
	for i, e := range journal {
		for _, later := range journal[i+1:] {
			if e.End.IsZero() || later.End.IsZero() || !later.Start.Before(e.End) {
				break
			}
			end := e.End
			if later.End.Before(end) {
				end = later.End
			}
			longest = max(longest, end.Sub(later.Start))
		}
	}
	return longest
}

// pictureFolders counts the pictures below dir, by folder. Days count together.
func pictureFolders(dir string) []folderSum {
	var list []folderSum
	_ = filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(file) != ".jpg" {
			return nil // what cannot be read is not counted
		}
		info, err := e.Info()
		if err != nil {
			return nil
		}
		folder := filepath.Dir(filepath.Dir(file))
		i := slices.IndexFunc(list, func(f folderSum) bool { return f.path == folder })
		if i < 0 {
			i = len(list)
			list = append(list, folderSum{path: folder})
		}
		list[i].files++
		list[i].bytes += info.Size()
		return nil
	})
	return list
}

// problem is an error if a head still moves.
func (s *summary) problem() error {
	if len(s.moving) > 0 {
		return errors.New("a head still moves: " + strings.Join(s.moving, ", "))
	}
	return nil
}

// text is the summary for people.
func (s *summary) text(a *app) string {
	var b strings.Builder
	bold := func(text string) string { return a.tint(text, "1") }
	fmt.Fprintf(&b, "\n%s\n\n", bold("What the devices have counted"))
	fmt.Fprintf(&b, "  %-8s %8s %8s %6s %6s %9s %16s\n", "", "requests", "presets", "moves", "stops", "pictures", "rejected logins")
	for _, d := range s.devices {
		n := d.counts
		fmt.Fprintf(&b, "  %-8s %8d %8d %6d %6d %9d %16d\n", d.name, n.Requests, n.Presets, n.Moves, n.Stops, n.Pictures, n.RejectedLogins)
	}
	fmt.Fprintf(&b, "\n  %s\n  %s\n  %s\n  %s\n", s.headText(), s.overlapText(), s.eventText(), s.reloadText())

	taken := 0
	for _, d := range s.devices {
		taken += int(d.counts.Pictures)
	}
	files, bytes := 0, int64(0)
	for _, f := range s.folders {
		files += f.files
		bytes += f.bytes
	}
	fmt.Fprintf(&b, "\n%s\n", bold(fmt.Sprintf("%s, %.1f MB", plural(files, "picture"), float64(bytes)/1e6)))
	if taken+files > 0 {
		b.WriteByte('\n')
	}
	for _, f := range s.folders {
		fmt.Fprintf(&b, "  %-48s %4d\n", f.path, f.files)
	}
	if taken > files {
		fmt.Fprintf(&b, "  %-48s %4d\n", "taken as the demo ended, and not kept", taken-files)
	}
	fmt.Fprintf(&b, "\n%s\n\n", bold("Try next"))
	for _, t := range demoCommands(a.name, s.dir) {
		fmt.Fprintf(&b, "  %s\n      %s\n", t.why, t.command)
	}
	return b.String()
}

func (s *summary) headText() string {
	if len(s.moving) > 0 {
		return "Still moving: " + strings.Join(s.moving, ", ") + "."
	}
	return "Every head is at rest."
}

func (s *summary) overlapText() string {
	var most int64
	var longest time.Duration
	for _, d := range s.devices {
		most, longest = max(most, d.counts.MaxParallel), max(longest, d.overlap)
	}
	if most <= 1 {
		return "No device was asked two things at once."
	}
	return fmt.Sprintf("At most %d requests at once on one device, for %s: only a stop does not wait its turn.", most, longest.Round(time.Microsecond))
}

func (s *summary) eventText() string {
	switch {
	case !s.noticed:
		return "Nothing moved at the " + noticingDevice + ": the demo ended before that."
	case s.taken == 0:
		return "Something moved at the " + noticingDevice + "; the demo ended before it was told."
	}
	return fmt.Sprintf("Something moved at the %s, and %s later a picture of it was taken.", noticingDevice, s.taken.Round(time.Millisecond))
}

func (s *summary) reloadText() string {
	switch {
	case s.saved.IsZero():
		return "No script was edited: the demo ended before that."
	case s.visits == 0:
		return fmt.Sprintf("%s was edited; the demo ended before the head went to %q.", path.Base(editedScript), editedName)
	}
	return fmt.Sprintf("%s was edited, and %s later the head was on its way to %q.", path.Base(editedScript), s.live.Round(time.Millisecond), editedName)
}

// suggestion is a command to try, and what for.
type suggestion struct{ why, command string }

// demoCommands work as they stand in the folder that the demo was started in.
func demoCommands(name, dir string) []suggestion {
	dir = shellWord(dir)
	return []suggestion{
		{"The same site until Ctrl-C; edit " + dir + "/scripts/patrol.lua meanwhile:", name + " run " + dir},
		{"A picture by hand:", fmt.Sprintf(`%s exec --site %s -e 'print(hik.snapshot("gate"):save("now.jpg"))'`, name, dir)},
		{"Every device: model, state, channels:", name + " devices " + dir},
	}
}

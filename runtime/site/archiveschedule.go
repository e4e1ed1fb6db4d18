package site

import (
	"errors"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
)

// ArchiveSchedule takes snapshots by itself. One of Every, Cron and At is given.
type ArchiveSchedule struct {
	Channels []string      // "gate/yard", "gate/1", "nvr/*", "*/*"
	Every    time.Duration // counted from each midnight: 15m is :00, :15, :30, :45
	Cron     string
	At       string // "12:00", "sunset-15m"
	Between  string // "06:00-20:00", "sunrise-sunset"; empty: always
	Days     string // "mon-fri"; empty: each day
	Preset   string // number or name of where the head goes first; empty: it stays
	Label    string // empty: none

	Line, Col int // where it stands in site.yaml
}

// Plan is when the pictures of a schedule are due, in the zone and at the place
// of its site.
func (a *ArchiveSchedule) Plan(s *Site) (schedule.Schedule, error) {
	plan, err := a.times(s)
	if err != nil {
		return nil, err
	}
	filter, err := schedule.ParseFilter(a.Days, a.Between, s.Timezone, s.sunPlace())
	if err != nil {
		return nil, err
	}
	return schedule.Restrict(plan, filter), nil
}

func (a *ArchiveSchedule) times(s *Site) (schedule.Schedule, error) {
	switch {
	case a.Cron != "":
		return schedule.ParseCron(a.Cron, s.Timezone)
	case a.At != "":
		return schedule.ParseAt(a.At, s.Timezone, s.sunPlace())
	}
	return schedule.NewFromMidnight(a.Every, s.Timezone)
}

func (s *Site) sunPlace() *schedule.Place {
	if s.Location == nil {
		return nil
	}
	return &schedule.Place{Lat: s.Location.Lat, Lon: s.Location.Lon}
}

const oneOfThem = "one of every, cron and at says when"

var scheduleFields = []field[ArchiveSchedule]{
	{name: "channels", kind: "list of texts", meaning: `"device/channel" by name or number; * stands for all`, read: readPatterns, also: []string{"channel"},
		pattern: "^[^/]+/[^/]+$", rules: rules{needed: true, hint: ` (such as ["gate/yard"])`}},
	{name: "every", kind: "duration 1s to 1d", meaning: "time between two snapshots, counted from midnight; one of every, cron and at is given",
		rules: rules{needed: true, unless: []string{"cron", "at"}, hint: " (such as 15m), or cron, or at", alone: []string{"cron", "at"}, reason: oneOfThem},
		read:  durationField(func(s *ArchiveSchedule) *time.Duration { return &s.Every }, time.Second, time.Second, 24*time.Hour)},
	{name: "cron", kind: "text", meaning: `instead: a line such as "*/15 6-20 * * mon-fri", as for hik.cron`, rules: rules{alone: []string{"at"}, reason: oneOfThem},
		read: textField(func(s *ArchiveSchedule) *string { return &s.Cron })},
	{name: "at", kind: "text", meaning: `instead: a time of each day, such as "12:00" or "sunset-15m"`,
		read: textField(func(s *ArchiveSchedule) *string { return &s.At })},
	{name: "between", kind: "text", def: "always", meaning: `a window of the day: "06:00-20:00", "sunrise-sunset"`,
		read: textField(func(s *ArchiveSchedule) *string { return &s.Between })},
	{name: "days", kind: "text", def: "each day", meaning: `days of the week: "mon-fri", "sat,sun"`,
		read: textField(func(s *ArchiveSchedule) *string { return &s.Days })},
	{name: "preset", kind: "text", meaning: "number or name of the preset to which the head goes first, and arrives", read: readPreset},
	{name: "label", kind: "text", meaning: "label of the files", read: readLabel},
}

func readSchedules(r *reader, n *yaml.Node, a *Archive) {
	for _, item := range r.items(n) {
		s := ArchiveSchedule{Line: item.Line, Col: item.Column}
		before := len(r.problems)
		given := readMap(r, item, scheduleFields, &s)
		if item.Kind != yaml.MappingNode {
			if isNull(item) {
				r.fail(item, "an entry is empty")
			}
			continue
		}
		checkRules(r, item, scheduleFields, given)
		sound := len(r.problems) == before
		r.afterwards(func(site *Site) { r.checkTimes(given, &s, site, sound) })
		if r.saved != nil && given["preset"] != nil {
			r.afterwards(func(site *Site) { r.checkSavedPreset(given["preset"], site, s) })
		}
		a.Schedules = append(a.Schedules, s)
	}
}

// among lists those of names that were given.
func among(given map[string]*yaml.Node, names ...string) (list []string) {
	for _, name := range names {
		if given[name] != nil {
			list = append(list, name)
		}
	}
	return list
}

// checkTimes reports what is wrong with the words of a schedule, when zone and
// place of the site are known.
func (r *reader) checkTimes(given map[string]*yaml.Node, s *ArchiveSchedule, site *Site, sound bool) {
	report := func(name string, err error) {
		var spec *schedule.SpecError
		if err == nil || !errors.As(err, &spec) {
			return
		}
		sound = false
		text := spec.Message
		if spec.Field != "" && spec.Field != name {
			text = spec.Field + ": " + text
		}
		r.under(name, func() { r.fail(given[name], "%s: %s", shown(given[name]), text) })
	}
	if s.Cron != "" {
		_, err := schedule.ParseCron(s.Cron, site.Timezone)
		report("cron", err)
	}
	if s.At != "" {
		_, err := schedule.ParseAt(s.At, site.Timezone, site.sunPlace())
		report("at", err)
	}
	_, err := schedule.ParseFilter(s.Days, "", site.Timezone, nil)
	report("days", err)
	_, err = schedule.ParseFilter("", s.Between, site.Timezone, site.sunPlace())
	report("between", err)
	if !sound {
		return
	}
	plan, err := s.Plan(site)
	if err != nil {
		return
	}
	when := among(given, "every", "cron", "at")[0]
	r.under(when, func() {
		if why := schedule.Never(plan, anyYear); why != "" {
			r.fail(given[when], "no picture would ever be taken: %s", why)
			return
		}
		r.checkKeep(given[when], s, plan, site)
	})
}

// anyYear is the beginning of a year by which plans are looked at, whatever the
// time is.
var anyYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// checkKeep reports pictures that would go before the next one comes.
func (r *reader) checkKeep(n *yaml.Node, s *ArchiveSchedule, plan schedule.Schedule, site *Site) {
	keep, name := site.Archive.keepOf(s.Label)
	if keep == 0 {
		return
	}
	runs := schedule.Preview(plan, anyYear, 50)
	least := time.Duration(0)
	for i := 1; i < len(runs); i++ {
		if gap := runs[i].Time.Sub(runs[i-1].Time); least == 0 || gap < least {
			least = gap
		}
	}
	if keep < least {
		r.fail(n, "%s keeps a picture for %s, and the next one comes after %s: there would mostly be none",
			name, clock.FormatDuration(keep), clock.FormatDuration(least))
	}
}

// keepOf is the age at which pictures of a label go, and the key that says so;
// 0: none does.
func (a *Archive) keepOf(label string) (time.Duration, string) {
	for _, l := range a.Labels {
		if label != "" && l.Label == label {
			return l.Keep, "labels." + label
		}
	}
	if n := len(a.Thinning); n > 0 {
		return a.Thinning[n-1].For, "thinning"
	}
	return a.Keep, "keep"
}

func textField[T any](dst func(*T) *string) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if text, ok := r.scalar(n); ok {
			*dst(into) = text
		}
	}
}

// readPreset takes a number or a name. Which presets a head has, the device
// says when it is asked.
func readPreset(r *reader, n *yaml.Node, s *ArchiveSchedule) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	if isDigits(text) && strings.TrimLeft(text, "0") == "" {
		r.fail(n, "%s is no preset: they are counted from 1", shown(n))
		return
	}
	s.Preset = text
}

func readLabel(r *reader, n *yaml.Node, s *ArchiveSchedule) {
	if text, ok := r.scalar(n); ok && r.checkName(n, "label", text) {
		s.Label = text
	}
}

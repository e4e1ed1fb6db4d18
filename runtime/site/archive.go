package site

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Archive is where snapshots are kept, for how long, and which are taken.
type Archive struct {
	Path      string        // folder; relative to the site unless absolute
	Layout    string        // of a file's path below it, with the words of LayoutWords in braces
	Keep      time.Duration // age after which a file goes; 0: no bound by age
	Thinning  []Thin        // instead of Keep, from young to old; empty: none
	Labels    []LabelKeep   // what is kept for another time, in the order of the file
	MaxSize   int64         // bytes; 0: no bound
	MinFree   int64         // bytes that stay free on the disk; 0: no bound
	Schedules []ArchiveSchedule
	CopyTo    string // a second place: a folder, file:// or s3:// address; empty: none
}

// Thin is one step of thinning: up to the age For one file in each Every is kept.
type Thin struct {
	Every ThinEvery
	For   time.Duration
}

// ThinEvery says which files a thinning step keeps.
type ThinEvery string

// The words of thinning.
const (
	ThinAll     ThinEvery = "all"
	ThinHourly  ThinEvery = "hourly"
	ThinDaily   ThinEvery = "daily"
	ThinWeekly  ThinEvery = "weekly"
	ThinMonthly ThinEvery = "monthly"
)

// LabelKeep says how long files with a label are kept.
type LabelKeep struct {
	Label string
	Keep  time.Duration
}

// ArchiveSchedule takes snapshots by itself.
type ArchiveSchedule struct {
	Channels []string      // "gate/yard", "gate/1", "nvr/*", "*/*"
	Every    time.Duration // from full hours on: 15m is :00, :15, :30, :45
	Between  string        // "06:00-20:00", "sunrise-sunset"; empty: always
	Days     string        // "mon-fri"; empty: each day
	Label    string        // empty: none
}

// LayoutWords are the words that may stand in braces in archive.layout.
var LayoutWords = []string{"device", "channel", "date", "time", "label", "year", "month", "day", "hour"}

const defaultLayout = "{device}/{channel}/{date}/{time}.jpg"

var archiveFields = []field[Archive]{
	{name: "path", kind: "text", def: "data/archive", meaning: "folder of the archive, relative to the site", read: readArchivePath},
	{name: "layout", kind: "text", def: defaultLayout, meaning: "path of a file below it; words in braces: " + strings.Join(LayoutWords, " "), read: readLayout},
	{name: "keep", kind: "duration", def: "for ever", meaning: "age after which a file is deleted",
		read: func(r *reader, n *yaml.Node, a *Archive) {
			if d, ok := r.age(n); ok {
				a.Keep = d
			}
		}},
	{name: "thinning", kind: "list", meaning: "instead of keep: [all 2d, hourly 30d, daily 1y] keeps fewer files the older they are", read: readThinning},
	{name: "labels", kind: "map", meaning: "label: age, for files that are kept longer or shorter", read: readLabels,
		sub: func(path string) []Key {
			return []Key{{Path: path + ".NAME", Type: "duration", Meaning: "age after which files with this label are deleted"}}
		}},
	{name: "max_size", kind: "size", def: "no bound", meaning: "size of the archive above which the oldest files are deleted",
		read: sizeField(func(a *Archive) *int64 { return &a.MaxSize }, 1e6, "1MB")},
	{name: "min_free", kind: "size", def: "no bound", meaning: "space that stays free on the disk: below it the oldest files are deleted",
		read: sizeField(func(a *Archive) *int64 { return &a.MinFree }, 0, "0")},
	{name: "schedules", kind: "list", meaning: "snapshots that are taken without a script", read: readSchedules,
		sub: func(path string) []Key { return keysOf(path+"[]", scheduleFields) }},
	{name: "copy_to", kind: "text", meaning: "a second place for every file: a folder or an s3:// address", read: readCopyTo},
}

var scheduleFields = []field[ArchiveSchedule]{
	{name: "channels", kind: "list", meaning: `"device/channel" by name or number; * stands for all`, read: readPatterns, also: []string{"channel"}},
	{name: "every", kind: "duration", meaning: "time between two snapshots, counted from midnight",
		read: durationField(func(s *ArchiveSchedule) *time.Duration { return &s.Every }, time.Second, time.Second, day)},
	{name: "between", kind: "text", def: "always", meaning: `a window of the day: "06:00-20:00", "sunrise-sunset"`, read: readBetween},
	{name: "days", kind: "text", def: "each day", meaning: `days of the week: "mon-fri", "sat,sun"`, read: readDays},
	{name: "label", kind: "text", meaning: "label of the files", read: readLabel},
}

func readArchive(r *reader, n *yaml.Node, into *Site) {
	a := Archive{Path: filepath.FromSlash("data/archive"), Layout: defaultLayout}
	given := readMap(r, n, archiveFields, &a)
	if given["keep"] != nil && given["thinning"] != nil {
		r.fail(given["thinning"], "keep and thinning are both given: thinning says how long files are kept")
	}
	into.Archive = &a
}

func (r *reader) age(n *yaml.Node) (time.Duration, bool) {
	d, ok := r.duration(n, time.Second, ageUnits)
	if ok && d < time.Minute && isDigits(n.Value) {
		r.fail(n, "%s is seconds; days are written %sd", shown(n), n.Value)
		return 0, false
	}
	return d, ok && r.within(n, d, time.Second, time.Minute, maxDuration)
}

func readArchivePath(r *reader, n *yaml.Node, a *Archive) {
	if text, ok := r.scalar(n); ok {
		a.Path = filepath.FromSlash(text)
	}
}

var layoutWord = regexp.MustCompile(`\{([^{}]*)\}`)

func readLayout(r *reader, n *yaml.Node, a *Archive) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	for _, word := range layoutWord.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(LayoutWords, word[1]) {
			hint := "known: " + strings.Join(LayoutWords, ", ")
			if near := Nearest(word[1], LayoutWords); near != "" {
				hint = fmt.Sprintf("did you mean {%s}?", near)
			}
			r.fail(n, "unknown word {%s} (%s)", strings.Trim(quoted(word[1]), `"`), hint)
			return
		}
	}
	bare := layoutWord.ReplaceAllString(text, "x")
	switch {
	case strings.ContainsAny(bare, "{}"):
		r.fail(n, "%s has a brace without its partner", shown(n))
	case !strings.Contains(text, "{time}"):
		r.fail(n, "%s has no {time}: files would overwrite each other", shown(n))
	case !strings.HasSuffix(text, ".jpg"):
		r.fail(n, "%s does not end in .jpg", shown(n))
	case strings.ContainsAny(bare, `\:*?"<>|`) || !filepath.IsLocal(filepath.FromSlash(bare)):
		r.fail(n, "%s must be a path below the archive, with / between folders", shown(n))
	default:
		a.Layout = text
	}
}

func readThinning(r *reader, n *yaml.Node, a *Archive) {
	words := wordTexts([]ThinEvery{ThinAll, ThinHourly, ThinDaily, ThinWeekly, ThinMonthly})
	for _, item := range r.items(n) {
		text, ok := r.scalar(item)
		if !ok {
			continue
		}
		every, age, _ := strings.Cut(text, " ")
		d, err := parseDuration(strings.TrimSpace(age), 0, ageUnits)
		if !slices.Contains(words, every) || err != nil || d <= 0 {
			r.fail(item, "%s is not a step: write one of %s and an age, such as \"hourly 30d\"", shown(item), strings.Join(words, ", "))
			continue
		}
		if last := len(a.Thinning) - 1; last >= 0 && (a.Thinning[last].For >= d ||
			slices.Index(words, string(a.Thinning[last].Every)) >= slices.Index(words, every)) {
			r.fail(item, "%s must keep fewer files, and up to a greater age, than the step before it", shown(item))
			continue
		}
		a.Thinning = append(a.Thinning, Thin{ThinEvery(every), d})
	}
}

func readLabels(r *reader, n *yaml.Node, a *Archive) {
	for _, p := range r.pairs(n) {
		if !r.checkName(p.key, "label", p.key.Value) {
			continue
		}
		r.under(p.key.Value, func() {
			if d, ok := r.age(p.value); ok {
				a.Labels = append(a.Labels, LabelKeep{p.key.Value, d})
			}
		})
	}
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

// readCopyTo keeps credentials out: they come from the environment.
func readCopyTo(r *reader, n *yaml.Node, a *Archive) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	if !strings.Contains(text, "://") {
		a.CopyTo = text
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		r.fail(n, "is not a folder or an address such as s3://bucket")
	case u.User != nil:
		r.fail(n, "no credentials in the address: they come from the environment")
	case u.Scheme == "s3" && u.Host != "" || u.Scheme == "file" && u.Path != "":
		a.CopyTo = text
	case u.Scheme == "s3":
		r.fail(n, "the address names no bucket (s3://bucket)")
	default:
		r.fail(n, "scheme %s is none of s3, file", quoted(u.Scheme))
	}
}

package site

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/clock"
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
	Watch     []ArchiveWatch // what the pictures are looked through for

	CopyTo   *CopyTo       // a second place; nil: none
	CopyKeep time.Duration // age after which a file there goes; 0: no bound
	CopyRate int64         // bytes a second that are sent there; 0: no bound
}

// ArchiveWatch is a fault that is looked for in each picture.
type ArchiveWatch string

// The words of watch.
const (
	WatchFrozen  ArchiveWatch = "frozen"
	WatchDark    ArchiveWatch = "dark"
	WatchBlurred ArchiveWatch = "blurred"
)

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

// DefaultArchive is the archive of a site that says nothing more of it.
func DefaultArchive() Archive {
	return Archive{Path: filepath.FromSlash("data/archive"), Layout: defaultLayout, Watch: []ArchiveWatch{WatchFrozen}}
}

const defaultLayout = "{device}/{channel}/{date}/{time}.jpg"

var archiveFields = []field[Archive]{
	{name: "path", kind: "text", def: "data/archive", meaning: "folder of the archive, relative to the site", read: readArchivePath},
	{name: "layout", kind: "text", def: defaultLayout, meaning: "path of a file below it; words in braces: " + strings.Join(LayoutWords, " "), read: readLayout},
	{name: "keep", kind: "age", def: "for ever", meaning: "age after which a file is deleted",
		rules: rules{alone: []string{"thinning"}, reason: "thinning says how long files are kept"},
		read: func(r *reader, n *yaml.Node, a *Archive) {
			if d, ok := r.age(n); ok {
				a.Keep = d
			}
		}},
	{name: "thinning", kind: "list of texts", pattern: `^(all|hourly|daily|weekly|monthly) +([0-9.]+(ms|[ywdhms]))+$`, meaning: "instead of keep: [all 2d, hourly 30d, daily 1y] keeps fewer files the older they are", read: readThinning},
	{name: "labels", kind: "map", meaning: "label: age, for files that are kept longer or shorter", read: readLabels,
		sub: func(path string) []Key {
			return []Key{{Path: path + ".NAME", Type: "age", Meaning: "age after which files with this label are deleted"}}
		}},
	{name: "max_size", kind: "size from 1MB", def: "no bound", meaning: "size of the archive above which the oldest files are deleted",
		read: sizeField(func(a *Archive) *int64 { return &a.MaxSize }, 1e6, "1MB")},
	{name: "min_free", kind: "size from 0", def: "no bound", meaning: "space that stays free on the disk: below it the oldest files are deleted",
		read: sizeField(func(a *Archive) *int64 { return &a.MinFree }, 0, "0")},
	{name: "schedules", kind: "list", meaning: "snapshots that are taken without a script", read: readSchedules,
		sub: func(path string) []Key { return keysOf(path+"[]", scheduleFields) }},
	{name: "watch", kind: "list of words: frozen | dark | blurred", def: "[frozen]", meaning: "faults that pictures are looked through for, each an event for scripts: frozen, dark, blurred; the last two decode every picture", read: readWatch},
	{name: "copy_to", kind: "text", def: "", meaning: "a second place for every file: a folder, or an address such as s3://bucket?endpoint=https://host&region=eu-central-1&prefix=site", read: readCopyTo},
	{name: "copy_keep", kind: "age", def: "for ever", meaning: "age after which a file in the second place is deleted",
		rules: rules{with: "copy_to", reason: "there is no second place"},
		read: func(r *reader, n *yaml.Node, a *Archive) {
			if d, ok := r.age(n); ok {
				a.CopyKeep = d
			}
		}},
	{name: "copy_rate", kind: "size from 1KB", def: "no bound", meaning: "bytes a second that are sent to the second place",
		rules: rules{with: "copy_to", reason: "there is no second place"},
		read:  sizeField(func(a *Archive) *int64 { return &a.CopyRate }, 1e3, "1KB")},
}

func readArchive(r *reader, n *yaml.Node, into *Site) {
	a := DefaultArchive()
	given := readMap(r, n, archiveFields, &a)
	if given["path"] == nil {
		r.checkArchivePath(n, a.Path)
	}
	checkRules(r, n, archiveFields, given)
	if a.CopyTo != nil {
		if problem := a.CopyTo.clash(r.dir, a.Path); problem != "" {
			r.under("copy_to", func() { r.fail(given["copy_to"], "%s", problem) })
		}
	}
	into.Archive = &a
	r.afterwards(func(s *Site) {
		if layout := given["layout"]; layout != nil {
			r.under("layout", func() { r.checkCollisions(layout, s) })
		} else {
			r.checkCollisions(n, s)
		}
	})
}

func (r *reader) age(n *yaml.Node) (time.Duration, bool) {
	d, ok := r.duration(n, clock.ParseAge)
	if ok && d < time.Minute && isDigits(n.Value) {
		r.fail(n, "%s is seconds; days are written %sd", shown(n), n.Value)
		return 0, false
	}
	return d, ok && r.within(n, d, time.Second, time.Minute, clock.MaxDuration)
}

func readThinning(r *reader, n *yaml.Node, a *Archive) {
	words := wordTexts([]ThinEvery{ThinAll, ThinHourly, ThinDaily, ThinWeekly, ThinMonthly})
	for _, item := range r.items(n) {
		text, ok := r.scalar(item)
		if !ok {
			continue
		}
		every, age, _ := strings.Cut(text, " ")
		d, err := clock.ParseAge(strings.TrimSpace(age))
		if !slices.Contains(words, every) || err != nil || d <= 0 || strings.Trim(age, " .0123456789") == "" {
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

func readWatch(r *reader, n *yaml.Node, a *Archive) {
	a.Watch = nil
	for _, item := range r.items(n) {
		word, ok := r.word(item, wordTexts([]ArchiveWatch{WatchFrozen, WatchDark, WatchBlurred}))
		if ok && !slices.Contains(a.Watch, ArchiveWatch(word)) {
			a.Watch = append(a.Watch, ArchiveWatch(word))
		}
	}
}

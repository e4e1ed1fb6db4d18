package rehearsal

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
	// farOff is how far ahead the archive is reckoned.
	farOff = 20 * year
	// muchAYear is what an archive without any bound grows by in a year until that
	// is a finding, in bytes.
	muchAYear = 50e9
)

// shots are the pictures of the span.
type shots struct {
	taken map[headKey]*taken // by channel
	kept  map[seriesKey]int  // in the archive
}

// taken are the pictures that a channel was asked for.
type taken struct{ main, sub int }

// seriesKey is what the archive thins out together: the pictures of a channel
// under one label.
type seriesKey struct {
	channel headKey
	label   string
}

func (s *shots) init() {
	s.taken = make(map[headKey]*taken)
	s.kept = make(map[seriesKey]int)
}

// seePicture counts pictures.
func (f *finder) seePicture(e journal.Entry) {
	channel := headKey{e.Device, e.Channel}
	switch {
	case e.Kind == journal.Picture:
		f.shots.kept[seriesKey{channel, e.Name}]++
	case e.Kind == journal.Command && e.What == "snapshot" && e.Err == nil:
		if f.shots.taken[channel] == nil {
			f.shots.taken[channel] = new(taken)
		}
		if e.Detail == "sub" {
			f.shots.taken[channel].sub++
		} else {
			f.shots.taken[channel].main++
		}
	}
}

// endShots tells of the day on which max_size bites, that is, pictures go before
// they are as old as keep, thinning and labels ask for. How much the disk has free
// is another machine's matter. A span of less than a day says nothing of others.
func (f *finder) endShots() {
	a := f.site.Archive
	days := f.to.Sub(f.from).Hours() / 24
	if a == nil || days < 1 || len(f.shots.kept) == 0 || f.o.PictureSize == nil {
		return
	}
	series := slices.SortedFunc(maps.Keys(f.shots.kept), func(a, b seriesKey) int { // sums of floats depend on the order
		return cmp.Or(strings.Compare(a.channel.device, b.channel.device), a.channel.channel-b.channel.channel, strings.Compare(a.label, b.label))
	})
	perDay, stored, full := 0.0, 0.0, 0
	for n := 1; n <= int(farOff/day); n++ {
		grown := 0.0 // what the archive has more after n days than after one day less
		for _, key := range series {
			count, bytes := float64(f.shots.kept[key])/days, f.sizeOf(key.channel)
			if n == 1 {
				perDay += count * bytes
			}
			grown += keptOf(a, key.label, time.Duration(n-1)*day, count) * bytes
		}
		stored += grown
		if a.MaxSize > 0 && stored > float64(a.MaxSize) && full == 0 {
			full = n
		}
		if grown == 0 {
			break
		}
	}
	one := timeline.Finding{Kind: archiveLimit, Time: f.from}
	switch {
	case full > 0:
		one.Text = fmt.Sprintf("at about %s a day the archive has max_size (%s) on %s: from then on the oldest pictures go before their time",
			roughly(perDay), site.FormatSize(a.MaxSize), f.from.In(f.site.Timezone).AddDate(0, 0, full).Format("Mon 2006-01-02"))
		one.Remedy = fmt.Sprintf("set max_size to %s, which is all that the archive will ever have, or keep or thinning to less, or take fewer or smaller pictures (stream = \"sub\")", roughly(stored))
		if len(a.Thinning) == 0 && a.Keep == 0 {
			one.Remedy = "nothing, if that will do; else raise max_size, or take fewer or smaller pictures (stream = \"sub\")"
		}
	case a.MaxSize == 0 && a.Keep == 0 && len(a.Thinning) == 0 && perDay*365 >= muchAYear:
		one.Text = fmt.Sprintf("the archive grows by about %s a day, and nothing bounds it", roughly(perDay))
		one.Remedy = "set keep, thinning or max_size below archive: in site.yaml"
	default:
		return
	}
	f.note("", one)
}

// sizeOf is about how many bytes a picture of a channel has.
func (f *finder) sizeOf(channel headKey) float64 {
	size := func(sub bool) float64 { return float64(f.o.PictureSize(channel.device, channel.channel, sub)) }
	t := f.shots.taken[channel]
	if t == nil {
		return size(false)
	}
	return (size(false)*float64(t.main) + size(true)*float64(t.sub)) / float64(t.main+t.sub)
}

// keptOf is how many of a day's pictures are still there at an age.
func keptOf(a *site.Archive, label string, age time.Duration, perDay float64) float64 {
	if i := slices.IndexFunc(a.Labels, func(l site.LabelKeep) bool { return l.Label == label }); i >= 0 {
		if age < a.Labels[i].Keep {
			return perDay
		}
		return 0
	}
	for _, step := range a.Thinning {
		if age < step.For {
			return min(perDay, perThinned[step.Every])
		}
	}
	if len(a.Thinning) > 0 || a.Keep > 0 && age >= a.Keep {
		return 0
	}
	return perDay
}

// perThinned is how many pictures a day a step of thinning keeps at most.
var perThinned = map[site.ThinEvery]float64{
	site.ThinAll: 1e12, site.ThinHourly: 24, site.ThinDaily: 1, site.ThinWeekly: 1.0 / 7, site.ThinMonthly: 12.0 / 365,
}

// roughly is a size with two digits, as site.yaml takes it: "2.4GB".
func roughly(bytes float64) string {
	unit, name := 1e6, "MB"
	for _, larger := range []string{"GB", "TB"} {
		if bytes/unit >= 1000 {
			unit, name = unit*1000, larger
		}
	}
	n := bytes / unit
	if n < 9.95 {
		return strconv.FormatFloat(n, 'f', 1, 64) + name
	}
	scale := 1.0
	for n/scale >= 99.5 {
		scale *= 10
	}
	return strconv.FormatFloat(math.Round(n/scale)*scale, 'f', 0, 64) + name
}

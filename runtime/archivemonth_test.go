package runtime

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
)

const monthSite = `timezone: Europe/Berlin
devices:
  gate: {simulate: ptz, status_interval: 1h, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr, status_interval: 1h}
archive:
  layout: "{device}/{channel}/{date}/{time}-{label}.jpg"
  thinning: [all 1d, hourly 4d, daily 12d, weekly 25d]
  labels: {night: 6d, alarm: 20d}
  schedules:
    - {channels: [gate/yard], every: 15m, label: routine}
    - {channels: [nvr/1, nvr/2], every: 30m}
    - {channels: [gate/yard], at: "02:30", label: night}
`

// monthScript takes a picture of its own now and then.
const monthScript = `hik.every("7h", function() hik.snapshot("gate", 1):archive{label = "alarm"} end)`

// shot is a picture that a month should have.
type shot struct {
	taken         time.Time
	device, label string
	channel       int
	path          string
}

// monthOfShots says which pictures a month brings, by the calendar.
func monthOfShots(start, end time.Time, zone *time.Location, offline func(device string, at time.Time) bool) []shot {
	var all []shot
	add := func(at time.Time, device string, channel int, label string) {
		if at.After(start) && !at.After(end) && !offline(device, at) {
			all = append(all, shot{taken: at, device: device, channel: channel, label: label})
		}
	}
	// The hours of this zone begin with those of the world.
	for at := start.Truncate(15 * time.Minute); !at.After(end); at = at.Add(15 * time.Minute) {
		add(at, "gate", 1, "routine")
		if at.Minute()%30 == 0 {
			add(at, "nvr", 1, "")
			add(at.Add(30*time.Second), "nvr", 2, "")
		}
	}
	for at := start.Add(7 * time.Hour); !at.After(end); at = at.Add(7 * time.Hour) {
		add(at, "gate", 1, "alarm")
	}
	for at, day := start, ""; at.Before(end); at = at.Add(time.Minute) {
		if local := at.In(zone); local.Format("15:04") >= "02:30" && local.Format("2006-01-02") != day {
			if day = local.Format("2006-01-02"); local.Format("15:04") <= "03:00" {
				add(at, "gate", 1, "night") // at 03:00 where there is no 02:30
			}
		}
	}
	slices.SortStableFunc(all, func(a, b shot) int { return a.taken.Compare(b.taken) })
	taken := make(map[string]int)
	for i := range all {
		s := &all[i]
		name := fmt.Sprintf("%s/%d/%s", s.device, s.channel, s.taken.In(zone).Format("2006-01-02/15-04-05"))
		if s.label != "" {
			name += "-" + s.label
		}
		if taken[name]++; taken[name] > 1 {
			name += fmt.Sprint("-", taken[name]) // the second pass of the hour in autumn
		}
		s.path = name + ".jpg"
	}
	return all
}

// keptShots are those that the rules of monthSite leave, by the calendar.
func keptShots(all []shot, now time.Time, zone *time.Location) []string {
	const day = 24 * time.Hour
	own := map[string]time.Duration{"night": 6 * day, "alarm": 20 * day}
	first := func(list []shot, from time.Duration, slot func(time.Time) string) []shot {
		seen := make(map[string]bool)
		return slices.DeleteFunc(list, func(s shot) bool {
			if own[s.label] > 0 || now.Sub(s.taken) < from {
				return false
			}
			key := fmt.Sprint(s.device, s.channel, s.label, slot(s.taken.In(zone)))
			again := seen[key]
			seen[key] = true
			return again
		})
	}
	left := first(slices.Clone(all), day, func(t time.Time) string { return t.Format("2006-01-02 15 -07") })
	left = first(left, 4*day, func(t time.Time) string { return t.Format("2006-01-02") })
	left = first(left, 12*day, func(t time.Time) string { return fmt.Sprint(t.ISOWeek()) })
	var paths []string
	for _, s := range left {
		keep := own[s.label]
		if keep == 0 {
			keep = 25 * day
		}
		if now.Sub(s.taken) >= keep {
			continue
		}
		paths = append(paths, s.path)
	}
	slices.Sort(paths)
	return paths
}

// A month of archiving, by schedules and a script, over each change of the clocks,
// with a recorder that is away now and then: the archive has what the calendar
// says, file by file, and can prove it.
func TestAMonthOfArchiving(t *testing.T) {
	if testing.Short() {
		t.Skip("two months of one minute each take some seconds")
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	small := func(o *sim.Options) { // a month of large pictures takes long to draw
		one := sim.ChannelOptions{MainWidth: 64, MainHeight: 48, SubWidth: 64, SubHeight: 48}
		o.Channels = []sim.ChannelOptions{one, one}
		if o.Model == sim.PTZ {
			o.Channels = o.Channels[:1]
		}
	}
	for _, begin := range []time.Time{
		time.Date(2026, 3, 14, 12, 7, 0, 0, zone),  // 02:00 to 03:00 on the 29th
		time.Date(2026, 10, 10, 12, 7, 0, 0, zone), // 03:00 to 02:00 on the 25th
	} {
		t.Run(begin.Format("January"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, monthSite, map[string]string{"scripts/a.lua": monthScript}, small)
			w.host.archiving.noSync = true
			w.clk.Jump(begin.Sub(w.clk.Now()))
			w.start()
			w.run(0)
			end := begin.AddDate(0, 1, 0)
			away := [][2]time.Time{
				{begin.AddDate(0, 0, 3), begin.AddDate(0, 0, 4)},
				{end.Add(-100 * time.Hour), end.Add(-90 * time.Hour)},
				{end.Add(-10 * time.Hour), end.Add(-5 * time.Hour)},
			}
			for _, span := range away {
				w.clk.Run(span[0])
				w.fault("nvr", "offline")
				w.clk.Run(span[1])
				w.devices["nvr"].SetFaults()
			}
			w.clk.Run(end)
			all := monthOfShots(begin, end, zone, func(device string, at time.Time) bool {
				return device == "nvr" && slices.ContainsFunc(away, func(span [2]time.Time) bool { return at.After(span[0]) && at.Before(span[1]) })
			})
			w.clk.Do(func() {
				err := w.host.UseArchive(context.Background(), func(_ *index.Index, k *retention.Keeper) error {
					_, err := k.Prune(context.Background(), nil)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(keptShots(all, w.clk.Now(), zone), w.pictures()); diff != "" {
				t.Error(diff)
			}
			st := w.host.Status().Archive
			if st == nil || st.Error != nil || int(st.Files) != len(w.pictures()) {
				t.Errorf("%+v", st)
			}
			w.end()
			w.clk.Do(func() {
				report, err := index.Verify(context.Background(), filepath.Join(w.dir, "data/archive"), index.VerifyOptions{Clock: w.clk})
				if err != nil || len(report.Findings) > 0 || report.Files != st.Files {
					t.Errorf("%v %+v", err, report)
				}
			})
		})
	}
}

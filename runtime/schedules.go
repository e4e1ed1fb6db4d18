package runtime

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/site"
)

// What archive.schedules of site.yaml asks for are the jobs of a script whose
// functions are the host's own: they are seen, run by hand, reloaded and queued
// as those of other scripts are. A channel has a job for each of its schedules,
// so that none waits for another one: not for a device that does not answer, nor
// for a head that a tour has for itself.

const (
	// spreadMost is how long after its time a picture is taken at most, so that
	// those of one schedule are not all asked for at once.
	spreadMost = time.Minute
	// spreadPart is the part of the time to the next pictures that these may take.
	spreadPart = 4
	// listEvery is how often a device is asked for its channels, where a
	// schedule is for all of them; listAgain, as long as it has not answered.
	listEvery = time.Hour
	listAgain = 15 * time.Second
)

// syncSchedules puts the schedules of site.yaml in the place of those that run.
// Its caller has siteTurn.
func (h *Host) syncSchedules(before *site.Site) {
	now := h.site()
	h.mu.Lock()
	old := h.schedules
	h.mu.Unlock()
	if old != nil && sameSchedules(before, now) || old == nil && !hasSchedules(now) {
		return
	}
	var next *script
	if hasSchedules(now) {
		var err error
		if next, err = h.newSchedules(); err != nil {
			h.logLoadError(site.FileName, "archive.schedules not taken over", err)
			return
		}
	}
	if old != nil {
		jobs := old.allJobs()
		old.stop(errReload)
		if next != nil {
			next.follow(jobs)
		}
	}
	h.mu.Lock()
	if h.stopping {
		h.mu.Unlock()
		if next != nil {
			next.close(errShutdown)
		}
		return
	}
	h.schedules = next
	h.mu.Unlock()
	if next != nil {
		next.goLive()
	}
}

func hasSchedules(s *site.Site) bool { return s.Archive != nil && len(s.Archive.Schedules) > 0 }

// sameSchedules reports whether two sites take the same pictures at the same
// times.
func sameSchedules(a, b *site.Site) bool {
	if a == b {
		return true
	}
	if hasSchedules(a) != hasSchedules(b) || a.TimezoneName != b.TimezoneName || !reflect.DeepEqual(a.Location, b.Location) {
		return false
	}
	plain := func(s *site.Site) (list []site.ArchiveSchedule) {
		for _, one := range s.Archive.Schedules {
			one.Line, one.Col = 0, 0
			list = append(list, one)
		}
		return list
	}
	channels := func(s *site.Site) (list []string) {
		for _, d := range s.Devices {
			list = append(list, fmt.Sprint(d.Name, " ", d.Channels))
		}
		return list
	}
	return !hasSchedules(a) || reflect.DeepEqual(plain(a), plain(b)) && slices.Equal(channels(a), channels(b))
}

// newSchedules makes the script of the schedules, without letting it go live.
func (h *Host) newSchedules() (*script, error) {
	s := h.newScript(site.FileName, site.FileName, Output{})
	err := loaded(s.beginLoadBy(func(*task, *lua.LState) error {
		for i := range s.site.Archive.Schedules {
			if err := s.addSchedule(&s.site.Archive.Schedules[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		s.close(errCancelled)
		return nil, err
	}
	return s, nil
}

// unplannedSchedules are the pictures of which it is not known before a device
// was asked for its channels.
func (h *Host) unplannedSchedules() (list []Unplanned) {
	s := &script{version: version{site: h.site()}}
	for i := range s.site.Archive.Schedules {
		for _, one := range s.seriesOf(&s.site.Archive.Schedules[i]) {
			if one.all {
				list = append(list, Unplanned{
					Script: site.FileName, Job: strings.TrimSpace(one.device + "/* " + one.Label),
					Why: "the device is asked for its channels when the host runs",
				})
			}
		}
	}
	return list
}

// series is a schedule for the channels of one device.
type series struct {
	*site.ArchiveSchedule
	script *script
	device string
	plan   schedule.Schedule
	spread time.Duration // that its pictures may take
	lead   float64       // of the first: a part of the time from channel to channel
	jobs   map[int]*job  // by channel
	all    bool          // all channels that the device has
	listed bool          // and it has told which these are; guarded by script.mu
}

func (s *script) addSchedule(a *site.ArchiveSchedule) error {
	plan, err := a.Plan(s.site)
	if err != nil {
		return err
	}
	all := s.seriesOf(a)
	for i, one := range all {
		one.plan, one.spread, one.lead = plan, spreadOf(plan, s.host.clk.Now()), float64(i)/float64(len(all))
		known := one.known()
		one.addJobs(known)
		s.mu.Lock()
		s.series = append(s.series, one)
		s.mu.Unlock()
		if !one.all {
			continue
		}
		t, err := s.newTask(taskSpec{name: "channels of " + one.device})
		if err != nil {
			return err
		}
		s.hold(func() { t.start(func(L *lua.LState) error { return one.follow(t, L, known) }) })
	}
	return nil
}

// seriesOf takes a schedule apart by devices, in the order of site.yaml.
func (s *script) seriesOf(a *site.ArchiveSchedule) (list []*series) {
	for _, d := range s.site.Devices {
		one := &series{ArchiveSchedule: a, script: s, device: d.Name, jobs: make(map[int]*job)}
		matches := false
		for _, pattern := range a.Channels {
			device, channel, _ := strings.Cut(pattern, "/")
			matches = matches || device == d.Name || device == "*"
			one.all = one.all || (device == d.Name || device == "*") && channel == "*"
		}
		if matches {
			list = append(list, one)
		}
	}
	return list
}

// known are the channels that site.yaml names, by number.
func (one *series) known() (list []int) {
	d, _ := one.script.site.Device(one.device)
	add := func(number int) {
		if !slices.Contains(list, number) {
			list = append(list, number)
		}
	}
	for _, pattern := range one.Channels {
		device, channel, _ := strings.Cut(pattern, "/")
		if device != d.Name && device != "*" {
			continue
		}
		for _, c := range d.Channels {
			if channel == "*" || channel == c.Name {
				add(c.Address)
			}
		}
		if number, err := strconv.Atoi(channel); err == nil {
			add(number)
		}
	}
	slices.Sort(list)
	return list
}

// spreadOf is the time that the pictures of one time of a plan may take.
func spreadOf(plan schedule.Schedule, now time.Time) time.Duration {
	runs, least := schedule.Preview(plan, now, 10), spreadMost*spreadPart
	for i := 1; i < len(runs); i++ {
		least = min(least, runs[i].Time.Sub(runs[i-1].Time))
	}
	return least / spreadPart
}

// addJobs adds a job for each of the channels that has none, and takes those
// away of others. The script's lock is held.
func (one *series) addJobs(channels []int) {
	s := one.script
	for _, number := range slices.Sorted(maps.Keys(one.jobs)) {
		if !slices.Contains(channels, number) {
			one.jobs[number].Stop()
			delete(one.jobs, number)
		}
	}
	for i, number := range channels {
		delay := time.Duration((float64(i) + one.lead) / float64(len(channels)) * float64(one.spread))
		if j := one.jobs[number]; j != nil {
			j.delayBy(delay)
			continue
		}
		spec := luaapi.JobSpec{
			Kind: one.kind(), When: one.plan.String(), Interval: one.Every, Place: fmt.Sprintf("%s:%d", s.file, one.Line),
			OnReload: "finish", Fn: s.L.NewFunction(func(L *lua.LState) int { return one.take(L, number) }),
		}
		j := &job{script: s, spec: spec, plan: one.plan, fixed: true, delay: delay, name: one.jobName(number)}
		j.wants = &gaps.Series{Device: one.device, Channel: number, Name: one.channelName(number), Label: one.Label, Due: one.plan}
		if err := s.register(j); err != nil {
			return // the script ends
		}
		one.jobs[number] = j
	}
}

func (one *series) kind() string {
	switch {
	case one.Cron != "":
		return "cron"
	case one.At != "":
		return "at"
	}
	return "every"
}

// jobName is "gate/yard", or "gate/yard routine" with a label.
func (one *series) jobName(number int) string {
	name := cmp.Or(one.channelName(number), strconv.Itoa(number))
	return strings.TrimSpace(one.device + "/" + name + " " + one.Label)
}

// channelName is what site.yaml calls a channel; "": nothing.
func (one *series) channelName(number int) string {
	d, _ := one.script.site.Device(one.device)
	for _, c := range d.Channels {
		if c.Address == number {
			return c.Name
		}
	}
	return ""
}

// follow asks a device for its channels from time to time, and takes pictures of
// all that it has enabled, besides those that site.yaml names.
func (one *series) follow(t *task, L *lua.LState, known []int) error {
	told := false
	for {
		var list []isapi.Channel
		wait := listEvery
		err := t.Wait(L, func(ctx context.Context) error {
			dev, err := one.script.host.device(one.device)
			if err != nil {
				return err
			}
			return dev.Do(ctx, luaapi.Command{What: "channels"}, func(ctx context.Context, client *isapi.Client) (err error) {
				list, err = client.Channels(ctx)
				return err
			})
		})
		if end := clock.Cause(t.ctx); end != nil {
			return end
		}
		if err == nil {
			channels := slices.Clone(known)
			for _, c := range list {
				if c.Enabled && !slices.Contains(channels, c.ID) {
					channels = append(channels, c.ID)
				}
			}
			slices.Sort(channels)
			one.addJobs(channels)
			one.script.mu.Lock()
			one.listed = true
			one.script.mu.Unlock()
			one.script.host.followGaps()
		} else {
			wait = listAgain
			if !told {
				told = true
				one.script.host.log.LogAttrs(t.ctx, slog.LevelWarn, "pictures of all channels: the device has not told yet which it has",
					slog.String(keyDevice, one.device), slog.Any(keyError, err))
			}
		}
		err = t.Wait(L, func(ctx context.Context) error { return clock.Sleep(ctx, one.script.host.clk, wait) })
		if err != nil {
			return err
		}
	}
}

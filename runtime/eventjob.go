package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/schedule"
)

// maxKept bounds the events that are held for a handler of a new generation
// while the old one stops.
const maxKept = 256

// handler is what a job has that runs on events. Its fields are guarded by
// script.mu, except for listener, which is set once.
type handler struct {
	listener *device.Listener
	filter   schedule.Filter

	ready   bool // the script is live; until then events are kept
	kept    []luaapi.Firing
	dropped int
	// open are the alarms whose start was let through: their stop is too,
	// though it may come outside the hours of the handler.
	open map[alarmKey]bool
	heir *job // of the next generation, once it listens in this one's place
}

// alarmKey tells one alarm of a device from another.
type alarmKey struct {
	kind                  string
	channel, region, port int
}

// onEvent is the schedule of a handler: no time is known.
type onEvent struct{ what string }

func (onEvent) Next(time.Time) time.Time { return time.Time{} }

func (o onEvent) String() string { return "on " + o.what }

// handle makes a handler of a job, if it is one.
func (j *job) handle() error {
	spec := j.spec
	if spec.Event == nil {
		return nil
	}
	zone := j.script.site.Timezone
	if spec.Timezone != "" {
		var err error
		if zone, err = schedule.Zone(spec.Timezone); err != nil {
			return fmt.Errorf("timezone %w", err)
		}
	}
	filter, err := schedule.ParseFilter(spec.Days, spec.Between, zone, j.script.place())
	if err != nil {
		return err
	}
	j.on = &handler{filter: filter, open: make(map[alarmKey]bool)}
	j.on.listener = &device.Listener{Spec: *spec.Event, Tell: j.receive}
	return nil
}

// listen lets the handler run: first for what was kept for it.
func (j *job) listen() {
	s := j.script
	s.host.devices.Hub().Add(j.on.listener)
	s.mu.Lock()
	if j.stopped { // since it was registered
		s.mu.Unlock()
		j.unlisten()
		return
	}
	defer s.mu.Unlock()
	j.began = s.host.clk.Now()
	j.on.ready = true
	kept := j.on.kept
	j.on.kept = nil
	if j.on.dropped > 0 {
		s.host.log.Warn("events were lost while the script was reloaded: there were too many",
			keyScript, s.name, keyJob, j.name, "lost", j.on.dropped)
	}
	for _, f := range kept {
		f.Name = j.name
		j.begin(f)
	}
}

// unlisten is called without script.mu.
func (j *job) unlisten() {
	if j.on != nil {
		j.script.host.devices.Hub().Remove(j.on.listener)
	}
}

// receive takes an event from the hub.
func (j *job) receive(ev *luaapi.Event, value, chain any) {
	s := j.script
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.host.clk.Now()
	f := luaapi.Firing{Name: j.name, Scheduled: now, Event: ev, Value: value, Chain: chain}
	if call, ok := value.(*luaapi.HookCall); ok {
		f.Ended = call.Ended
	}
	switch {
	case j.stopped:
		drop(f, errCancelled)
	case !j.on.letsThrough(ev, now):
		drop(f, errNotNow)
	default:
		j.take(f)
	}
}

// letsThrough asks days and between.
func (o *handler) letsThrough(ev *luaapi.Event, now time.Time) bool {
	in := o.filter.Match(now)
	if o.listener.Spec.State != "both" || ev.Device == "" {
		return in
	}
	key := alarmKey{ev.Type, ev.Channel, ev.Region, ev.Port}
	if ev.State == "start" {
		if in {
			o.open[key] = true
		}
		return in
	}
	started := o.open[key]
	delete(o.open, key)
	return in || started
}

// take begins a run, or keeps it until the script is live. Called with
// script.mu held.
func (j *job) take(f luaapi.Firing) {
	if j.on.ready {
		j.begin(f)
		return
	}
	j.on.kept = append(j.on.kept, f)
	if len(j.on.kept) > maxKept {
		drop(j.on.kept[0], j.busyError())
		j.on.kept = slices.Delete(j.on.kept, 0, 1)
		j.on.dropped++
	}
}

// inheritHandlers lets the handlers of a new generation listen in the place of
// the old one's. What comes from now on is kept for them until they are live, and
// so are the runs that the old ones had queued.
func (h *Host) inheritHandlers(old, s *script) {
	next := s.allJobs()
	var before, after []*device.Listener
	var heirs []func()
	for _, j := range next {
		if j.on != nil {
			after = append(after, j.on.listener)
		}
	}
	for _, o := range old.allJobs() {
		if o.on == nil {
			continue
		}
		before = append(before, o.on.listener)
		i := slices.IndexFunc(next, func(j *job) bool { return j.on != nil && j.name == o.name })
		if i < 0 {
			continue
		}
		old.mu.Lock()
		o.on.heir = next[i]
		old.mu.Unlock()
		heirs = append(heirs, func() {
			old.mu.Lock()
			queued, open := o.queued, o.on.open
			o.queued, o.on.open = nil, make(map[alarmKey]bool)
			old.mu.Unlock()
			s.mu.Lock()
			defer s.mu.Unlock()
			next[i].on.kept = append(queued, next[i].on.kept...)
			for key := range open {
				next[i].on.open[key] = true
			}
		})
	}
	h.devices.Hub().Swap(before, after)
	for _, inherit := range heirs {
		inherit()
	}
}

// passOn gives a run that never came to its first line to the next
// generation, and reports whether there is one: the reload came between the event
// and its handler.
func (j *job) passOn(f luaapi.Firing) bool {
	j.script.mu.Lock()
	var heir *job
	if j.on != nil {
		heir = j.on.heir
	}
	j.script.mu.Unlock()
	if heir == nil {
		return false
	}
	heir.script.mu.Lock()
	stopped := heir.stopped
	if !stopped {
		f.Name = heir.name
		heir.take(f)
	}
	heir.script.mu.Unlock()
	return !stopped || heir.passOn(f)
}

// byHand is the run that job:run() asks for. A handler gets an event that did
// not happen: it has no native type.
func (j *job) byHand() luaapi.Firing {
	now := j.script.host.clk.Now()
	f := luaapi.Firing{Name: j.name, Scheduled: now}
	if e := j.spec.Event; e != nil {
		f.Event = &luaapi.Event{Type: e.Type, State: "start", Channel: e.Channel, Time: now}
		if e.Device != nil {
			f.Event.Device = e.Device.Name()
		}
		if e.State == "stop" {
			f.Event.State = "stop"
		}
	}
	return f
}

// skipped tells of a run that overlap forbade. Events come often; that a
// handler is still at work is what its author chose.
func (j *job) skipped() {
	level := slog.LevelInfo
	if j.on != nil {
		level = slog.LevelDebug
	}
	j.skips++
	j.recordRun(journal.RunSkipped, nil, luaapi.Firing{Started: j.script.host.clk.Now()}, nil)
	j.script.host.log.LogAttrs(context.Background(), level, "run skipped: the one before still goes on",
		slog.String(keyScript, j.script.name), slog.String(keyJob, j.name))
}

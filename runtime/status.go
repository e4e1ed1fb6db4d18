package runtime

import (
	"cmp"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// The states of a script.
const (
	ScriptRunning = "running"
	ScriptHeld    = "held back"  // its tasks ran away too often
	ScriptBroken  = "not loaded" // no version of it ever loaded
	ScriptAside   = "set aside"  // by hand: see HoldScript
)

// Status is what a running host tells of itself at one moment. It holds no
// secrets. Times are in the site's zone.
type Status struct {
	Version    string         `json:"version"`
	PID        int            `json:"pid,omitempty"` // filled in by the program
	Started    time.Time      `json:"started"`
	Now        time.Time      `json:"now"`
	Site       SiteStatus     `json:"site"`
	StateError *ErrorStatus   `json:"state_error,omitempty"` // why hik.state is not kept
	Adrift     []AdriftHead   `json:"adrift,omitempty"`
	Archive    *ArchiveStatus `json:"archive,omitempty"`
	Notify     []NoticeStatus `json:"notify,omitempty"`  // the ways of notify in site.yaml
	Outside    []WayStatus    `json:"outside,omitempty"` // the page and the MQTT broker, where they do not work
	Cluster    *ClusterStatus `json:"cluster,omitempty"` // filled in by the program; nil: one host runs the site
	Devices    []DeviceStatus `json:"devices"`
	Scripts    []ScriptStatus `json:"scripts"`
	Jobs       []JobStatus    `json:"jobs"`
	Memory     uint64         `json:"memory_bytes"` // the heap
	Goroutines int            `json:"goroutines"`
}

// WayStatus is a way between the host and people or programs that site.yaml asks for,
// and that does not work.
type WayStatus struct {
	Name  string       `json:"name"`  // page, mqtt
	Error *ErrorStatus `json:"error"` // why, since its time
}

// ClusterStatus says which host of a cluster drives what.
type ClusterStatus struct {
	Host   string        `json:"host"`   // that tells this
	Quorum bool          `json:"quorum"` // a majority of the cluster answers
	Shares []ShareStatus `json:"shares"` // in the order of site.yaml
}

// ShareStatus is a share of the devices of a site.
type ShareStatus struct {
	Name   string `json:"name"`
	State  string `json:"state"`            // held, waning, free, nobody
	Holder string `json:"holder,omitempty"` // the host that drives the devices, or did last
	Term   uint64 `json:"term"`
}

// Held reports whether Holder drives the devices.
func (s ShareStatus) Held() bool { return s.State == "held" || s.State == "waning" }

// SiteStatus is the site as it runs.
type SiteStatus struct {
	Dir       string       `json:"dir"` // its full path
	Timezone  string       `json:"timezone"`
	Simulated bool         `json:"simulated,omitempty"` // some of its devices are
	Error     *ErrorStatus `json:"error,omitempty"`     // why the present site.yaml is not what runs
}

// AdriftHead is a head that was moving when an earlier host was killed, and that
// cannot be stopped: the site does not have its device any more.
type AdriftHead struct {
	Device  string `json:"device"`
	Address string `json:"address"`
	Channel int    `json:"channel"`
}

// ErrorStatus is an error for people.
type ErrorStatus struct {
	Time    *time.Time `json:"time,omitempty"`
	Kind    string     `json:"kind,omitempty"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
	Place   string     `json:"place,omitempty"` // scripts/tour.lua:3
}

// DeviceStatus is one device.
type DeviceStatus struct {
	device.Status
	Channels []ChannelStatus `json:"channels"`         // those of site.yaml; channel 1 where that has none
	Error    *ErrorStatus    `json:"error,omitempty"`  // why it is not online
	Share    string          `json:"share,omitempty"`  // that it belongs to, of a site with several
	Holder   string          `json:"holder,omitempty"` // elsewhere: the host that drives it; "": none does
}

// ChannelStatus is one channel of a device.
type ChannelStatus struct {
	ID   int    `json:"id"`
	Name string `json:"name,omitempty"` // in site.yaml
	Head *bool  `json:"head,omitempty"` // it has one that turns; nil: not known, as nothing was asked of it yet
}

// ScriptStatus is one file of scripts/.
type ScriptStatus struct {
	Name      string       `json:"name"`
	Share     string       `json:"share,omitempty"` // that it runs for, of a site with several
	State     string       `json:"state"`
	Since     *time.Time   `json:"since,omitempty"` // this version went live, or it was set aside
	HeldUntil *time.Time   `json:"held_until,omitempty"`
	Held      int          `json:"held,omitempty"` // how often since it was saved
	Tasks     []string     `json:"tasks"`          // that run
	Jobs      int          `json:"jobs"`
	LastError *ErrorStatus `json:"last_error,omitempty"`
	Edit      *ErrorStatus `json:"edit,omitempty"` // why what was saved last does not run
}

// JobStatus is one job.
type JobStatus struct {
	Script  string     `json:"script"`
	Name    string     `json:"job"`
	Share   string     `json:"share,omitempty"` // that its script runs for, of a site with several
	Kind    string     `json:"kind"`
	When    string     `json:"when"`
	Next    *time.Time `json:"next,omitempty"`
	Running int        `json:"running"`
	Queued  int        `json:"queued,omitempty"`
	Runs    int        `json:"runs"`              // since the script was loaded, as are the next two
	Failed  int        `json:"failed,omitempty"`  // of them
	Skipped int        `json:"skipped,omitempty"` // that did not begin, as the one before went on or the script was held back
	Last    *RunStatus `json:"last,omitempty"`
	Began   *time.Time `json:"began,omitempty"` // every counts from here
}

// RunStatus is a run that has ended. Of one before the script was loaded there is
// no error, and of one that ended with a crash no end.
type RunStatus struct {
	Scheduled time.Time    `json:"scheduled"`
	Started   *time.Time   `json:"started,omitempty"`
	Ended     *time.Time   `json:"ended,omitempty"`
	Outcome   string       `json:"outcome,omitempty"`  // ok, failed, cancelled
	Duration  float64      `json:"duration,omitempty"` // seconds
	Error     *ErrorStatus `json:"error,omitempty"`
}

// Status tells how everything is. It waits for nothing but short locks.
func (h *Host) Status() Status {
	now := h.clk.Now().In(h.site().Timezone)
	st := Status{
		Version: h.conf.Version, Now: now,
		Site:       SiteStatus{Dir: FullPath(h.site().Dir), Timezone: h.site().TimezoneName},
		Memory:     sandbox.Heap(),
		Goroutines: goruntime.NumGoroutine(),
		Devices:    []DeviceStatus{}, Jobs: []JobStatus{},
	}
	if err := h.SiteError(); err != nil {
		st.Site.Error = errorStatus(err)
	}
	st.StateError = h.stateError()
	st.Archive = h.archiveStatus()
	st.Notify = h.noticeStatus(h.site().Timezone)
	if h.conf.Outside != nil {
		st.Outside = OutsideStatus(h.conf.Outside(), h.site().Timezone)
	}
	for _, m := range h.devices.LeftMoving() {
		st.Adrift = append(st.Adrift, AdriftHead{m.Device, m.Address, m.Channel})
	}
	h.mu.Lock()
	st.Started = h.startedAt.In(h.site().Timezone)
	h.mu.Unlock()
	for _, d := range h.devices.All() {
		one := d.Status(h.site().Timezone)
		st.Devices = append(st.Devices, DeviceStatus{Status: one, Channels: h.channelStatus(d), Error: errorStatus(one.Err)})
		st.Site.Simulated = st.Site.Simulated || one.Simulated
	}
	for _, j := range h.jobs() {
		st.Jobs = append(st.Jobs, j.status())
	}
	st.Scripts = h.scriptStatus()
	return st
}

// OutsideStatus tells of ways that do not work.
func OutsideStatus(ways []BrokenWay, zone *time.Location) []WayStatus {
	var all []WayStatus
	for _, way := range ways {
		st := WayStatus{Name: way.Name, Error: errorStatus(way.Err)}
		st.Error.Time = clock.In(way.Since, zone)
		all = append(all, st)
	}
	return all
}

// FullPath is dir from the root of the disk, if that can be known.
func FullPath(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		return full
	}
	return dir
}

func errorStatus(err error) *ErrorStatus {
	if err == nil {
		return nil
	}
	r := Report(err)
	return &ErrorStatus{Kind: r.Kind, Message: r.Message, Hint: r.Hint, Place: r.Place()}
}

// scriptStatus tells of the scripts that run, that are set aside, and that never ran.
func (h *Host) scriptStatus() []ScriptStatus {
	all := []ScriptStatus{}
	h.mu.Lock()
	broken := make(map[string]error)
	for _, o := range h.loaders {
		if o.aside != nil {
			st := ScriptStatus{Name: o.name, State: ScriptAside, Since: clock.In(o.aside.since, h.site().Timezone), Tasks: []string{}}
			if o.bad != nil {
				st.Edit = errorStatus(o.bad.err)
			}
			all = append(all, st)
			continue
		}
		if o.bad != nil {
			broken[o.name] = o.bad.err
		}
	}
	h.mu.Unlock()
	aside := slices.Clone(all)
	for _, s := range h.running() {
		if slices.ContainsFunc(aside, func(st ScriptStatus) bool { return st.Name == s.name }) {
			continue // it was released since
		}
		st := s.status()
		st.Edit = errorStatus(broken[s.name])
		delete(broken, s.name)
		all = append(all, st)
	}
	for name, err := range broken {
		all = append(all, ScriptStatus{Name: name, State: ScriptBroken, Tasks: []string{}, Edit: errorStatus(err)})
	}
	slices.SortFunc(all, func(a, b ScriptStatus) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (s *script) status() ScriptStatus {
	zone := s.site.Timezone
	s.mu.Lock()
	defer s.mu.Unlock()
	st := ScriptStatus{
		Name: s.name, State: ScriptRunning, Since: clock.In(s.health.since, zone),
		Tasks: []string{}, Jobs: s.jobs.len(), Held: s.health.holds,
	}
	if until := s.heldBack(); !until.IsZero() {
		st.State, st.HeldUntil = ScriptHeld, clock.In(until, zone)
	}
	for _, t := range s.tasks {
		st.Tasks = append(st.Tasks, t.name)
	}
	if s.health.lastErr != nil {
		st.LastError = errorStatus(s.health.lastErr)
		st.LastError.Time = clock.In(s.health.lastErrAt, zone)
	}
	return st
}

func (j *job) status() JobStatus {
	next := j.Next()
	s := j.script
	zone := s.site.Timezone
	s.mu.Lock()
	defer s.mu.Unlock()
	st := JobStatus{
		Script: s.name, Name: j.name, Kind: j.spec.Kind, When: j.plan.String(),
		Next: clock.In(next, zone), Running: j.running, Queued: len(j.queued), Runs: j.runs, Failed: j.failures, Skipped: j.skips, Began: clock.In(j.began, zone),
	}
	if !j.last.Started.IsZero() {
		st.Last = j.statusOf(j.last)
	} else if r, ok := s.host.store.LatestRun(s.name, j.name); ok && j.running == 0 && j.on == nil {
		st.Last = runStatus(r.Scheduled, r.Started, r.Ended, cmp.Or(r.Outcome, OutcomeCancelled), zone)
	} else if before, ok := s.host.store.LastRun(s.name, j.name); ok {
		st.Last = &RunStatus{Scheduled: before.In(zone)}
	}
	return st
}

// statusOf tells of a run that has ended.
func (j *job) statusOf(run Run) *RunStatus {
	st := runStatus(run.Scheduled, run.Started, run.Ended, outcome(run.Err), j.script.site.Timezone)
	if !isOrderly(run.Err) {
		st.Error = errorStatus(run.Err)
	}
	return st
}

func runStatus(scheduled, started, ended time.Time, outcome string, zone *time.Location) *RunStatus {
	st := &RunStatus{Scheduled: scheduled.In(zone), Started: clock.In(started, zone), Ended: clock.In(ended, zone), Outcome: outcome}
	if !ended.IsZero() {
		st.Duration = ended.Sub(started).Seconds()
	}
	return st
}

// jobs are those of the scripts that run, and of the sessions of REPLs.
func (h *Host) jobs() (all []*job) {
	for _, s := range h.withJobs() {
		all = append(all, s.allJobs()...)
	}
	return all
}

package rehearsal

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// What a device is taken to bear. Vendors name no number; these are rules of
// thumb, for a web server of its own whose answers take 50 to 200 ms and that
// people look at pictures through meanwhile.
const (
	cameraRate   = 240 // commands a minute of a camera
	recorderRate = 120 // and of a recorder, which records at the same time
	// queuedLong is how long a command waits for its turn until that is a finding.
	queuedLong = 10 * time.Second
)

// loads are how much devices are asked.
type loads struct {
	minutes map[string]*minute // by device
}

// minute is how often a device was asked in a minute of the clock.
type minute struct {
	began time.Time
	count int
	by    map[jobKey]int // by whose they were
}

func (l *loads) init() { l.minutes = make(map[string]*minute) }

// seeLoad counts what devices are asked.
func (f *finder) seeLoad(e journal.Entry) {
	if e.Kind != journal.Command || e.Device == "" {
		return
	}
	if e.Waited >= queuedLong && e.Task != "" {
		f.queued(e)
	}
	began := e.Time.Truncate(time.Minute)
	m := f.loads.minutes[e.Device]
	if m == nil {
		m = &minute{began: began, by: make(map[jobKey]int)}
		f.loads.minutes[e.Device] = m
	}
	if !m.began.Equal(began) {
		f.minuteOver(e.Device, m)
		m.began, m.count = began, 0
		clear(m.by)
	}
	m.count++
	if e.Task != "" {
		m.by[jobKey{e.Script, e.Job}]++
	}
}

func (f *finder) endLoads() {
	for device, m := range f.loads.minutes {
		f.minuteOver(device, m)
	}
}

// rateOf is what a device is taken to bear, commands a minute, and what it is.
func (f *finder) rateOf(device string) (int, string) {
	conf, _ := f.site.Device(device)
	recorder := conf.Simulate == site.ModelNVR || conf.Simulate == site.ModelDVR
	for _, c := range conf.Channels {
		recorder = recorder || conf.Simulate == "" && c.Address > 1
	}
	if recorder {
		return recorderRate, "a recorder"
	}
	return cameraRate, "a camera"
}

func (f *finder) minuteOver(device string, m *minute) {
	limit, what := f.rateOf(device)
	if conf, _ := f.site.Device(device); m.count <= limit || conf.MaxRate > 0 { // then site.yaml says what it bears
		return
	}
	most, count := "hiklua itself", 0
	for key, n := range m.by {
		if name := key.name(); n > count || n == count && name < most {
			most, count = name, n
		}
	}
	one := f.note("", timeline.Finding{
		Kind: tooMany, Time: m.began, Device: device, Place: device,
		Remedy: "ask less often, spread the jobs (jitter, or other minutes), or set max_rate of the device in site.yaml",
	})
	if f.longest(one, time.Duration(m.count)) {
		one.Text = fmt.Sprintf("%d commands in a minute, most of them by %s: %s should not be asked more than %d times", m.count, most, what, limit)
	}
}

func (f *finder) queued(e journal.Entry) {
	one := f.note("", timeline.Finding{
		Kind: longQueue, Time: e.Time.Add(-e.Waited), Device: e.Device, Place: e.Device,
		Remedy: "ask less often, spread the jobs (jitter, or other minutes), or raise concurrency of the device in site.yaml if it can do more at once",
	})
	if f.longest(one, e.Waited) {
		one.Text = fmt.Sprintf("a command waited %s for its turn: %s by %s", clock.FormatDuration(rounded(e.Waited)), e.What, jobKey{e.Script, e.Job}.name())
	}
}

package metrics

import (
	"maps"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hiklua/hiklua/runtime"
)

// state tells how the host is at a scrape. It is part of a Collector, whose
// Gather has asked the host.
type state struct{ c *Collector }

// desc describes a metric of the state.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

// Describe implements prometheus.Collector: the state has no fixed set of series.
func (s state) Describe(chan<- *prometheus.Desc) {}

// teller sends metrics.
type teller chan<- prometheus.Metric

func (t teller) gauge(d *prometheus.Desc, v float64, labels ...string) {
	t <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (t teller) counter(d *prometheus.Desc, v float64, labels ...string) {
	t <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

// oneOf tells which of all states is the case: 1, the others 0.
func (t teller) oneOf(d *prometheus.Desc, all []string, is string, labels ...string) {
	for _, state := range all {
		t.gauge(d, flag(state == is), append(slices.Clone(labels), state)...)
	}
}

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// Collect implements prometheus.Collector.
func (s state) Collect(to chan<- prometheus.Metric) {
	t, now := teller(to), &s.c.now
	t.gauge(buildInfo, 1, now.Version)
	t.gauge(startTime, seconds(now.Started))
	t.gauge(configOK, flag(now.Site.Error == nil))
	t.gauge(heapBytes, float64(now.Memory))
	for _, d := range now.Devices {
		t.device(d)
	}
	for _, j := range now.Jobs {
		t.job(j)
	}
	for _, one := range now.Scripts {
		t.oneOf(scriptState, scriptStates, one.State, one.Name)
		t.gauge(scriptBroken, flag(one.Edit != nil), one.Name)
	}
	if s.c.conf.Lost != nil {
		t.counter(journalDropped, float64(s.c.conf.Lost()))
	}
	if s.c.conf.Page != nil {
		t.page(s.c.conf.Page())
	}
	s.archive(t)
	if s.c.conf.Cluster != nil {
		t.cluster(s.c.conf.Cluster())
	}
}

func (t teller) device(d runtime.DeviceStatus) {
	t.oneOf(deviceState, deviceStates, d.State, d.Name)
	t.oneOf(deviceEvents, eventsStates, d.Events, d.Name)
	if d.Answered != nil {
		t.gauge(deviceAnswered, seconds(*d.Answered), d.Name)
	}
	t.gauge(deviceQueue, float64(d.Queue), d.Name)
	moving := 0
	for _, h := range d.Heads {
		if h.Moving {
			moving++
		}
	}
	t.gauge(deviceMoving, float64(moving), d.Name)
}

func (t teller) job(j runtime.JobStatus) {
	if last := j.Last; last != nil {
		at := last.Scheduled
		if last.Started != nil {
			at = *last.Started
		}
		t.gauge(jobLast, seconds(at), j.Script, j.Name)
	}
	if j.Next != nil {
		t.gauge(jobNext, seconds(*j.Next), j.Script, j.Name)
	}
}

func (t teller) page(p PageCounts) {
	t.gauge(pageViewers, float64(p.Viewers))
	for _, result := range []string{resultOK, resultError} {
		t.counter(pagePictures, float64(p.Pictures[result]), result)
	}
	for _, reason := range slices.Sorted(maps.Keys(p.Refused)) {
		t.counter(pageRefused, float64(p.Refused[reason]), reason)
	}
}

func (s state) archive(t teller) {
	type key struct {
		channelOf
		reason string
	}
	missing := make(map[key]int)
	for _, m := range s.c.now.missed {
		if s.c.names.device(m.Device) == m.Device {
			missing[key{channelOf{m.Device, m.Channel}, oneOf(reasons, m.Why, resultError)}] += m.Pictures
		}
	}
	for k, n := range missing {
		t.counter(archiveMissing, float64(n), k.device, strconv.Itoa(k.channel), k.reason)
	}
	if free := s.c.now.free; free != nil {
		t.gauge(archiveFree, float64(*free))
	}
}

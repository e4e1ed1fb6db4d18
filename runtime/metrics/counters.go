package metrics

import (
	"log/slog"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hiklua/hiklua/runtime/journal"
)

const prefix = "hiklua_"

// vector is a metric with labels.
type vector interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

// counters are what Record and Log count.
type counters struct {
	commands     *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	wait         *prometheus.SummaryVec
	stopRetries  *prometheus.CounterVec
	jobRuns      *prometheus.CounterVec
	jobSuccess   *prometheus.GaugeVec
	scriptErrors *prometheus.CounterVec
	events       *prometheus.CounterVec
	logLines     *prometheus.CounterVec
	picture      *prometheus.GaugeVec

	mu       sync.Mutex
	unheard  map[stopOf]bool // the last stop of it failed
	pictures map[channelOf]float64
}

// stopOf is a head, or a part of its lens, by the word for its stop.
type stopOf struct {
	device  string
	channel int
	what    string
}

type channelOf struct {
	device  string
	channel int
}

// maxUnheard bounds what is remembered of stops that failed, those of devices
// that scripts opened among them.
const maxUnheard = 1000

func newCounters() *counters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, labels)
	}
	c := &counters{
		commands: counter("commands_total", "Commands that a device was sent, by what they are for and how they ended.", labelDevice, labelClass, labelResult),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "command_duration_seconds", Help: "How long a device took to answer a command.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{labelDevice}),
		wait: prometheus.NewSummaryVec(prometheus.SummaryOpts{
			Name: prefix + "command_wait_seconds", Help: "How long commands waited in the queue of their device.",
		}, []string{labelDevice}),
		stopRetries:  counter("stop_retries_total", "Stops of a head that were sent again, as the one before had failed.", labelDevice),
		jobRuns:      counter("job_runs_total", "Runs of a job, by how they ended.", labelScript, labelJob, labelResult),
		jobSuccess:   gauge("job_last_success_timestamp_seconds", "When a run of the job last ended without an error.", labelScript, labelJob),
		scriptErrors: counter("script_errors_total", "Runs and tasks of a script that ended with an error that it did not catch.", labelScript),
		events:       counter("events_total", "Events of a device that began.", labelDevice, labelType),
		logLines:     counter("log_lines_total", "Lines of the log.", labelLevel),
		picture:      gauge("archive_last_picture_timestamp_seconds", "When the newest picture of a channel in the archive was taken.", labelDevice, labelChannel),
		unheard:      make(map[stopOf]bool), pictures: make(map[channelOf]float64),
	}
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		c.logLines.WithLabelValues(levelOf(level))
	}
	return c
}

func (c *counters) all() []vector {
	return []vector{
		c.commands, c.duration, c.wait, c.stopRetries, c.jobRuns, c.jobSuccess, c.scriptErrors, c.events, c.logLines, c.picture,
	}
}

// forget deletes the series that have these labels.
func (c *counters) forget(labels prometheus.Labels) {
	for _, v := range c.all() {
		v.DeletePartialMatch(labels)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.unheard {
		if key.device == labels[labelDevice] {
			delete(c.unheard, key)
		}
	}
	for key := range c.pictures {
		if key.device == labels[labelDevice] {
			delete(c.pictures, key)
		}
	}
}

// Log counts a line of the log. It does not wait.
func (c *Collector) Log(level slog.Level) { c.counters.logLines.WithLabelValues(levelOf(level)).Inc() }

// Record counts what was put on record. It does not wait.
func (c *Collector) Record(e journal.Entry) {
	switch e.Kind {
	case journal.Command:
		if e.Dropped == 0 {
			c.command(e)
		}
	case journal.RunEnded:
		c.run(e)
	case journal.RunSkipped:
		c.ran(e, resultSkipped)
	case journal.Failed:
		if e.Script != "" && kindOf(e.Err) != resultCancelled {
			c.counters.scriptErrors.WithLabelValues(c.names.script(e.Script)).Inc()
		}
	case journal.Event:
		// What scripts emit is of no device.
		if e.Device != "" && e.Detail != "stop" {
			c.counters.events.WithLabelValues(c.names.device(e.Device), oneOf(eventTypes, e.What, other)).Inc()
		}
	case journal.Picture:
		c.picture(e.Device, e.Channel, seconds(e.Time))
	}
}

func (c *Collector) command(e journal.Entry) {
	device, result := c.names.device(e.Device), resultOK
	if e.Err != nil {
		result = kindOf(e.Err)
	}
	c.counters.commands.WithLabelValues(device, classOf(e), result).Inc()
	c.counters.duration.WithLabelValues(device).Observe(e.Duration.Seconds())
	c.counters.wait.WithLabelValues(device).Observe(e.Waited.Seconds())
	if isStop(e) && c.counters.again(stopOf{e.Device, e.Channel, e.What}, e.Err != nil) {
		c.counters.stopRetries.WithLabelValues(device).Inc()
	}
}

// again notes how a stop ended, and reports whether the one before had failed.
func (c *counters) again(of stopOf, failed bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.unheard[of]
	switch {
	case !failed:
		delete(c.unheard, of)
	case again || len(c.unheard) < maxUnheard:
		c.unheard[of] = true
	}
	return again
}

func (c *Collector) run(e journal.Entry) {
	switch kindOf(e.Err) {
	case "":
		job := c.ran(e, resultOK)
		if job.job != other || e.Job == other {
			c.counters.jobSuccess.WithLabelValues(job.script, job.job).Set(seconds(e.Time))
		}
	case resultCancelled:
		c.ran(e, resultCancelled)
	default:
		c.ran(e, resultError)
		c.counters.scriptErrors.WithLabelValues(c.names.script(e.Script)).Inc()
	}
}

// ran counts a run, and gives the labels of its job.
func (c *Collector) ran(e journal.Entry, result string) jobName {
	job, _ := c.names.job(e.Script, e.Job)
	c.counters.jobRuns.WithLabelValues(job.script, job.job, result).Inc()
	return job
}

// picture notes a picture in the archive, in any order. Those of a device that
// site.yaml does not have are not told of.
func (c *Collector) picture(device string, channel int, at float64) {
	if c.names.device(device) != device {
		return
	}
	c.counters.mu.Lock()
	defer c.counters.mu.Unlock()
	of := channelOf{device, channel}
	if at > c.counters.pictures[of] {
		c.counters.pictures[of] = at
		c.counters.picture.WithLabelValues(device, strconv.Itoa(channel)).Set(at)
	}
}

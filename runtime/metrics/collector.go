package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// Host is what a Collector asks. *runtime.Host is one.
type Host interface {
	Status() runtime.Status
	Site() *site.Site
	MissedPictures() []gaps.Missed
	UseArchives(ctx context.Context, f func([]runtime.OpenArchive) error) error
}

var _ Host = (*runtime.Host)(nil)

// PageCounts are the numbers of the page.
type PageCounts struct {
	Viewers  int              // streams that are open now
	Pictures map[string]int64 // by result: ok, error
	Refused  map[string]int64 // requests, by reason
}

// Config is what a Collector needs.
type Config struct {
	Host  Host
	Clock clock.Clock
	Log   *slog.Logger      // of scrapes that go wrong
	Page  func() PageCounts // nil: there is no page
	Lost  func() int        // entries of the journal; nil: there is no journal
	// Cluster is how the cluster of the host is; nil: it runs its site alone.
	Cluster func() cluster.Status
}

// Collector counts what happens, and answers scrapes.
type Collector struct {
	conf     Config
	registry *prometheus.Registry
	counters *counters
	disk     *disk
	names    *names

	scrape sync.Mutex // one at a time; guards what follows
	now    snapshot
}

// snapshot is how the host is at one scrape, as far as it is told.
type snapshot struct {
	runtime.Status
	missed []gaps.Missed
	free   *int64 // bytes on the disk of the archive; nil: not known
}

// New makes a Collector. It counts what it is told from now on.
func New(conf Config) *Collector {
	c := &Collector{conf: conf, registry: prometheus.NewRegistry(), counters: newCounters(), names: newNames(conf.Host.Site)}
	c.disk = newDisk(conf, c.picture)
	c.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), state{c})
	for _, v := range c.counters.all() {
		c.registry.MustRegister(v)
	}
	return c
}

// Close ends what scrapes have begun. A disk that hangs is waited for no longer than
// a scrape does.
func (c *Collector) Close() { c.disk.close() }

// Handler answers scrapes.
func (c *Collector) Handler() http.Handler {
	return promhttp.HandlerFor(prometheus.GathererFunc(c.Gather), promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(c.conf.Log.Handler(), slog.LevelWarn),
		ErrorHandling: promhttp.ContinueOnError,
	})
}

// Gather implements prometheus.Gatherer.
func (c *Collector) Gather() ([]*dto.MetricFamily, error) {
	c.scrape.Lock()
	defer c.scrape.Unlock()
	// What is counted while Status is asked may be of what is not in it yet.
	before := c.names.known()
	st := c.conf.Host.Status()
	for _, labels := range c.names.forget(before, st) {
		c.counters.forget(labels)
	}
	c.now = c.shown(st)
	c.begin()
	return c.registry.Gather()
}

// shown is a status without what has no series of its own.
func (c *Collector) shown(st runtime.Status) snapshot {
	now := snapshot{Status: st, missed: c.conf.Host.MissedPictures()}
	now.Devices, now.Scripts, now.Jobs = nil, nil, nil
	seen := make(map[string]bool)
	for _, d := range st.Devices {
		// A device that was given up may have the name of another one by now.
		// One that another host drives has its series there.
		if d.State == device.StateElsewhere {
			continue
		}
		if name := c.names.device(d.Name); !d.Leaving && name == d.Name && !seen[name] {
			seen[name] = true
			now.Devices = append(now.Devices, d)
		}
	}
	scripts := make(map[string]bool)
	for _, s := range inAllShares(st.Scripts) {
		if c.names.script(s.Name) == s.Name {
			scripts[s.Name] = true
			now.Scripts = append(now.Scripts, s)
		}
	}
	for _, j := range jobsInAllShares(st.Jobs) {
		if !scripts[j.Script] {
			continue // of a REPL
		}
		if is, fresh := c.names.job(j.Script, j.Name); is == (jobName{j.Script, j.Name}) {
			now.Jobs = append(now.Jobs, j)
			if last := j.Last; fresh && last != nil && last.Outcome == runtime.OutcomeOK && last.Ended != nil {
				c.counters.jobSuccess.WithLabelValues(j.Script, j.Name).Set(seconds(*last.Ended))
			}
		}
	}
	if st.Archive != nil {
		now.free = c.disk.free()
	}
	return now
}

// begin has counters at 0 from the first scrape on, so that the first of each
// shows as an increase.
func (c *Collector) begin() {
	for _, d := range c.now.Devices {
		c.counters.stopRetries.WithLabelValues(d.Name)
	}
	for _, s := range c.now.Scripts {
		c.counters.scriptErrors.WithLabelValues(s.Name)
	}
	for _, j := range c.now.Jobs {
		for _, result := range []string{resultOK, resultError, resultSkipped} {
			c.counters.jobRuns.WithLabelValues(j.Script, j.Name, result)
		}
	}
}

package main

import (
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/metrics"
	"github.com/hiklua/hiklua/runtime/site"
)

// measures are the metrics of a running host. Its page serves them: a host that
// never had one counts nothing.
type measures struct {
	now atomic.Pointer[measured]
}

type measured struct {
	*metrics.Collector
	handler http.Handler
}

// measure begins to count, if a page is asked for and counting has not begun.
func (d *daemon) measure(h hosted, web *site.Web) {
	if d.lock == nil || web == nil || web.Listen == "" || d.measures.now.Load() != nil {
		return
	}
	conf := metrics.Config{
		Host: h, Clock: clock.Real(), Log: d.log, Lost: d.lost,
		Page: func() metrics.PageCounts { return metrics.PageCounts(d.page.Load().Counts()) },
	}
	if d.cluster != nil {
		conf.Cluster = d.cluster.Status
	}
	c := metrics.New(conf)
	d.measures.now.Store(&measured{c, c.Handler()})
}

// record takes what is put on record.
func (m *measures) record(e journal.Entry) {
	if now := m.now.Load(); now != nil {
		now.Record(e)
	}
}

// line takes the level of a line of the log.
func (m *measures) line(level slog.Level) {
	if now := m.now.Load(); now != nil {
		now.Log(level)
	}
}

// serving is what answers scrapes; nil: nothing is counted.
func (m *measures) serving() http.Handler {
	if now := m.now.Load(); now != nil {
		return now.handler
	}
	return nil
}

// ServeHTTP implements http.Handler, for the page: a host that has one counts.
func (m *measures) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.serving().ServeHTTP(w, r) }

// close ends what a scrape has begun.
func (m *measures) close() {
	if now := m.now.Load(); now != nil {
		now.Close()
	}
}

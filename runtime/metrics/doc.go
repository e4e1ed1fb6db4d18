// Package metrics tells Prometheus how a host fares.
//
// A Collector has a registry of its own. What is counted comes from two places:
// Record and Log, which are told what happens and never wait, and the status of
// the host, which is asked once for each scrape. So between two scrapes nothing
// is computed but a few sums.
//
// The number of series is bounded by the site: labels are the names of its
// devices, scripts and jobs, and words of hiklua's own. Tasks, addresses,
// messages, presets, files, URLs and users are never labels. The series of a
// device, script or job that the site does not have any more go at the next
// scrape. docs/metrics.md has the list.
package metrics

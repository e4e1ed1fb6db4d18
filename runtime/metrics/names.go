package metrics

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// other counts for what has no series of its own.
const other = "other"

const (
	// maxNames is how many jobs, and how many scripts, have series of their own.
	maxNames = 2000
	// linger is how long a job that its script does not have any more is still told
	// of. While a script is loaded anew it has no jobs for a moment, and the last
	// run of one that is over, as those of hik.after are, is to be seen.
	linger = time.Minute
)

type jobName struct{ script, job string }

// names are those that are labels at present.
type names struct {
	site func() *site.Site

	mu      sync.Mutex
	of      *site.Site      // whose devices inSite are
	inSite  map[string]bool // the names of its devices
	devices map[string]bool // those that were given out
	scripts map[string]bool
	jobs    map[jobName]time.Time // since when the host does not list it; zero: it does
}

func newNames(site func() *site.Site) *names {
	return &names{site: site, devices: make(map[string]bool), scripts: make(map[string]bool), jobs: make(map[jobName]time.Time)}
}

// device is the label of a device: its name if site.yaml has it, else other. One
// that scripts open goes by its address, which is no label.
func (n *names) device(name string) string {
	now := n.site()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of != now {
		n.of, n.inSite = now, make(map[string]bool)
		for _, d := range now.Devices {
			n.inSite[d.Name] = true
		}
	}
	if !n.inSite[name] {
		return other
	}
	n.devices[name] = true
	return name
}

// script is the label of a script.
func (n *names) script(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.scripts[name] {
		if len(n.scripts) >= maxNames {
			return other
		}
		n.scripts[name] = true
	}
	return name
}

// job are the labels of a job. fresh says that it has them from now on.
func (n *names) job(script, job string) (label jobName, fresh bool) {
	label = jobName{script, job}
	n.mu.Lock()
	defer n.mu.Unlock()
	_, there := n.jobs[label]
	if !there && len(n.jobs) >= maxNames {
		return jobName{other, other}, false
	}
	n.jobs[label] = time.Time{}
	return label, !there
}

// known are the names that are labels now.
func (n *names) known() *names {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &names{devices: maps.Clone(n.devices), scripts: maps.Clone(n.scripts), jobs: maps.Clone(n.jobs)}
}

// forget takes away those of before that the host does not have any more, and
// gives the labels of their series.
func (n *names) forget(before *names, st runtime.Status) (gone []prometheus.Labels) {
	running := make(map[string]bool) // by the scripts that are there; the jobs of one set aside come back
	for _, s := range st.Scripts {
		running[s.Name] = s.State == runtime.ScriptRunning || s.State == runtime.ScriptHeld
		delete(before.scripts, s.Name)
	}
	for _, j := range st.Jobs {
		delete(before.jobs, jobName{j.Script, j.Name})
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for script := range before.scripts {
		delete(n.scripts, script)
		gone = append(gone, prometheus.Labels{labelScript: script})
	}
	for job := range before.jobs {
		if runs, there := running[job.script]; there {
			since := n.jobs[job]
			if runs && since.IsZero() {
				n.jobs[job] = st.Now
			}
			if !runs || since.IsZero() || st.Now.Sub(since) < linger {
				continue
			}
		}
		delete(n.jobs, job)
		gone = append(gone, prometheus.Labels{labelScript: job.script, labelJob: job.job})
	}
	now := n.site()
	elsewhere := make(map[string]bool)
	for _, d := range st.Devices {
		elsewhere[d.Name] = d.State == device.StateElsewhere
	}
	for name := range before.devices {
		if _, there := now.Device(name); !there || elsewhere[name] {
			delete(n.devices, name)
			gone = append(gone, prometheus.Labels{labelDevice: name})
		}
	}
	return gone
}

package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

// keys of the log
const (
	keyShare = "share"
	keyTerm  = "term"
	keyError = "error"
	keyHost  = "host"
)

// Member is one host of a cluster: it takes part in the lease of every share, and runs
// the devices and scripts of those that it holds.
type Member struct {
	conf Config
	clk  clock.Clock
	log  *slog.Logger
	data string // data/cluster of the site's folder
	// began is when Run did; set by it before all else.
	began hold.BootTime
	// alone: this host has the state of a site that it ran alone.
	alone bool

	ctx    context.Context // of everything that goes on beside Run
	cancel context.CancelFunc
	work   *clock.Group
	hurry  context.Context // ended by Abort
	abort  context.CancelFunc

	releases *clock.Semaphore // for one look at the release and the folder at a time
	folder   *folder          // guarded by releases
	seq      uint64           // of the release in its cell; guarded by releases

	mu      sync.Mutex
	shares  []*share // in the order of site.yaml
	release *release // that is laid; nil: none yet
	site    *site.Site
	scripts map[string][]string // the shares in which each script runs; nil: in each
	refused error               // why this host does not run the cluster's release
	missing error               // why the cluster has none yet, as far as this host knows
	edited  []string
	trouble string                   // of the folder that can't follow the release, as it was told
	gone    map[string]hold.BootTime // until when devices that releases have no more may be driven, by place
	// blindUntil is that for those which releases before this process had.
	blindUntil hold.BootTime
	heard      map[string]*peer // the other hosts, by name
	doubled    bool             // another process has this one's name
	unreached  []string
	leaving    bool
	pinned     pins
	asideAt    time.Time // when this host last tried to have another member lead the leases
	movedAt    time.Time // when a share was last moved from here by placement
	newer      bool      // a newer release was heard of
	look       clock.Waiter
}

// New makes the member of one host. Nothing happens until Run.
func New(conf Config) *Member {
	m := &Member{
		conf: conf, clk: conf.Clock, log: conf.Log,
		data:     filepath.Join(conf.Site.Dir, "data", "cluster"),
		work:     clock.NewGroup(conf.Clock),
		releases: clock.NewSemaphore(conf.Clock, 1),
		heard:    make(map[string]*peer),
		gone:     make(map[string]hold.BootTime),
	}
	m.ctx, m.cancel = clock.WithCancel(context.Background())
	m.hurry, m.abort = clock.WithCancel(context.Background())
	m.folder = openFolder(conf.Site.Dir, filepath.Join(m.data, "folder.json"))
	_, err := os.Stat(m.stateBefore())
	m.alone = err == nil
	return m
}

// stateBefore is the state file of a host that runs the site alone.
func (m *Member) stateBefore() string { return filepath.Join(m.conf.Site.Dir, "data", "state.db") }

// Run takes part in the cluster until ctx ends, and then hands over in order what this
// host holds. It runs on a goroutine of the clock. The error tells of heads that may
// still be moving.
func (m *Member) Run(ctx context.Context) error {
	m.began = m.conf.Boot()
	defer m.conf.Engine.Hear(presenceSubject, m.hear)()
	defer m.conf.Engine.Answer(questionMove, m.answerMove)()
	defer m.conf.Engine.Answer(questionLeave, m.answerLeave)()
	defer clock.OnDone(m.hurry, m.abortHosts)()
	m.restoreRelease()
	m.work.Go(m.followReleases)
	m.work.Go(m.watchReach)
	m.work.Go(m.keepPictures)
	if m.conf.Host.Logins != "" {
		m.work.Go(m.keepLogins)
	}
	var double error
	for double == nil && clock.Sleep(ctx, m.clk, every) == nil {
		m.tick()
		double = m.double()
	}
	err := errors.Join(double, m.stop())
	m.cancel()
	m.work.Wait()
	for _, s := range m.all() { // a release that was just taken may have brought some
		s.stop()
	}
	return err
}

// Abort makes the end of Run hurry: tasks are ended at once, and only heads are
// waited for, 2 s at most.
func (m *Member) Abort() { m.abort() }

func (m *Member) abortHosts() {
	for _, s := range m.all() {
		s.hurry()
	}
}

// stop hands over every share, at once to another host if there is one.
func (m *Member) stop() error {
	m.mu.Lock()
	m.leaving = true
	shares := slices.Clone(m.shares)
	m.mu.Unlock()
	m.tell() // the others need not wait to find out
	done := clock.NewGroup(m.clk)
	for _, s := range shares {
		done.Go(s.stop)
	}
	done.Wait()
	var moving []error
	for _, s := range shares {
		moving = append(moving, s.endError())
	}
	return errors.Join(moving...)
}

// all are the shares of the site.
func (m *Member) all() []*share {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.shares)
}

func (m *Member) share(name string) *share {
	for _, s := range m.all() {
		if s.name == name {
			return s
		}
	}
	return nil
}

// sourceDir is where the release lies that this host runs.
func (m *Member) sourceDir() string { return filepath.Join(m.data, "release") }

// setShares has the shares of a site taken part in, and no other. It is called by one
// goroutine at a time.
func (m *Member) setShares(names []string) {
	var next []*share
	for _, name := range names {
		s := m.share(name)
		if s == nil {
			s = m.newShare(name)
		}
		next = append(next, s)
	}
	m.mu.Lock()
	var gone []*share
	for _, s := range m.shares {
		if !slices.Contains(next, s) {
			gone = append(gone, s)
		}
	}
	m.shares = next
	m.mu.Unlock()
	for _, s := range gone {
		m.work.Go(s.stop)
	}
	for _, s := range next {
		s.begin()
	}
}

// host tells whether a name is that of a host of the cluster.
func (m *Member) host(name string) error {
	names := m.hostNames()
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("there is no host %q in cluster.hosts of site.yaml: there are %s", name, strings.Join(names, ", "))
}

// hostNames are the hosts of the cluster as the release has them, in its order.
func (m *Member) hostNames() []string {
	return m.cluster().HostNames()
}

// cluster is the block of site.yaml that counts.
func (m *Member) cluster() *site.Cluster {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.site != nil && m.site.Cluster != nil {
		return m.site.Cluster
	}
	return m.conf.Site.Cluster
}

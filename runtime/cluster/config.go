package cluster

import (
	"context"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

// Config is what a Member is made of.
type Config struct {
	// Site is what site.yaml of the folder says: of its cluster: the hosts and the
	// lease count until the end. What runs is the cluster's release.
	Site *site.Site
	Name string // of this host in the site's cluster
	// ID is what no other host has, even under the same name; Session what no other
	// process has, of today or before.
	ID, Session string

	Engine  Engine
	Boot    func() hold.BootTime
	Deadman func() hold.Deadman // makes one for each share; nil: there is none
	// Founder: the cluster was made in this folder, which becomes its first release by
	// itself. That of another host, which may lack most, does not.
	Founder bool

	Clock clock.Clock
	Log   *slog.Logger

	// Load reads the site.yaml that lies in a folder for this host, with what its
	// environment has for it: paths in it are relative to Site.Dir.
	Load func(source string) (*site.Site, error)
	// Check says what is wrong with the site in a folder, as the command check does,
	// beyond what Load says; nil: it is not asked.
	Check func(source string) error
	// Host is what the hosts of all shares have in common. What belongs to one share
	// and term the Member fills in.
	Host runtime.Config
	// Taken, if it is set, is told of the site of each release that this host runs. It
	// must not wait.
	Taken func(*site.Site)
	// Group is told of the host of each share that this one holds.
	Group Group
	// Dial opens a connection to HOST:PORT of a device and closes it, for Unreached;
	// nil: nothing is tried.
	Dial func(ctx context.Context, address string) error
}

// Group is those that stand for the hosts of all shares together. Its methods do not
// wait.
type Group interface {
	// Set is told of the host of a share before it opens.
	Set(share string, h *runtime.Host)
	// Remove is told when the share is not held by that host any more, before it ends
	// where it is dropped. Another host may have been set for the share by then.
	Remove(share string, h *runtime.Host)
}

const (
	// every is how often a host tells how it is, and looks what is to be done.
	every = time.Second
	// heardWithin is how long ago a host was heard at most if it lives.
	heardWithin = 3 * time.Second
	// joinAfter is how long a host must live before shares move to it, and moveEvery
	// lies between two moves from one host.
	joinAfter = time.Minute
	moveEvery = 10 * time.Second
	// lingering is how long a share may be without a holder, after its lease, until a
	// host takes it that is not wanted for it.
	lingering = 4 * time.Second
	// freeFor is that for a share that was handed over.
	freeFor = 3 * time.Second
	// asideEvery lies between two tries to have another member lead the leases.
	asideEvery = 10 * time.Second
	// lookAtFolder is how often the files of the folder are compared with the release.
	lookAtFolder = 5 * time.Second
	// askRelease is how often the engine is asked for the release although nothing
	// was heard of a new one.
	askRelease = time.Minute
	// startWithin is what a host has for its start, of which the longest part is to read
	// the log: where a disk hangs another host is to take the share.
	startWithin = 30 * time.Second
	// restWithin is how long scripts wait for heads that are stopped first.
	restWithin = 2 * time.Second
	// handOverWithin is what a term has for its end: tasks and heads have 10 s.
	handOverWithin = 15 * time.Second
	// lostFor is what scripts have for the event lost before an orderly end.
	lostFor = 500 * time.Millisecond
	// engineWithin is how long one answer of the engine is waited for.
	engineWithin = 5 * time.Second
)

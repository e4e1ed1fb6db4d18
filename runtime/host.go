package runtime

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/logins"
	"github.com/hiklua/hiklua/runtime/notify"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// orderlyStop is how long Run takes at most to end after its context has.
	orderlyStop = 10 * time.Second
	// hastyStop is how long heads get to be stopped after Abort, and at the
	// least when scripts do not end.
	hastyStop = 2 * time.Second
)

// Config is what a Host is made of.
type Config struct {
	Site *site.Site
	// Reload, if it is set, reads site.yaml anew; otherwise Site counts for good.
	Reload  func() (*site.Site, error)
	Clock   clock.Clock
	Log     *slog.Logger
	Version string
	Getenv  func(string) (string, bool)

	// Source is the folder that site.yaml, scripts/ and lib/ are read from; "": that of
	// the site, which all else is relative to.
	Source string
	// Runs, if it is set, says which of the files of scripts/ this host runs, by name;
	// the others are to it as if they were not there.
	Runs func(script string) bool

	// State is the path of the file that keeps hik.state, last runs and heads
	// in motion. Empty: they end with the host, and a head that is left moving
	// by a crash is not known to the next.
	State string
	// StateShared: the file is for others while nothing is written, and a host
	// may take it.
	StateShared bool
	// Share is, in a cluster, the share that this host drives.
	Share string
	// StateLog is, in a cluster, the log of the state that its hosts share; see
	// store.Options. New then runs on a goroutine of the clock, and its error may
	// wrap store.ErrFenced.
	StateLog store.Log
	// StateBefore is the state file of the host that ran the site before there was
	// a cluster: a new log begins with it. "" for none.
	StateBefore string
	// TakenOver is, in a cluster, the last moment at which the former holder of the
	// share is known to have held it, by the clock of this host: scripts are told
	// that nothing is known of events since then. Zero: the time of the last entry
	// of the log.
	TakenOver time.Time
	// HeldElsewhere is TakenOver where the former holder was another host, which took
	// the pictures that were due until then.
	HeldElsewhere time.Time
	// SiteTaken, if it is set, is told of each site that Reload has read and that
	// was taken over. It must not wait.
	SiteTaken func(*site.Site)
	// StateNote, if it is set, is logged once, when a script first uses
	// hik.state: why that does not last.
	StateNote string

	// Logins is the folder in which refused passwords are remembered; "": they are
	// forgotten when the host ends. LoginsCareful: the last tries of an account
	// are not spent with another password either. In a cluster it is the folder for a
	// copy of what the share's state has of them. LoginsBeside are folders whose
	// refusals count, too.
	Logins        string
	LoginsBeside  []string
	LoginsCareful bool
	// LoginCommand, if it is set, is what a person types to have a device's
	// login tried again, for hints.
	LoginCommand func(site.Device) string

	// Transport, if it is set, may give the way to a device instead of the
	// network: a simulated one. Nil for the network.
	Transport func(site.Device) (http.RoundTripper, error)
	// Gate, if it is set, is asked before each write to a device; see isapi.Gate.
	// Nil: always open.
	Gate *isapi.Gate
	// Confirm, if it is set, is asked before each command that turns a head; see
	// device.Config.
	Confirm func(ctx context.Context) error
	// Elsewhere, if it is set, tells which host drives a device that the site does
	// not have, "" if none does at present; known: another share of the cluster has
	// that device. It must not wait.
	Elsewhere func(device string) (holder string, known bool)
	// ElsewhereAt, if it is set, names the device of another share that is reached at
	// the address of a device which a script opens; "": none is. It must not wait.
	ElsewhereAt func(site.Device) string
	// Record, if it is set, is told of every command that was sent to a device,
	// and of the other kinds of entries of a journal. It must not wait.
	Record func(journal.Entry)
	// HTTP, if it is set, carries the requests of hik.http. Nil is the network;
	// in virtual time, where nothing may reach it, nil refuses them.
	HTTP http.RoundTripper
	// Print, if it is set, takes what scripts print, without the newline, and
	// writes it to Stdout if anywhere; otherwise it is logged. It must not wait.
	Print func(script, text string)
	// Data is the folder that files of scripts lie below; "": data/ of the site.
	Data string
	// ArchiveDir is the folder of the archive; "": archive.path of the site.
	ArchiveDir string
	// Scratch: what is written is thrown away at the end, so that no disk is waited
	// for. Data is there, and State is only read.
	Scratch bool
	// DueAtStart: what is due by the clock at the very moment at which the host
	// begins is run then. A span that begins at midnight has what is to happen at
	// midnight.
	DueAtStart bool
	// Stdout and Stderr take io.write and io.stderr:write. One that may be slow
	// is an Outlet. Where they are nil, Print takes that, too, line by line.
	Stdout, Stderr io.Writer
	// Quiet keeps notifications on this machine: the log says what would be sent.
	Quiet bool
	// Notified, if it is set, is told of each notification as the script has it: the
	// record has its first words. So it is of messages of hik.mqtt, whose target is
	// "mqtt:TOPIC". It must not wait.
	Notified func(script, target string, n luaapi.Notice)
	// Publish sends a message of hik.mqtt to the broker of the site; sent is false if
	// the broker is away. Nil: nothing is sent, the log says what would be.
	Publish func(ctx context.Context, m luaapi.Message) (sent bool, err error)
	// Outside, if it is set, are the ways between the host and people or programs that
	// site.yaml asks for and that do not work at present. It must not wait.
	Outside func() []BrokenWay
	// Steps, if it is set, is how many instructions of Lua a task may carry out
	// without waiting, in the place of limits.compute: in virtual time a loop then
	// ends at the same place on every machine, and one that waits again and again
	// without time going by ends, too.
	Steps int64
	// Interrupted, if it is set, is asked from another goroutine: once it says true,
	// what computes is ended.
	Interrupted func() bool
	// Seed is for jitter; the same seed gives the same site.
	Seed uint64
}

// BrokenWay is the page, or the MQTT broker, where it does not work.
type BrokenWay struct {
	Name  string // page, mqtt
	Err   error
	Since time.Time
}

// Host runs the scripts of a site against its devices. New makes it, Open
// starts the devices, Run or Exec or a Session run scripts, Close ends it all.
type Host struct {
	conf    Config
	now     atomic.Pointer[site.Site] // what site.yaml says; see site
	clk     clock.Clock
	log     *slog.Logger
	watch   clock.Stopwatch
	files   *files.Folder
	web     http.RoundTripper // of hik.http
	devices *device.Set
	notices *notify.Notifier // nil: nothing is sent

	store     *store.Store
	storeErr  error        // why the state file is not used
	disk      func() error // set by tests: see store.Options
	stateNote sync.Once    // StateNote has been logged

	logins *logins.Book // nil: nothing is remembered
	// What came of logins is written one after another. The request whose login
	// it was does not wait: it may be a stop, and a disk may hang.
	loginNotes *clock.Sequence
	noting     *clock.Group // of loginNotes

	archiving archiving
	resident  atomic.Bool                  // Run has been called: the host runs the site
	gaps      atomic.Pointer[gaps.Tracker] // nil: nothing is followed

	presets presetBook // for people who look on
	stops   handStops
	noSub   sync.Map // head -> true: its sub stream gives no pictures

	pinsOnce sync.Once
	pins     *pins // certificates of devices with tls: pin
	pinsErr  error

	ctx        context.Context // ends last: parent of every task
	cancel     context.CancelCauseFunc
	hurry      context.Context // ended by Abort
	abort      context.CancelFunc
	stopGuard  func()
	asideTurn  sync.Mutex            // see keepAside; nothing is waited for
	siteTurn   *clock.Semaphore      // for one look at site.yaml at a time, and for the next
	passedOver map[site.Problem]bool // told of in the log
	reloads    context.Context       // ends first: nothing is loaded any more
	endLoads   context.CancelFunc
	children   *clock.Group // of Run: the watcher, scans, loaders
	finishing  *clock.Group // old generations whose last runs may finish

	randMu sync.Mutex
	rand   *rand.Rand // for jitter

	hookTurn sync.Mutex // see addHook; nothing is waited for

	waning    atomic.Bool     // see Wane
	dropped   context.Context // ended by Drop
	drop      context.CancelFunc
	closed    context.Context // ended by the end of Close, or of Drop
	hasClosed context.CancelFunc

	mu        sync.Mutex
	scanned   bool      // each file of scripts/ has its loader
	siteErr   error     // why site.yaml is not what runs
	states    []*script // every Lua state that is alive
	loaders   []*loader // of the files of scripts/, by name
	schedules *script   // what archive.schedules asks for; nil: nothing
	started   bool
	startedAt time.Time
	stopping  bool      // nothing goes live any more
	loaded    bool      // the scripts that were there when Run was called
	takeover  *Takeover // not told yet; nil: there is nothing to tell
	closing   bool      // Close or Drop has been called
	closeErr  error     // of Close
}

// New checks conf, opens the state file, and sends nothing. The error wraps
// store.ErrLocked if another process has that file.
func New(conf Config) (*Host, error) {
	if conf.Getenv == nil {
		conf.Getenv = func(string) (string, bool) { return "", false }
	}
	h := &Host{
		conf: conf, clk: conf.Clock, log: conf.Log,
		watch: clock.NewStopwatch(),
		files: files.NewFolder(cmp.Or(conf.Data, filepath.Join(conf.Site.Dir, "data"))),
		web:   newWeb(conf),
		rand:  rand.New(rand.NewPCG(conf.Seed, 0)),
	}
	if conf.Scratch {
		h.files.NoSync()
	}
	h.now.Store(conf.Site)
	h.notices = h.newNotifier()
	h.ctx, h.cancel = clock.WithCancelCause(context.Background())
	h.hurry, h.abort = clock.WithCancel(context.Background())
	h.dropped, h.drop = clock.WithCancel(context.Background())
	h.closed, h.hasClosed = clock.WithCancel(context.Background())
	h.reloads, h.endLoads = clock.WithCancel(h.ctx)
	h.siteTurn = clock.NewSemaphore(h.clk, 1)
	h.archiving.noSync = conf.Scratch
	h.archiving.turn = clock.NewSemaphore(h.clk, 1)
	h.children = clock.NewGroup(h.clk)
	h.finishing = clock.NewGroup(h.clk)
	h.noting = clock.NewGroup(h.clk)
	h.loginNotes = clock.NewSequence(h.noting)
	if h.inCluster() { // which logins were refused is in the state, and comes first
		if err := h.openStore(); err != nil {
			return h, err
		}
		h.logins = logins.OpenShared(h.store.Script(refusedTable), conf.Logins, conf.LoginsBeside, h.clk, conf.LoginsCareful)
	} else if conf.Logins != "" {
		h.logins = logins.Open(conf.Logins, conf.LoginsBeside, h.clk, conf.LoginsCareful)
	}
	var err error
	h.devices, err = device.NewSet(device.Config{
		Site: conf.Site, Clock: h.clk, Log: h.log, Record: conf.Record, Transport: conf.Transport, Pin: h.pinFor,
		Login: h.loginFor, Gate: conf.Gate, Confirm: conf.Confirm,
	})
	switch {
	case err != nil && h.inCluster():
		h.store.Drop(context.Background())
	case err == nil && !h.inCluster():
		err = h.openStore()
	}
	if err == nil {
		h.rememberDevices()
	}
	return h, err
}

// Open starts the devices and the guard, and has the heads stopped that an
// earlier process left moving. Close ends them. A second call does nothing.
func (h *Host) Open() {
	h.mu.Lock()
	again := h.started
	h.started, h.startedAt = true, h.clk.Now()
	h.mu.Unlock()
	if again {
		return
	}
	h.recordHost("start", nil) // before what devices are asked
	h.devices.Start()
	h.stopGuard = clock.Tick(guardEvery, h.guard)
}

// Close ends every script in an orderly way, waits until heads are at rest,
// and ends the devices, all of it within 10 s. It runs on a goroutine of the
// clock. The error tells of heads that may still be moving. A second call waits for
// the end of the first.
func (h *Host) Close() error {
	if !h.beginClose() {
		h.awaitDone(context.Background(), h.closed)
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.closeErr
	}
	err := h.close()
	if h.dropped.Err() != nil {
		err = nil // another host sees to the rest
	}
	h.endClose(err)
	return err
}

func (h *Host) close() error {
	defer h.closeWeb()
	limit, cancel := clock.WithTimeout(h.clk, context.Background(), orderlyStop)
	defer cancel()
	defer clock.OnDone(h.hurry, func() {
		h.cancel(errShutdown)
		h.devices.Hurry()
		h.clk.AfterFunc(hastyStop, cancel)
	})()
	h.endLoads()
	var scripts []*script
	h.mu.Lock()
	h.stopping = true // from here on nothing goes live
	states := slices.Clone(h.states)
	for _, o := range h.loaders {
		if o.live != nil {
			scripts = append(scripts, o.live)
			o.live = nil
		}
	}
	if h.schedules != nil {
		scripts = append(scripts, h.schedules)
		h.schedules = nil
	}
	h.mu.Unlock()
	// Also old versions, loads and sessions: no head waits for what comes next.
	for _, s := range states {
		s.endTasks(errShutdown)
	}
	h.devices.StopAll()
	stopped := clock.NewGroup(h.clk)
	for _, s := range scripts {
		stopped.Go(func() { s.stop(errShutdown) })
	}
	// Devices are closed although a script does not end: nothing that Lua does
	// may keep a head from being stopped.
	orderly, end := clock.WithTimeout(h.clk, limit, orderlyStop-hastyStop)
	defer end()
	stopped.WaitFor(orderly)
	h.children.WaitFor(orderly) // not for long: a disk may hang
	h.cancel(errShutdown)       // every owner of a motion ends with it
	h.finishing.WaitFor(orderly)
	told := clock.NewGroup(h.clk)
	told.Go(func() { h.closeNotices(orderly) }) // heads don't wait for that
	err := h.devices.Close(limit)
	told.WaitFor(limit)
	h.endGaps(limit)
	err = errors.Join(err, h.endArchive(limit))
	if h.stopGuard != nil {
		h.stopGuard()
	}
	h.noting.WaitFor(limit)
	return errors.Join(err, h.closeStore(limit))
}

// source is the folder of site.yaml, scripts/ and lib/.
func (h *Host) source() string { return cmp.Or(h.conf.Source, h.site().Dir) }

// Site is what site.yaml says at present. It must not be changed.
func (h *Host) Site() *site.Site { return h.site() }

// Zone is the time zone of the site.
func (h *Host) Zone() *time.Location { return h.site().Timezone }

// Abort makes a Close that is under way, or comes, hurry: tasks are ended at
// once, and only heads are waited for, 2 s at most.
func (h *Host) Abort() { h.abort() }

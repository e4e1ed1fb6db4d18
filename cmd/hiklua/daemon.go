package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/metrics"
	"github.com/hiklua/hiklua/runtime/mqtt"
	"github.com/hiklua/hiklua/runtime/outlet"
	"github.com/hiklua/hiklua/runtime/page"
	"github.com/hiklua/hiklua/runtime/site"
)

// hosted is what a daemon serves. *runtime.Host is one, and says what each method
// does.
type hosted interface {
	api.Host
	mqtt.Host
	metrics.Host
	CallHook(ctx context.Context, r luaapi.HookRequest) luaapi.HookAnswer
	Emit(name string, value any) (told int, err error)
	EmittedNames() []string
}

var _ hosted = (*runtime.Host)(nil)

// daemon is what hiklua run holds beside its host: the site's lock, the log
// with its file and its followers, the control socket, and the line to systemd.
type daemon struct {
	log    *slog.Logger
	ring   *control.Ring
	file   *outlet.Outlet // of the log, to a logFile; nil: none
	lock   *control.Lock
	server *control.Server
	page   atomic.Pointer[page.Page] // nil: not yet, or in virtual time
	notify *notifier
	data   string

	cluster   api.Cluster // nil: the host runs its site alone
	devices   *simulation
	broker    broker
	feed      *page.Feed
	record    func(journal.Entry) // takes what the host does
	lost      func() int          // entries of the journal
	endRecord func()
	measures  measures

	mu       sync.Mutex
	watchdog func() // ends it; nil: there is none
	stopped  bool
	closing  sync.WaitGroup // of server and page
}

// newDaemon takes the site. In virtual time no other process can have it or ask.
func (a *app) newDaemon(s *site.Site, o runOptions) (*daemon, error) {
	d := &daemon{
		ring: control.NewRing(), notify: &notifier{}, data: dataFolder(s.Dir), devices: &simulation{}, feed: page.NewFeed(), endRecord: func() {},
	}
	if _, virtual := a.clk.(*clock.Virtual); !virtual {
		d.notify = a.newNotifier()
		lock, err := control.Take(d.data, control.Holder{PID: os.Getpid(), Since: a.clk.Now().Round(0), Version: version()})
		if held, ok := errors.AsType[*control.HeldError](err); ok {
			return nil, &failure{fmt.Sprintf("%v (%s status %s shows how it fares)", held, a.name, shellWord(s.Dir))}
		}
		if err != nil {
			return nil, err
		}
		d.lock = lock
	}
	var lines io.Writer
	if o.logFile != "" {
		file, err := openLogFile(s.Path(o.logFile), logFileSize)
		if err != nil {
			d.close()
			return nil, err
		}
		d.file = outlet.New(file)
		lines = d.file
	}
	d.log = a.hostLogger(s.Timezone, d.ring, lines, d.measures.line)
	d.broker = a.newBroker(d.log, o.simulate, false)
	record, lost, end := a.openJournal(s, d.log, o)
	d.lost, d.endRecord = lost, end
	d.record = d.broker.tee(tellAll(record, d.feed.Record, d.measures.record))
	return d, nil
}

// listen lets other processes ask the host, also while its scripts load. A host
// that cannot be asked runs all the same.
func (d *daemon) listen(h hosted, web *site.Web) {
	if d.lock == nil {
		return
	}
	answers := d.newAPI(h)
	p := d.newPage(h, answers)
	d.page.Store(p)
	p.Configure(web)
	server, err := control.Listen(d.data, answers.Handler(api.Socket), slog.NewLogLogger(d.log.Handler(), slog.LevelDebug))
	if err != nil {
		d.log.Warn("no control socket: status, reload, jobs and log do not reach this host", errorKey, err)
		return
	}
	d.server = server
}

// taken is called with the page of a site.yaml that was taken over; nil: none.
func (d *daemon) taken(h hosted, web *site.Web) {
	d.measure(h, web)
	if p := d.page.Load(); p != nil {
		p.Reconfigure(web)
	}
}

// ready tells systemd that the scripts have been loaded, and from then on that
// the host is alive.
func (d *daemon) ready(h hosted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lock == nil || d.stopped {
		return
	}
	d.watchdog = d.notify.watchdog(func() { h.Status() })
	d.notify.tell("READY=1", fmt.Sprintf("STATUS=%s, %s", plural(len(h.Status().Scripts), "script"), plural(len(h.Site().Devices), "device")))
}

// stopWith has d stop when ctx ends, and text logged before. stop does so at once, if
// that has not been, and returns after it.
func (a *app) stopWith(ctx context.Context, d *daemon, text string) (stop func()) {
	ctx, cancel := clock.WithCancel(ctx)
	told := a.clk.NewWaiter()
	a.clk.Go(func() {
		defer told.Wake()
		clock.WaitFor(ctx, a.clk.NewWaiter())
		d.log.Info(text)
		d.stopping()
	})
	return func() {
		cancel()
		told.Wait()
	}
}

// stopping is called when the host begins to close: sessions of other programs
// end, and their heads stop. A second call does nothing.
func (d *daemon) stopping() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	d.stopped = true
	d.notify.tell("STOPPING=1")
	if d.watchdog != nil {
		d.watchdog()
	}
	if p := d.page.Load(); p != nil {
		d.closing.Go(p.Close)
	}
	d.closing.Go(d.measures.close)
	if d.server != nil {
		d.closing.Go(func() { d.server.Close() })
	}
}

// close gives the site back.
func (d *daemon) close() {
	d.endRecord()
	d.stopping()
	d.closing.Wait()
	if d.file != nil && d.file.Flush(over()) == nil {
		d.file.Writer().(*logFile).Close()
	}
	if d.lock != nil {
		d.lock.Release()
	}
}

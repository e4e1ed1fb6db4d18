package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/site"
)

// around is what stands around the host of run: the site's lock, the log with
// its file and its followers, the control socket, and systemd.
type around struct {
	log    *slog.Logger
	ring   *control.Ring
	file   *outlet // of the log, to a logFile; nil: none
	lock   *control.Lock
	server *control.Server
	notify *notifier
	data   string

	mu       sync.Mutex
	watchdog func() // ends it; nil: there is none
	stopped  bool
	closing  sync.WaitGroup // of the server
}

// hostAround takes the site. In virtual time nobody else can have it or ask.
func (a *app) hostAround(s *site.Site, o runOptions) (*around, error) {
	r := &around{ring: control.NewRing(), notify: &notifier{}, data: dataFolder(s.Dir)}
	if _, virtual := a.clk.(*clock.Virtual); !virtual {
		r.notify = a.newNotifier()
		lock, err := control.Take(r.data, control.Holder{PID: os.Getpid(), Since: a.clk.Now().Round(0), Version: version()})
		var held *control.HeldError
		if errors.As(err, &held) {
			return nil, &failure{fmt.Sprintf("%v (%s status %s shows how it fares)", held, a.name, shellWord(s.Dir))}
		}
		if err != nil {
			return nil, err
		}
		r.lock = lock
	}
	if o.logFile == "" {
		r.log = a.hostLogger(s.Timezone, r.ring, nil)
		return r, nil
	}
	file, err := openLogFile(s.Path(o.logFile), logFileSize)
	if err != nil {
		r.close()
		return nil, err
	}
	r.file = newOutlet(file)
	r.log = a.hostLogger(s.Timezone, r.ring, r.file)
	return r, nil
}

// answer lets others ask the host, also while its scripts load. One that cannot
// be asked runs all the same.
func (r *around) answer(h *runtime.Host) {
	if r.lock == nil {
		return
	}
	server, err := control.Listen(r.data, &hostService{host: h, ring: r.ring, notify: r.notify})
	if err != nil {
		r.log.Warn("no control socket: status, reload, jobs and log do not reach this host", errorKey, err)
		return
	}
	r.server = server
}

// ready tells systemd that the scripts have been loaded, and from then on that
// the host is alive.
func (r *around) ready(h *runtime.Host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lock == nil || r.stopped {
		return
	}
	r.watchdog = r.notify.watchdog(func() { h.Status() })
	r.notify.tell("READY=1", fmt.Sprintf("STATUS=%s, %s", plural(len(h.Status().Scripts), "script"), plural(len(h.Devices()), "device")))
}

// stopping is called when the host begins to close: sessions of other programs
// end, and their heads stop. A second call does nothing.
func (r *around) stopping() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	r.stopped = true
	r.notify.tell("STOPPING=1")
	if r.watchdog != nil {
		r.watchdog()
	}
	if r.server != nil {
		r.closing.Go(func() { r.server.Close() })
	}
}

// close gives the site back.
func (r *around) close() {
	r.stopping()
	r.closing.Wait()
	if r.file != nil && r.file.flush(over()) == nil {
		r.file.w.(*logFile).Close()
	}
	if r.lock != nil {
		r.lock.Release()
	}
}

package page

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// Config is what a page needs of its host.
type Config struct {
	Clock clock.Clock
	Log   *slog.Logger
	Data  string // the folder in which page.key lies

	// Status must not wait.
	Status func() runtime.Status
	// Picture takes one picture of a channel. It may wait, until ctx ends.
	Picture func(ctx context.Context, device string, channel int) ([]byte, error)
	// Record is told when somebody begins and ends to look at a channel; it must
	// not wait. nil: nothing is told.
	Record func(journal.Entry)

	Feed *Feed         // what is put on record
	Ring *control.Ring // the log

	// What lies beside the page; nil: 404. API has a session or the password
	// before it, Metrics too.
	API     http.Handler // /api/
	Metrics http.Handler // GET /metrics

	// Hook has a request to a hook answered by a script: POST /hooks/NAME, with the
	// token of the hook before it. It may wait, until ctx ends. nil: 404.
	Hook func(ctx context.Context, r luaapi.HookRequest) luaapi.HookAnswer

	// Timeline writes the page of what is on record since then, one that needs
	// nothing beside it, and reports whether there is anything. nil: 404.
	Timeline func(ctx context.Context, w io.Writer, since time.Time) (any bool, err error)
}

// Page is the page of one host. What outlives a change of its settings is
// here: who is logged in, the links, and what is counted.
type Page struct {
	conf     Config
	sessions *sessions
	links    *links
	guesses  *guesses
	hooks    *hookDesk
	board    *board
	looks    *looks
	counts   counts
	drawing  chan struct{} // the timeline that is being made; room for one
	health   chan struct{} // who asks the host whether it answers; room for one

	mu    sync.Mutex
	front *front // what listens; nil: nothing does
	err   error  // why nothing does

	problem atomic.Pointer[problem] // of the newest settings; nil: none

	changes  sync.WaitGroup // of Reconfigure
	changeMu sync.Mutex
	change   *site.Web // the newest settings
	changing bool
	closed   bool
}

// New makes a page that does not listen yet.
func New(conf Config) *Page {
	p := &Page{
		conf:     conf,
		sessions: newSessions(conf.Clock, conf.Data),
		links:    newLinks(conf.Clock),
		guesses:  newGuesses(conf.Clock),
		drawing:  make(chan struct{}, 1),
		health:   make(chan struct{}, 1),
		hooks:    newHookDesk(conf.Clock),
	}
	p.board = newBoard(conf.Clock, conf.Status)
	p.looks = newLooks(p)
	p.err = ErrOff
	return p
}

// ErrOff says that the site has no page.
var ErrOff = errors.New("the site has no page: web.listen of site.yaml, or run --listen, gives it one")

// Configure lets the page listen as web says, in the place of what listens at
// present; nil: nothing does. What is wrong is logged in one line, and then the
// page stays as it was.
func (p *Page) Configure(web *site.Web) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.front
	p.problem.Store(nil)
	p.hooks.settings(web)
	if before != nil && web != nil {
		same := *web
		same.Hooks = before.web.Hooks
		if same.Equal(before.web) {
			return // a hook more or less ends no stream
		}
	}
	if web == nil || web.Listen == "" {
		p.err = ErrOff
		p.replace(nil)
		if before != nil {
			p.conf.Log.Info("no page any more: site.yaml has no web.listen")
		}
		return
	}
	if before != nil && before.web.Equal(web) {
		return // something else in site.yaml has changed: streams go on
	}
	next, err := newFront(p, web)
	if err == nil {
		err = p.open(next, before)
	}
	if err != nil {
		p.problem.Store(&problem{err, p.conf.Clock.Now()})
	}
	if err != nil && p.front != nil {
		p.conf.Log.Error("web of site.yaml is not taken over; the page stays as it was", keyError, err)
		return
	}
	if p.err = err; err != nil {
		p.conf.Log.Error("no page is served; the host runs on", keyError, err)
		return
	}
	p.replace(next)
	p.conf.Log.Info(fmt.Sprintf("page at %s: \"hiklua page\" gives a link that logs in", next.address()))
	if !web.Loopback() && !next.secure() {
		p.conf.Log.Warn("the page is served beyond this machine without TLS: password and pictures can be read on the way; web.cert and web.key, or a proxy in front of it, mend that")
	}
}

// problem is why the page is not as site.yaml wants it, and since when.
type problem struct {
	err   error
	since time.Time
}

// Problem is why the page is not as the newest settings want it, and since when; nil:
// it is, or none is wanted. It does not wait.
func (p *Page) Problem() (since time.Time, why error) {
	if is := p.problem.Load(); is != nil {
		return is.since, is.err
	}
	return time.Time{}, nil
}

// replace takes the front down, and puts another one in its place; nil: none.
// Called with mu held.
func (p *Page) replace(next *front) {
	if p.front != nil {
		p.front.close()
	}
	p.front = next
	p.board.settings(nil)
	if next != nil {
		p.board.settings(next.web)
	}
}

// open lets a front listen. Where it wants the port of the one before, that one is
// taken down first; it comes back if the port cannot be had in the new way. Called
// with mu held.
func (p *Page) open(next, before *front) error {
	err := next.listen()
	if errors.Is(err, syscall.EADDRINUSE) && before != nil && before.port() == portOf(next.web.Listen) {
		p.replace(nil)
		if err = next.listen(); err != nil {
			p.restore(before)
		}
	}
	if err != nil {
		return listenError(next.web.Listen, err)
	}
	return nil
}

// restore has what was served before listen again. Called with mu held.
func (p *Page) restore(before *front) {
	if l, err := net.Listen("tcp", before.at.String()); err == nil {
		again := &front{page: p, web: before.web, mac: before.mac, certs: before.certs}
		again.serve(l)
		p.replace(again)
	}
}

// Reconfigure is Configure at once, but does not wait for it: a request to the
// page may be what has the site read anew.
func (p *Page) Reconfigure(web *site.Web) {
	p.changeMu.Lock()
	defer p.changeMu.Unlock()
	p.change = web
	if p.changing || p.closed {
		return
	}
	p.changing = true
	p.changes.Go(func() {
		for {
			p.changeMu.Lock()
			web := p.change
			p.changeMu.Unlock()
			p.Configure(web)
			p.changeMu.Lock()
			if p.change == web {
				p.changing = false
				p.changeMu.Unlock()
				return
			}
			p.changeMu.Unlock()
		}
	})
}

// Close ends the page and waits for all that goes on in it.
func (p *Page) Close() {
	p.changeMu.Lock()
	p.closed = true
	p.changeMu.Unlock()
	p.changes.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(nil)
	p.err = ErrOff
	p.looks.close()
	p.board.close()
}

// Link makes a link. The error says why there is no page.
func (p *Page) Link() (api.PageLink, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.front == nil {
		return api.PageLink{}, p.err
	}
	key, until := p.links.make()
	return api.PageLink{URL: p.front.linkTo() + "/enter?key=" + key, Until: until, Local: p.front.web.Loopback()}, nil
}

// Attributes of the log.
const (
	keyError   = "error"
	keyAddress = "address"
)

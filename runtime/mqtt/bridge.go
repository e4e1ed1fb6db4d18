package mqtt

import (
	"context"
	"log/slog"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// refreshEvery is how often the host is asked for what has changed.
	refreshEvery = time.Second
	// connectTimeout is how long the broker may take to let the host in.
	connectTimeout = 10 * time.Second
	// farewell is how long Close takes at most.
	farewell = time.Second
	// commandTimeout is how long a command from the broker may take.
	commandTimeout = 30 * time.Second
)

// Host is what a Bridge needs of runtime.Host.
type Host interface {
	Site() *site.Site
	Status() runtime.Status
	// Topics are those that scripts listen to, Deliver tells them of a message.
	Topics() []string
	Deliver(m luaapi.Message) int

	StartJob(ctx context.Context, name string) error
	StopHead(ctx context.Context, device string, channel int) error
	RecallPreset(ctx context.Context, device string, channel, preset int) error
	Presets(ctx context.Context, device string, channel int) ([]isapi.Preset, error)
	Picture(ctx context.Context, device string, channel int) ([]byte, error)
}

var _ Host = (*runtime.Host)(nil)

// Config is what a Bridge is made of.
type Config struct {
	Clock   clock.Clock // a real one
	Log     *slog.Logger
	Version string
	// Scripts: it is for hik.mqtt alone, beside the host that runs the site. It
	// connects when a script first needs it.
	Scripts bool
	// Dial, if it is set, opens the connections instead of the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Bridge joins a host and a broker. New makes it, Start begins, Close ends it.
type Bridge struct {
	conf   Config
	host   Host // set by Start
	book   book
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{} // closed when the goroutine of Start has ended; nil: there is none
	wake   chan struct{} // something is to be looked at before refreshEvery has passed
	every  time.Duration // between two looks at the host
	needed chan struct{} // closed once a script publishes something
	need   sync.Once

	mu      sync.Mutex
	link    *link         // nil: the broker is away
	problem error         // why it is; nil: it is not, or nothing is known yet
	since   time.Time     // of problem
	settled chan struct{} // closed once the first try to connect is over
}

// New returns a Bridge that does nothing yet.
func New(conf Config) *Bridge {
	b := &Bridge{
		conf: conf, every: refreshEvery, wake: make(chan struct{}, 1), needed: make(chan struct{}), settled: make(chan struct{}),
	}
	b.ctx, b.cancel = clock.WithCancel(context.Background())
	return b
}

// Start connects host and broker, and goes on doing so until Close.
func (b *Bridge) Start(host Host) {
	b.host = host
	b.ended = make(chan struct{})
	b.conf.Clock.Go(b.run)
}

// Publish sends a message of a script, if the broker is there and takes messages
// as fast as they come; while the first connection is being made it waits for
// that. The error is about the message, or ctx has ended.
func (b *Bridge) Publish(ctx context.Context, m luaapi.Message) (sent bool, err error) {
	b.need.Do(func() { close(b.needed) })
	b.mu.Lock()
	settled := b.settled
	b.mu.Unlock()
	select {
	case <-settled:
	case <-b.ctx.Done():
		return false, nil
	case <-ctx.Done():
		return false, clock.Cause(ctx)
	}
	b.mu.Lock()
	l := b.link
	b.mu.Unlock()
	if l == nil {
		return false, nil
	}
	return l.enqueue(m)
}

// Look has the host asked for its state soon.
func (b *Bridge) Look() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Close says farewell to the broker, and ends the Bridge within a second.
func (b *Bridge) Close() {
	b.cancel()
	if b.ended == nil {
		return
	}
	late := make(chan struct{})
	timer := b.conf.Clock.AfterFunc(farewell, func() { close(late) })
	defer timer.Stop()
	select {
	case <-b.ended:
	case <-late:
		b.mu.Lock()
		if b.link != nil {
			b.link.conn.Close()
		}
		b.mu.Unlock()
		<-b.ended
	}
}

// run makes one connection after the other.
func (b *Bridge) run() {
	defer close(b.ended)
	defer b.settle()
	var told story
	var wait backoff
	for clock.Cause(b.ctx) == nil {
		conf := b.broker()
		if conf == nil || !b.isNeeded() {
			if conf == nil {
				b.settle()
				b.note(nil)
			}
			b.pause(b.every)
			continue
		}
		began := b.conf.Clock.Now()
		err := b.live(conf, &told)
		b.settle()
		switch {
		case clock.Cause(b.ctx) != nil:
			return
		case err == errChanged:
			b.note(nil)
			wait, told = backoff{}, story{}
			continue
		}
		b.note(err)
		lasted := b.conf.Clock.Now().Sub(began)
		told.failed(b.conf.Log, conf, err, lasted)
		if !b.pauseWhile(conf, wait.next(err, lasted)) {
			wait, told = backoff{}, story{}
		}
	}
}

// note notes why the broker is away; nil: it is not.
func (b *Bridge) note(problem error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.problem == nil {
		b.since = b.conf.Clock.Now()
	}
	b.problem = problem
}

// Problem is why the broker is away, and since when; nil: it is not, or it is not known
// yet. It does not wait.
func (b *Bridge) Problem() (since time.Time, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.since, b.problem
}

// isNeeded reports whether there is a reason to connect.
func (b *Bridge) isNeeded() bool {
	if !b.conf.Scripts {
		return true
	}
	select {
	case <-b.needed:
		return true
	default:
		return len(b.host.Topics()) > 0
	}
}

// broker is that of the site at present; nil: it has none.
func (b *Bridge) broker() *site.MQTT {
	return b.host.Site().MQTT
}

// changed reports whether site.yaml has another broker by now.
func (b *Bridge) changed(conf *site.MQTT) bool {
	now := b.broker()
	return now != conf && !reflect.DeepEqual(now, conf)
}

// settle ends the wait of those who publish before the first connection.
func (b *Bridge) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.settled:
	default:
		close(b.settled)
	}
}

// pause waits for d, or until there is something to look at, or for the end.
func (b *Bridge) pause(d time.Duration) {
	over := make(chan struct{})
	timer := b.conf.Clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
	case <-b.wake:
	case <-b.needed:
		if b.conf.Scripts { // else it would be over for good
			return
		}
		select {
		case <-over:
		case <-b.wake:
		case <-b.ctx.Done():
		}
	case <-b.ctx.Done():
	}
}

// pauseWhile waits for d as long as the broker is the same, and reports whether it
// is.
func (b *Bridge) pauseWhile(conf *site.MQTT, d time.Duration) bool {
	till := b.conf.Clock.Now().Add(d)
	for clock.Cause(b.ctx) == nil && !b.changed(conf) {
		left := till.Sub(b.conf.Clock.Now())
		if left <= 0 {
			return true
		}
		clock.Sleep(b.ctx, b.conf.Clock, min(left, b.every))
	}
	return false
}

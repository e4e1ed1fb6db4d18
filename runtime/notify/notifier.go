package notify

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Config is what a Notifier is made of.
type Config struct {
	Clock   clock.Clock
	Log     *slog.Logger
	Version string
	HTTP    http.RoundTripper // carries the requests of all kinds but mail
	Targets []site.Target
	Zone    *time.Location

	// Dial connects to a mail server; nil: over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Notifier sends notifications. New makes it, Close ends it. Its methods may be
// called from any goroutine.
type Notifier struct {
	conf   Config
	clk    clock.Clock
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	runs   *clock.Group // a goroutine for each way that has something to send

	mu       sync.Mutex
	changed  *clock.Cond // a receipt has
	zone     *time.Location
	ways     []*way // in the order of site.yaml
	ids      int
	flushing bool // no limit counts, each way has one try
	closed   bool
}

// New makes a Notifier. It sends nothing.
func New(conf Config) *Notifier {
	n := &Notifier{conf: conf, clk: conf.Clock, log: conf.Log, runs: clock.NewGroup(conf.Clock)}
	n.changed = clock.NewCond(n.clk, &n.mu)
	n.ctx, n.cancel = clock.WithCancel(context.Background())
	n.Configure(conf.Targets, conf.Zone)
	return n
}

// Configure takes over what site.yaml says now. What waits for a target that is
// gone is lost; what waits for one that was changed goes its new way.
func (n *Notifier) Configure(targets []site.Target, zone *time.Location) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.zone = zone
	before := n.ways
	n.ways = nil
	for _, t := range targets {
		for _, next := range n.waysOf(t) {
			w := next
			for i, old := range before {
				if old != nil && old.target == next.target && old.kind == next.kind {
					w, before[i] = old, nil
					w.take(next)
				}
			}
			n.ways = append(n.ways, w)
		}
	}
	for _, gone := range before {
		if gone != nil {
			gone.removed = true
			gone.giveUp(&Error{Message: "site.yaml has no " + gone.kind + " of " + gone.target + " any more", Refused: true})
			gone.stir()
		}
	}
}

// waysOf makes the ways of a target.
func (n *Notifier) waysOf(t site.Target) []*way {
	post := &poster{transport: n.conf.HTTP, version: n.conf.Version, clk: n.clk, secrets: t.Secrets()}
	var ways []*way
	add := func(kind string, conf any, send sender) {
		if !reflect.ValueOf(conf).IsNil() {
			ways = append(ways, &way{n: n, target: t.Name, kind: kind, conf: conf, sender: send, perHour: t.MaxPerHour})
		}
	}
	add("webhook", t.Webhook, &webhook{post, t.Webhook})
	add("ntfy", t.Ntfy, &ntfy{post, t.Ntfy})
	add("telegram", t.Telegram, &telegram{post, t.Telegram})
	add("mail", t.Mail, &mailer{conf: t.Mail, dial: n.conf.Dial, version: n.conf.Version, secrets: t.Secrets()})
	return ways
}

// Notify queues a message for a target. known is false if there is no such
// target.
func (n *Notifier) Notify(target string, m Message) (r *Receipt, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r = &Receipt{n: n}
	now := n.clk.Now()
	id := n.newID(now)
	for _, w := range n.ways {
		if w.target != target {
			continue
		}
		known = true
		r.left++
		i := &item{message: m, id: id, queued: now, receipts: []*Receipt{r}}
		if n.closed {
			w.lost += 1
			n.settle(i, &Error{Message: "hiklua has ended", Refused: true})
			continue
		}
		w.add(i)
		if w.retryAt.After(now) && !n.flushing {
			r.err = w.failing // its turn comes when the place is tried again
		}
	}
	return r, known
}

// Status tells how a way fares.
type Status struct {
	Target  string
	Kind    string
	Waiting int    // notifications
	Sent    int    // messages, since the start
	Lost    int    // notifications, since the start
	Failing *Error // why the last try failed; nil: it did not
	Since   time.Time
	RetryAt time.Time // zero: it is not tried again
}

// Status tells how all ways fare, in the order of site.yaml.
func (n *Notifier) Status() []Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []Status
	for _, w := range n.ways {
		all = append(all, w.status())
	}
	return all
}

// Flush gives what waits one try, whatever the limits say, and returns when all
// had it, or ctx ends. From then on it is so for what is added, too: for a program
// that ends.
func (n *Notifier) Flush(ctx context.Context) {
	n.mu.Lock()
	n.flushing = true
	for _, w := range n.ways {
		w.stir()
	}
	n.mu.Unlock()
	n.runs.WaitFor(ctx)
}

// Close gives what waits one more try while ctx lasts, and says what is lost.
func (n *Notifier) Close(ctx context.Context) {
	n.Flush(ctx)
	n.mu.Lock()
	n.closed = true
	for _, w := range n.ways {
		w.giveUp(&Error{Message: "hiklua ended before it was delivered", Refused: true})
	}
	n.mu.Unlock()
	n.cancel()
	n.runs.WaitFor(ctx)
}

// newID is an id for a message, for the Message-ID of mail.
func (n *Notifier) newID(now time.Time) string {
	n.ids++
	return fmt.Sprintf("%x.%d", now.UnixNano(), n.ids)
}

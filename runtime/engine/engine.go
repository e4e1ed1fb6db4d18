//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/hold"
)

// answerTimeout is how long an answer is waited for at most: a request or an answer
// that a broken route has swallowed does not come any more.
const answerTimeout = 15 * time.Second

// Engine is one member's part of what the cluster shares. Its methods may be called
// at once by any goroutine.
type Engine struct {
	cfg    Config
	server *embedded // nil: the servers are outside
	nc     *nats.Conn
	tasks  *clock.Group
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	once   sync.Once

	numbers numbers
	seen    seen

	mu     sync.Mutex
	status cluster.EngineStatus
}

var _ cluster.Engine = (*Engine)(nil)

// Start starts the engine of one member. It returns when this member's own server
// runs, without waiting for the others: until a majority has met, and for the very
// first time all of them, every call ends with ErrUnknown. With Config.URL it
// returns when the cluster there was found to be fit; ctx ends that wait. The error
// wraps ErrStore or ErrOutside where these are to blame.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg, tasks: clock.NewGroup(cfg.Clock)}
	e.ctx, e.cancel = clock.WithCancel(context.Background())
	if err := e.connect(ctx); err != nil {
		e.Close()
		return nil, err
	}
	e.tasks.Go(e.tend)
	e.tasks.Go(e.watch)
	return e, nil
}

// connect starts the server, if it is ours, and connects with it.
func (e *Engine) connect(ctx context.Context) error {
	options := []nats.Option{
		nats.Name("hiklua " + e.cfg.Name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		// What is asked for while there is no connection is not kept for later: a try
		// that comes late has another meaning.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			e.cfg.Log.Warn("engine: " + err.Error())
		}),
	}
	if e.cfg.URL != "" {
		return e.connectOutside(ctx, options)
	}
	var err error
	if e.server, err = startServer(e.cfg); err != nil {
		return err
	}
	e.nc, err = nats.Connect("", append(options, nats.InProcessServer(e.server), e.server.login())...)
	return err
}

// Close ends the engine. What waits for an answer gets ErrUnknown; what this member
// leads it hands to another first, which takes no longer than 0.3 s as a rule.
func (e *Engine) Close() {
	e.once.Do(func() {
		e.cancel()
		e.tasks.Wait()
		if e.nc != nil {
			e.nc.Close()
		}
		if e.server != nil {
			e.server.stop()
		}
	})
}

// request sends a message and waits for its answer. The error wraps ErrUnknown.
func (e *Engine) request(ctx context.Context, msg *nats.Msg) (*nats.Msg, error) {
	ctx, cancel := clock.WithTimeout(e.cfg.Clock, ctx, answerTimeout)
	defer cancel()
	defer clock.OnDone(e.ctx, cancel)()
	answer, err := e.nc.RequestMsgWithContext(ctx, msg)
	switch {
	case err == nil:
		return answer, nil
	case e.ctx.Err() != nil:
		err = errors.New("it was closed")
	case ctx.Err() != nil:
		err = clock.Cause(ctx)
	}
	return nil, fmt.Errorf("%w: %w", hold.ErrUnknown, err)
}

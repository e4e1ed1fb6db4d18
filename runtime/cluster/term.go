package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

// term is what runs while this host holds a share: a gate, a log and a Host, new for
// each term, and for each Hold within one.
type term struct {
	share  *share
	number uint64
	gate   *isapi.Gate
	ctx    context.Context // ends when the share is let go
	lose   context.CancelFunc
	life   context.Context // ends when the host is to close, too
	close  context.CancelFunc
	down   context.Context // ends when nothing of the term runs any more
	isDown context.CancelFunc

	mu     sync.Mutex
	host   *runtime.Host // nil: not yet
	waning bool
	lost   bool  // let go: no host is taken any more
	err    error // of the host's end
}

func newTerm(s *share, number uint64, may func() bool) *term {
	t := &term{share: s, number: number, gate: isapi.NewGate(may)}
	t.ctx, t.lose = clock.WithCancel(context.Background())
	t.life, t.close = clock.WithCancel(t.ctx)
	t.down, t.isDown = clock.WithCancel(context.Background())
	return t
}

// run starts the host and returns when that has ended. A former term of this process
// has the files of the share until it is down.
func (t *term) run(former *term) {
	defer t.isDown()
	late := t.share.m.clk.AfterFunc(startWithin, func() {
		if t.life.Err() == nil {
			t.share.gaveUp(fmt.Errorf("the start takes longer than %v: its disk or the log of the cluster may hang", startWithin))
		}
	})
	defer late.Stop()
	if former != nil && t.await(t.life, former.down) != nil {
		return
	}
	h, from, err := t.start()
	if err != nil {
		if t.life.Err() == nil && !errors.Is(err, store.ErrFenced) {
			t.share.gaveUp(err)
		}
		return
	}
	if !t.take(h) {
		t.gate.Close()
		h.Drop()
		_ = h.Close()
		return
	}
	late.Stop()
	t.share.m.conf.Group.Set(t.share.name, h)
	defer t.share.m.conf.Group.Remove(t.share.name, h)
	h.TellHeld(from)
	h.Open()
	rest, cancel := clock.WithTimeout(t.share.m.clk, t.life, restWithin)
	h.AwaitRest(rest)
	cancel()
	t.share.started()
	words := []any{keyTerm, t.number}
	if from.From != "" {
		words = append(words, "after", from.From)
	}
	t.share.log.Info("this host drives the devices", words...)
	err = h.Run(t.life, nil)
	t.mu.Lock()
	t.err = err
	t.mu.Unlock()
}

// await waits for the end of event, or of ctx, whose cause it returns.
func (t *term) await(ctx, event context.Context) error {
	w := t.share.m.clk.NewWaiter()
	defer clock.OnDone(event, w.Wake)()
	return clock.WaitFor(ctx, w)
}

// take makes h the host of the term; false: it was let go meanwhile.
func (t *term) take(h *runtime.Host) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost || t.life.Err() != nil {
		return false
	}
	t.host = h
	if t.waning {
		h.Wane()
	}
	return true
}

// start fences the log, and makes the host from the release that the cluster has now:
// what was released before this term began is what runs in it.
func (t *term) start() (h *runtime.Host, from runtime.Takeover, err error) {
	s, m := t.share, t.share.m
	log, err := hold.OpenLog(t.life, hold.LogConfig{
		Engine: m.conf.Engine, Clock: m.clk, Name: "state." + s.name, Term: t.number, Fenced: store.ErrFenced,
	})
	if err != nil {
		return nil, from, err
	}
	s.ended.Go(m.stepAside)
	err = m.refresh(t.life)
	for errors.Is(err, hold.ErrUnknown) && clock.Cause(t.life) == nil { // the lease decides how long that may go on
		err = m.refresh(t.life)
	}
	if err != nil {
		return nil, from, err
	}
	conf, err := m.hostConf(s)
	if err != nil {
		return nil, from, err
	}
	s.mu.Lock()
	former := s.before
	s.mu.Unlock()
	conf.Gate, conf.StateLog, conf.TakenOver = t.gate, &termLog{log, t}, former.at
	if former.host != m.conf.Name {
		conf.HeldElsewhere = former.at
	}
	if h, err = runtime.New(conf); err != nil {
		return nil, from, err
	}
	return h, runtime.Takeover{Host: m.conf.Name, From: former.host, Since: former.at, Until: m.clk.Now()}, nil
}

// hostConf is what the host of a share is made of.
func (m *Member) hostConf(s *share) (runtime.Config, error) {
	m.mu.Lock()
	now, refused := m.site, m.refused
	m.mu.Unlock()
	if now == nil || refused != nil { // what the cluster ran before is not what it runs
		return runtime.Config{}, cmp.Or(refused, errors.New("there is no release yet"))
	}
	own := now.Share(s.name)
	if own == nil {
		return runtime.Config{}, fmt.Errorf("the release has no share %q", s.name)
	}
	conf := m.conf.Host
	folder := filepath.Join(m.data, s.name)
	conf.Site, conf.Clock, conf.Log = own, m.clk, m.log
	conf.Reload = func() (*site.Site, error) {
		next, err := m.conf.Load(m.sourceDir())
		if err != nil {
			return nil, err
		}
		if own := next.Share(s.name); own != nil {
			return own, nil
		}
		return nil, fmt.Errorf("the release has no share %q", s.name)
	}
	conf.Share, conf.Source = s.name, m.sourceDir()
	conf.State = filepath.Join(folder, "state.db")
	if conf.Logins != "" {
		conf.Logins, conf.LoginsBeside = folder, []string{conf.Logins}
	}
	if len(now.ShareNames()) > 1 {
		conf.Data, conf.Log = folder, s.log
	}
	conf.StateBefore = m.stateBefore()
	conf.Runs = func(script string) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.scripts == nil || slices.Contains(m.scripts[script], s.name)
	}
	conf.Elsewhere = m.elsewhere
	conf.ElsewhereAt = func(opened site.Device) string { return m.elsewhereAt(s.name, opened) }
	if now.Cluster.Confirm {
		conf.Confirm = s.holder.Confirm
	}
	return conf, nil
}

// running is the host of the term; nil: there is none yet.
func (t *term) running() *runtime.Host {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.host
}

// wane has the host wane, or go on.
func (t *term) wane(waning bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waning = waning
	switch {
	case t.host == nil:
	case waning:
		t.host.Wane()
	default:
		t.host.Resume()
	}
}

// letGo shuts the gate, and then drops the host beside.
func (t *term) letGo() {
	t.gate.Close()
	t.mu.Lock()
	h := t.host
	t.lost = true
	t.mu.Unlock()
	alive := t.down.Err() == nil
	t.share.ended.Go(func() {
		if h != nil && alive {
			t.share.m.conf.Group.Remove(t.share.name, h)
			h.Drop()
		}
		t.lose()
		t.forget()
	})
}

// endInOrder tells scripts that the share goes to another host, closes this one, and
// then the gate.
func (t *term) endInOrder(ctx context.Context) error {
	defer t.forget()
	defer t.lose()
	defer t.gate.Close()
	ctx, cancel := clock.WithTimeout(t.share.m.clk, ctx, handOverWithin)
	defer cancel()
	if h := t.running(); h != nil {
		h.TellLost()
		told, cancel := clock.WithTimeout(t.share.m.clk, t.share.m.hurry, lostFor)
		_ = t.await(told, t.down)
		cancel()
	}
	t.close()
	if t.running() == nil { // nor will it be: the start may hang
		return nil
	}
	if err := t.await(ctx, t.down); err != nil {
		return fmt.Errorf("what runs did not end in time: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// forget leaves the host, which has ended, to the collector of garbage: the term is kept
// until the next one.
func (t *term) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.host = nil
}

// sync has the host look at a new release.
func (t *term) sync() {
	if h := t.running(); h != nil {
		h.Sync(t.life)
	}
}

func (t *term) hurry() {
	if h := t.running(); h != nil {
		h.Abort()
	}
}

// termLog is the log of a term, whose calls end with it.
type termLog struct {
	*hold.Log
	t *term
}

func (l *termLog) within(ctx context.Context) (context.Context, func()) {
	ctx, cancel := clock.WithCancelCause(ctx)
	stop := clock.OnDone(l.t.ctx, func() { cancel(store.ErrFenced) })
	return ctx, func() { stop(); cancel(nil) }
}

// Append implements store.Log.
func (l *termLog) Append(ctx context.Context, data []byte) (uint64, error) {
	ctx, end := l.within(ctx)
	defer end()
	return l.Log.Append(ctx, data)
}

// Read implements store.Log.
func (l *termLog) Read(ctx context.Context, after uint64, f func(seq uint64, data []byte) error) error {
	ctx, end := l.within(ctx)
	defer end()
	return l.Log.Read(ctx, after, f)
}

// Purge implements store.Log.
func (l *termLog) Purge(ctx context.Context, before uint64) error {
	ctx, end := l.within(ctx)
	defer end()
	return l.Log.Purge(ctx, before)
}

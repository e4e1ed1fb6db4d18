package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

const (
	// failedFirst is how long a host whose start failed takes the share no more; it
	// doubles up to failedMost.
	failedFirst = 10 * time.Second
	failedMost  = 5 * time.Minute
)

// share is one share of the site as this host takes part in it. It is the driver of
// its holder.
type share struct {
	m      *Member
	name   string
	log    *slog.Logger
	holder *hold.Holder
	ctx    context.Context // of the holder
	cancel context.CancelFunc
	ended  *clock.Group // of the holder and of the terms

	mu        sync.Mutex
	begun     bool
	term      *term // the latest; nil: none was held
	err       error // of its orderly end
	handing   bool  // a hand-over is under way
	failures  int   // in a row, of starts
	failed    error // why the last start failed; nil: it did not
	retry     time.Time
	before    before
	wanted    string        // the host that is to hold it, as this one sees it
	neverHeld hold.BootTime // since when no record of it was seen; 0: one was
	rests     func()        // ends what goes on until it is held; nil: nothing did yet
}

// before is what is known of the host that held the share last, when that is not this
// process.
type before struct {
	host string
	at   time.Time // when it is known to have held it
}

var _ hold.Driver = (*share)(nil)

func (m *Member) newShare(name string) *share {
	s := &share{m: m, name: name, log: m.log.With(keyShare, name), ended: clock.NewGroup(m.clk)}
	if m.conf.Site.Cluster != nil && len(m.conf.Site.Cluster.Shares) <= 1 && name == m.conf.Site.ShareNames()[0] {
		s.log = m.log // with one share nothing shows of shares
	}
	s.ctx, s.cancel = clock.WithCancel(context.Background())
	conf := hold.Config{
		Share: name, Host: m.conf.Name, ID: m.conf.ID,
		Engine: m.conf.Engine, Driver: s, Clock: m.clk, Boot: m.conf.Boot,
		Lease: m.conf.Site.Cluster.Lease, Log: m.log,
	}
	if m.conf.Deadman != nil {
		conf.Deadman = m.conf.Deadman()
	}
	s.holder = hold.New(conf)
	s.holder.Want(false) // until placement has looked
	return s
}

// begin has the holder run.
func (s *share) begin() {
	s.mu.Lock()
	again := s.begun
	s.begun = true
	s.mu.Unlock()
	if !again {
		s.ended.Go(func() { s.holder.Run(s.ctx) })
	}
}

// stop ends the holder, which hands the share over if it is held, and waits for that.
func (s *share) stop() {
	s.cancel()
	s.ended.Wait()
}

func (s *share) hurry() {
	if t := s.latest(); t != nil {
		t.hurry()
	}
}

func (s *share) latest() *term {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.term
}

func (s *share) endError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Hold implements hold.Driver.
func (s *share) Hold(number uint64, may func() bool) {
	t := newTerm(s, number, may)
	s.mu.Lock()
	former := s.term
	s.term, s.err = t, nil
	if s.rests != nil {
		s.rests()
	}
	s.mu.Unlock()
	s.ended.Go(func() { t.run(former) })
}

// Wane implements hold.Driver.
func (s *share) Wane() {
	if t := s.latest(); t != nil {
		t.wane(true)
	}
}

// Resume implements hold.Driver.
func (s *share) Resume() {
	if t := s.latest(); t != nil {
		t.wane(false)
	}
}

// LetGo implements hold.Driver.
func (s *share) LetGo() {
	if t := s.latest(); t != nil {
		t.letGo()
	}
}

// End implements hold.Driver.
func (s *share) End(ctx context.Context) error {
	t := s.latest()
	if t == nil {
		return nil
	}
	err := t.endInOrder(ctx)
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
	return err
}

// handOver gives the share to a host, by name; "": to any. It does not wait.
func (s *share) handOver(to string) {
	s.mu.Lock()
	under := s.handing
	s.handing = true
	s.mu.Unlock()
	if under {
		return
	}
	s.ended.Go(func() {
		ctx, cancel := clock.WithTimeout(s.m.clk, s.ctx, handOverWithin)
		defer cancel()
		err := s.holder.HandOver(ctx, to)
		s.mu.Lock()
		s.handing = false
		s.mu.Unlock()
		switch {
		case err == nil || errors.Is(err, hold.ErrNotHeld) || s.ctx.Err() != nil:
		default:
			s.log.Warn("the cluster has not confirmed that the share was given up: another host takes it when its lease has ended", keyError, err)
		}
	})
}

// gaveUp is told that a term could not start: another host is to try, and this one
// after a while.
func (s *share) gaveUp(err error) {
	s.mu.Lock()
	s.failures++
	wait := min(failedFirst<<min(s.failures-1, 10), failedMost)
	s.failed, s.retry = err, s.m.clk.Now().Add(wait)
	s.mu.Unlock()
	s.log.Error(fmt.Sprintf("this host can't run the devices: another is to take them, and this one tries again in %v", clock.FormatDuration(wait)), keyError, err)
	s.holder.Want(false)
	s.handOver("")
}

// started is told that a term runs.
func (s *share) started() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures, s.failed = 0, nil
}

// able reports whether a start may succeed here by now: not while one hangs.
func (s *share) able() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed == nil || !s.m.clk.Now().Before(s.retry) && s.term.down.Err() != nil
}

// held reports whether this host holds the share.
func (s *share) held() bool { return s.holder.Status().Term != 0 }

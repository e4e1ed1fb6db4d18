package cluster

import (
	"context"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/retention"
	"github.com/hiklua/hiklua/runtime/clock"
)

// keepPictures removes what has had its time from the archives of shares that others
// hold: there lies what this host took when it held them. The Host of a share does so
// with that of its own.
func (m *Member) keepPictures() {
	for clock.Sleep(m.ctx, m.clk, retention.Every) == nil {
		for _, s := range m.all() {
			if ctx, done := s.untilHeld(); ctx != nil {
				s.keepPictures(ctx)
				done()
			}
		}
	}
}

func (s *share) keepPictures(ctx context.Context) {
	m := s.m
	conf, err := m.hostConf(s)
	if err != nil {
		return // it is told where it matters
	}
	err = runtime.RestingArchive(ctx, conf.Site, conf.Data, m.clk, s.log, func(a runtime.OpenArchive) error {
		_, err := a.Keeper.Prune(ctx, nil)
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("which pictures here have had their time can't be seen", keyError, err)
	}
}

// untilHeld gives a context that ends when this host holds the share; nil: it does.
func (s *share) untilHeld() (ctx context.Context, done func()) {
	if s.held() {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.term != nil && s.term.down.Err() == nil {
		return nil, nil
	}
	ctx, s.rests = clock.WithCancel(s.m.ctx)
	return ctx, s.rests
}

package hold_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// An engine without a connection may fail at once.
// holey is an engine one of whose entries is lost.
type holey struct {
	hold.Engine
	lost uint64
}

func (e holey) Read(ctx context.Context, log string, after uint64, f func(uint64, []byte) error) (uint64, error) {
	return e.Engine.Read(ctx, log, after, func(seq uint64, data []byte) error {
		if seq == e.lost {
			return nil
		}
		return f(seq, data)
	})
}

// What is missing between two entries, as after damage that the engine does not see, is
// not passed over.
func TestALogWithAHole(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l := s.mustOpen("left", 1)
		s.add(l, "a")
		lost := s.add(l, "b")
		last := s.add(l, "c")
		next, err := hold.OpenLog(context.Background(), hold.LogConfig{
			Engine: holey{s.engine.Member("right", s.clk), lost}, Clock: s.clk, Name: "state.site", Term: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		err = next.Read(context.Background(), 0, func(uint64, []byte) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "lost entries") {
			t.Errorf("an entry was lost: %v", err)
		}
		if err := next.Read(context.Background(), last, func(uint64, []byte) error { return nil }); err != nil {
			t.Errorf("what follows the hole: %v", err)
		}
	})
}

func TestAppendDoesNotPressAnEngineThatFails(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l, f := s.faulty(1)
		tries := 0
		var fail func(adding) (uint64, error)
		fail = func(adding) (uint64, error) {
			tries++
			f.next = fail
			return 0, hold.ErrUnknown
		}
		f.next = fail
		ctx, stop := clock.WithTimeout(s.clk, context.Background(), time.Second)
		defer stop()
		if _, err := l.Append(ctx, []byte("a")); !errors.Is(err, hold.ErrUnknown) || tries > 50 {
			t.Errorf("%d tries in a second: %v", tries, err)
		}
	})
}

// broken is an engine whose answer to Read is lost after some entries, once.
type broken struct {
	hold.Engine
	after int
}

func (b *broken) Read(ctx context.Context, log string, after uint64, f func(seq uint64, data []byte) error) (uint64, error) {
	return b.Engine.Read(ctx, log, after, func(seq uint64, data []byte) error {
		if b.after--; b.after == -1 {
			return hold.ErrUnknown
		}
		return f(seq, data)
	})
}

func TestReadGoesOnWhereItWasLost(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l, f := s.faulty(1)
		for _, data := range []string{"a", "b", "c"} {
			s.add(l, data)
		}
		f.Engine = &broken{f.Engine, 2}
		s.want(l, 0, "1", "2 a", "3 b", "4 c")
	})
}

func TestReadOfWhatNoHostHasWritten(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		m := s.engine.Member("left", s.clk)
		if _, err := m.Append(context.Background(), "state.site", 0, []byte("text")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.open(context.Background(), "left", 1); err == nil || errors.Is(err, hold.ErrUnknown) {
			t.Errorf("opened with %v", err)
		}
	})
}

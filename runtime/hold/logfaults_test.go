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

// An engine without a connection may fail at once.
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

// unhurried is an engine whose Read takes a while for each entry, and may hang after the
// first one.
type unhurried struct {
	hold.Engine
	clk   clock.Clock
	takes time.Duration
	hangs bool
	reads int
}

func (u *unhurried) Read(ctx context.Context, log string, after uint64, f func(seq uint64, data []byte) error) (uint64, error) {
	u.reads++
	n, err := u.Engine.Read(ctx, log, after, func(seq uint64, data []byte) error {
		if err := clock.Sleep(ctx, u.clk, u.takes); err != nil {
			return errors.Join(hold.ErrUnknown, err)
		}
		return f(seq, data)
	})
	if u.hangs && err == nil {
		u.hangs = false
		clock.Sleep(ctx, u.clk, time.Hour)
		return 0, hold.ErrUnknown
	}
	return n, err
}

// A long log takes its time to be read; a Read that hangs is begun again, and ends with
// its context.
func TestReadThatTakesLong(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l, f := s.faulty(1)
		for _, data := range []string{"a", "b", "c", "d", "e"} {
			s.add(l, data)
		}
		u := &unhurried{Engine: f.Engine, clk: s.clk, takes: 1500 * time.Millisecond}
		f.Engine = u
		s.want(l, 0, "1", "2 a", "3 b", "4 c", "5 d", "6 e")
		if u.reads != 1 {
			t.Errorf("read %d times, though entries came", u.reads)
		}
		u.takes, u.hangs = 0, true
		began := s.clk.Now()
		s.want(l, 4, "5 d", "6 e")
		if took := s.clk.Now().Sub(began); took > 5*time.Second {
			t.Errorf("a Read that hung took %s", took)
		}
		u.takes = time.Hour
		ctx, stop := clock.WithTimeout(s.clk, context.Background(), 10*time.Second)
		defer stop()
		began = s.clk.Now()
		err := l.Read(ctx, 0, func(uint64, []byte) error { return nil })
		if took := s.clk.Now().Sub(began); !errors.Is(err, hold.ErrUnknown) || took > 11*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
		u.takes = 0
		if _, err := s.engine.Member("left", s.clk).Append(context.Background(), "state.site", 6, []byte("text")); err != nil {
			t.Fatal(err)
		}
		if err := l.Read(context.Background(), 5, func(uint64, []byte) error { return nil }); err == nil || errors.Is(err, hold.ErrUnknown) {
			t.Errorf("an entry that can't be read: %v", err)
		}
	})
}

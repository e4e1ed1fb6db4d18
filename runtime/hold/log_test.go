package hold_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// logSite is an engine, and a member for each holder of a log.
type logSite struct {
	t      *testing.T
	clk    *clock.Virtual
	engine *holdtest.Engine
}

func newLogSite(t *testing.T) *logSite {
	clk := clock.NewVirtual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return &logSite{t, clk, holdtest.NewEngine(clk, "left", "right", "third")}
}

func (s *logSite) open(ctx context.Context, member string, term uint64) (*hold.Log, error) {
	return hold.OpenLog(ctx, hold.LogConfig{
		Engine: s.engine.Member(member, s.clk), Clock: s.clk, Name: "state.site", Term: term,
	})
}

func (s *logSite) mustOpen(member string, term uint64) *hold.Log {
	s.t.Helper()
	l, err := s.open(context.Background(), member, term)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *logSite) add(l *hold.Log, data string) uint64 {
	s.t.Helper()
	seq, err := l.Append(context.Background(), []byte(data))
	if err != nil {
		s.t.Errorf("append %s: %v", data, err)
	}
	return seq
}

// entries are those of the log after a number, as "NUMBER DATA".
func (s *logSite) entries(l *hold.Log, after uint64) []string {
	s.t.Helper()
	var all []string
	err := l.Read(context.Background(), after, func(seq uint64, data []byte) error {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s", seq, data)))
		return nil
	})
	if err != nil {
		s.t.Error(err)
	}
	return all
}

func (s *logSite) want(l *hold.Log, after uint64, want ...string) {
	s.t.Helper()
	if got := s.entries(l, after); !slices.Equal(got, want) {
		s.t.Errorf("the log has %q, want %q", got, want)
	}
}

func TestLogOfOneTerm(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l := s.mustOpen("left", 7)
		s.want(l, 0, "1")
		if a, b := s.add(l, "a"), s.add(l, "b"); a != 2 || b != 3 {
			t.Errorf("numbers %d, %d", a, b)
		}
		s.add(l, "")
		s.want(l, 0, "1", "2 a", "3 b", "4")
		s.want(l, 2, "3 b", "4")
		s.want(l, 4)
		if err := l.Purge(context.Background(), 3); err != nil {
			t.Error(err)
		}
		s.want(l, 0, "3 b", "4")
		s.add(l, "c")
		s.want(l, 3, "4", "5 c")
		stop := errors.New("stop")
		if err := l.Read(context.Background(), 0, func(uint64, []byte) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("Read gives %v", err)
		}
	})
}

func TestALaterTermFencesTheLog(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		mine := errors.New("as the store calls it")
		first, err := hold.OpenLog(context.Background(), hold.LogConfig{
			Engine: s.engine.Member("left", s.clk), Clock: s.clk, Name: "state.site", Term: 3, Fenced: mine,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.add(first, "a")
		second := s.mustOpen("right", 9)
		for range 2 {
			if seq, err := first.Append(context.Background(), []byte("late")); !errors.Is(err, mine) || seq != 0 {
				t.Errorf("the former holder's append: %d, %v", seq, err)
			}
		}
		s.add(second, "b")
		if _, err := first.Append(context.Background(), []byte("late")); !errors.Is(err, mine) {
			t.Errorf("the former holder's append: %v", err)
		}
		if _, err := s.open(context.Background(), "left", 3); !errors.Is(err, hold.ErrFenced) {
			t.Errorf("opened for a term that is over: %v", err)
		}
		s.want(second, 0, "1", "2 a", "3", "4 b")
		again := s.mustOpen("right", 9) // after a lapse
		if _, err := second.Append(context.Background(), []byte("late")); !errors.Is(err, hold.ErrFenced) {
			t.Errorf("append to the log from before the lapse: %v", err)
		}
		s.add(again, "c")
		s.want(again, 3, "4 b", "5", "6 c")
	})
}

// The former holder may add entries while its successor opens the log.
func TestOpeningALogThatGrows(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		first := s.mustOpen("left", 1)
		kept := 0
		s.clk.Go(func() {
			for {
				if _, err := first.Append(context.Background(), []byte("x")); err != nil {
					return
				}
				kept++
				clock.Sleep(context.Background(), s.clk, time.Duration(rand.IntN(5))*time.Millisecond)
			}
		})
		clock.Sleep(context.Background(), s.clk, 100*time.Millisecond)
		second := s.mustOpen("right", 2)
		entries := s.entries(second, 0)
		clock.Sleep(context.Background(), s.clk, time.Second)
		s.want(second, 0, entries...)
		if n := len(entries); kept < 5 || n != kept+2 {
			t.Errorf("%d entries were added, and the log has %d of them", kept, n-2)
		}
	})
}

// faulty is an engine whose next append fares as told.
type faulty struct {
	hold.Engine
	next func(append func(ctx context.Context) (uint64, error)) (uint64, error)
}

func (f *faulty) Append(ctx context.Context, log string, after uint64, data []byte) (uint64, error) {
	add := func(ctx context.Context) (uint64, error) { return f.Engine.Append(ctx, log, after, data) }
	if next := f.next; next != nil {
		f.next = nil
		return next(add)
	}
	return add(ctx)
}

func (s *logSite) faulty(term uint64) (*hold.Log, *faulty) {
	s.t.Helper()
	f := &faulty{Engine: s.engine.Member("left", s.clk)}
	l, err := hold.OpenLog(context.Background(), hold.LogConfig{Engine: f, Clock: s.clk, Name: "state.site", Term: term})
	if err != nil {
		s.t.Fatal(err)
	}
	return l, f
}

type adding = func(ctx context.Context) (uint64, error)

func TestAppendWithoutAnAnswer(t *testing.T) {
	later := func(clk clock.Clock, add adding) { // a copy of the request that arrives late
		clk.Go(func() {
			clock.Sleep(context.Background(), clk, 100*time.Millisecond)
			add(context.Background())
		})
	}
	for name, next := range map[string]func(*logSite, adding) (uint64, error){
		"lost": func(*logSite, adding) (uint64, error) { return 0, hold.ErrUnknown },
		"done": func(_ *logSite, add adding) (uint64, error) {
			add(context.Background())
			return 0, hold.ErrUnknown
		},
		"done, and told as a conflict": func(_ *logSite, add adding) (uint64, error) {
			add(context.Background())
			return 0, hold.ErrConflict
		},
		"late": func(s *logSite, add adding) (uint64, error) {
			later(s.clk, add)
			return 0, hold.ErrUnknown
		},
		"in flight": func(s *logSite, add adding) (uint64, error) { return 0, hold.ErrConflict },
	} {
		t.Run(name, func(t *testing.T) {
			s := newLogSite(t)
			s.clk.Do(func() {
				l, f := s.faulty(5)
				s.add(l, "a")
				f.next = func(add adding) (uint64, error) { return next(s, add) }
				if seq := s.add(l, "b"); seq != 3 {
					t.Errorf("number %d", seq)
				}
				clock.Sleep(context.Background(), s.clk, time.Second)
				if seq := s.add(l, "c"); seq != 4 {
					t.Errorf("number %d", seq)
				}
				s.want(l, 0, "1", "2 a", "3 b", "4 c")
			})
		})
	}
	t.Run("an error of another kind", func(t *testing.T) {
		s := newLogSite(t)
		s.clk.Do(func() {
			l, f := s.faulty(5)
			tooLarge := errors.New("too large")
			f.next = func(adding) (uint64, error) { return 0, tooLarge }
			if _, err := l.Append(context.Background(), []byte("a")); !errors.Is(err, tooLarge) {
				t.Errorf("Append: %v", err)
			}
			s.add(l, "b")
			s.want(l, 0, "1", "2 b")
			f.next = func(adding) (uint64, error) { return 0, tooLarge }
			if l, err := hold.OpenLog(context.Background(), hold.LogConfig{Engine: f, Clock: s.clk, Name: "state.site", Term: 6}); !errors.Is(err, tooLarge) {
				t.Errorf("OpenLog: %v, %v", l, err)
			}
		})
	})
}

// One entry is added after the other, and ctx ends the wait for the one before.
func TestAppendThatWaitsForAnother(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l, f := s.faulty(5)
		f.next = func(add adding) (uint64, error) {
			clock.Sleep(context.Background(), s.clk, 3*time.Second)
			return add(context.Background())
		}
		first := clock.NewGroup(s.clk)
		first.Go(func() { s.add(l, "a") })
		clock.Sleep(context.Background(), s.clk, time.Millisecond)
		ctx, stop := clock.WithTimeout(s.clk, context.Background(), time.Second)
		defer stop()
		if seq, err := l.Append(ctx, []byte("b")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("entry %d, %v", seq, err)
		}
		first.Wait()
		s.add(l, "c")
		s.want(l, 0, "1", "2 a", "3 c")
	})
}

// An entry that was given up stands in the log before the next one, or never.
func TestAppendThatIsGivenUp(t *testing.T) {
	for _, stands := range []bool{false, true} {
		s := newLogSite(t)
		s.clk.Do(func() {
			l, f := s.faulty(5)
			f.next = func(add adding) (uint64, error) {
				if stands {
					add(context.Background())
				}
				s.engine.Stall()
				return 0, hold.ErrUnknown
			}
			ctx, stop := clock.WithTimeout(s.clk, context.Background(), 2*time.Second)
			defer stop()
			if _, err := l.Append(ctx, []byte("given up")); !errors.Is(err, hold.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("given up: %v", err)
			}
			s.add(l, "a")
			if stands {
				s.want(l, 0, "1", "2 given up", "3 a")
			} else {
				s.want(l, 0, "1", "2 a")
			}
			s.add(l, "b")
		})
	}
}

// While the engine elects a leader whatever is asked waits for it.
func TestLogOverAnElection(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		l := s.mustOpen("left", 1)
		for _, data := range []string{"2 a", "3 b"} {
			s.engine.Stall()
			s.add(l, data[2:])
		}
		s.engine.Stall()
		s.want(l, 1, "2 a", "3 b")
		s.engine.Stall()
		began := s.clk.Now()
		s.mustOpen("right", 2)
		if took := s.clk.Now().Sub(began); took > 11*time.Second {
			t.Errorf("opened after %s", took)
		}
		ctx, stop := clock.WithTimeout(s.clk, context.Background(), time.Second)
		defer stop()
		s.engine.Stall()
		if _, err := s.open(ctx, "third", 3); !errors.Is(err, hold.ErrUnknown) {
			t.Errorf("opened without an answer: %v", err)
		}
	})
}

// shorter is an engine that has lost entries of a log, up to one of an earlier term.
type shorter struct {
	hold.Engine
	last []byte
}

func (e shorter) Append(context.Context, string, uint64, []byte) (uint64, error) {
	return 0, hold.ErrConflict
}

func (e shorter) Tail(ctx context.Context, log string) ([]byte, uint64, error) {
	_, seq, err := e.Engine.Tail(ctx, log)
	return e.last, seq - 1, err
}

func TestAnEngineThatHasLostEntries(t *testing.T) {
	s := newLogSite(t)
	s.clk.Do(func() {
		s.mustOpen("right", 1)
		last, _, err := s.engine.Member("right", s.clk).Tail(context.Background(), "state.site")
		if err != nil {
			t.Fatal(err)
		}
		l, f := s.faulty(2)
		f.Engine = shorter{f.Engine, last}
		for range 2 {
			_, err := l.Append(context.Background(), []byte("b"))
			if err == nil || errors.Is(err, hold.ErrFenced) || errors.Is(err, hold.ErrUnknown) {
				t.Errorf("Append: %v", err)
			}
		}
	})
}

//go:build !nofleet

package engine

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
)

// TestThreeMembers: what the rest of the program builds on, with three members.
func TestThreeMembers(t *testing.T) {
	t.Parallel()
	c := startTrio(t)
	for _, test := range []struct {
		name string
		f    func(*testing.T, *trio)
	}{
		{"cells", testCells},
		{"names", testNames},
		{"one of many tries is taken", testOneIsTaken},
		{"tries are heard", testTriesAreHeard},
		{"logs", testLogs},
		{"large entries", testLargeEntries},
		{"long log", testLongLog},
		{"talk", testTalk},
		{"step aside", testStepAside},
		{"status", testStatus},
		{"facts", testFacts},
	} {
		t.Run(test.name, func(t *testing.T) { test.f(t, c) })
	}
	t.Run("strangers", func(t *testing.T) { testStrangers(t, c) })
}

func testCells(t *testing.T, c *trio) {
	ctx := t.Context()
	left, right := c.engine("left"), c.engine("right")
	for _, cell := range []string{"lease.site", "release"} {
		if data, seq, err := left.Last(ctx, cell); data != nil || seq != 0 || err != nil {
			t.Fatalf("an empty cell: %q %d %v", data, seq, err)
		}
		if _, err := left.CAS(ctx, cell, 7, []byte("a")); !errors.Is(err, hold.ErrConflict) {
			t.Errorf("after a number in an empty cell: %v", err)
		}
		one, err := left.CAS(ctx, cell, 0, []byte("a"))
		if err != nil || one == 0 {
			t.Fatal(one, err)
		}
		if _, err := right.CAS(ctx, cell, 0, []byte("b")); !errors.Is(err, hold.ErrConflict) || errors.Is(err, hold.ErrUnknown) {
			t.Errorf("a second first value: %v", err)
		}
		two, err := right.CAS(ctx, cell, one, []byte("c"))
		if err != nil || two <= one {
			t.Fatal(one, two, err)
		}
		if _, err := left.CAS(ctx, cell, one, []byte("d")); !errors.Is(err, hold.ErrConflict) {
			t.Errorf("after an older value: %v", err)
		}
		for _, name := range trioNames {
			if data, seq, err := c.engine(name).Last(ctx, cell); string(data) != "c" || seq != two || err != nil {
				t.Errorf("%s sees %q %d %v, want c %d", name, data, seq, err, two)
			}
		}
	}
	if _, err := left.CAS(ctx, "release", 0, make([]byte, MaxData+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// Any name of site.yaml is a cell, a log, a subject, a question of its own.
func testNames(t *testing.T, c *trio) {
	ctx := t.Context()
	names := []string{"", "a.b", "a.*", "a.>", ">", "*", "a b", "a%20b", "Тор 7", "wzór/północ", "a\nb", "a\x00b", strings.Repeat("long", 60)}
	for i, name := range names {
		for _, cell := range []string{"lease." + name, "cell " + name} {
			if _, err := c.engine("left").CAS(ctx, cell, 0, fmt.Append(nil, i)); err != nil {
				t.Errorf("%q: %v", cell, err)
			}
		}
		if _, err := c.engine("left").Append(ctx, "names "+name, 0, fmt.Append(nil, i)); err != nil {
			t.Errorf("log %q: %v", name, err)
		}
		heard := make(chan string, 1)
		stop := c.engine("right").Hear(name, func(data []byte) { heard <- string(data) })
		eventually(t, "not heard", func() error {
			c.engine("right").Tell(name, fmt.Append(nil, i))
			select {
			case got := <-heard:
				if got != fmt.Sprint(i) {
					t.Errorf("heard %q as %q", got, name)
				}
				return nil
			case <-time.After(time.Second):
				return errors.New(name)
			}
		})
		stop()
	}
	for i, name := range names {
		for _, cell := range []string{"lease." + name, "cell " + name} {
			if data, _, err := c.engine("right").Last(ctx, cell); string(data) != fmt.Sprint(i) || err != nil {
				t.Errorf("%q has %q %v", cell, data, err)
			}
		}
		if data, _, err := c.engine("right").Tail(ctx, "names "+name); string(data) != fmt.Sprint(i) || err != nil {
			t.Errorf("log %q has %q %v", name, data, err)
		}
	}
}

func testOneIsTaken(t *testing.T, c *trio) {
	after := uint64(0)
	for round := range 10 {
		var taken atomic.Uint64
		var count atomic.Int32
		var all sync.WaitGroup
		for _, name := range trioNames {
			for range 4 {
				all.Go(func() {
					seq, err := c.engine(name).CAS(t.Context(), "lease.race", after, []byte(name))
					switch {
					case err == nil:
						taken.Store(seq)
						count.Add(1)
					case !errors.Is(err, hold.ErrConflict):
						t.Errorf("%s: %v", name, err)
					}
				})
			}
		}
		all.Wait()
		_, seq, err := c.engine("box").Last(t.Context(), "lease.race")
		if err != nil || count.Load() != 1 || seq != taken.Load() {
			t.Fatalf("round %d: %d were taken, the last as %d; %d stands there, %v", round, count.Load(), taken.Load(), seq, err)
		}
		after = seq
	}
}

func testTriesAreHeard(t *testing.T, c *trio) {
	heard := make(chan string, 100)
	stop := c.engine("right").Listen("lease.heard", func(data []byte) { heard <- string(data) })
	defer stop()
	hear := func(want string) error {
		for {
			select {
			case got := <-heard:
				if got == want {
					return nil
				}
			case <-time.After(200 * time.Millisecond):
				return fmt.Errorf("%s was not heard", want)
			}
		}
	}
	// That right listens is known to each of the others a moment later.
	eventually(t, "a try is not heard", func() error {
		c.engine("left").CAS(t.Context(), "lease.heard", 0, []byte("first"))
		return hear("first")
	})
	for _, name := range trioNames {
		eventually(t, "a try that is refused is not heard", func() error {
			if _, err := c.engine(name).CAS(t.Context(), "lease.heard", 3, []byte("refused "+name)); !errors.Is(err, hold.ErrConflict) {
				return fmt.Errorf("%s is not refused: %v", name, err)
			}
			return hear("refused " + name)
		})
	}
	stop()
	c.engine("right").CAS(t.Context(), "lease.heard", 3, []byte("late"))
	select {
	case got := <-heard:
		if got == "late" {
			t.Error("heard after stop")
		}
	default:
	}
}

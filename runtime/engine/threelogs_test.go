//go:build !nofleet

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/hold"
)

func testLogs(t *testing.T, c *trio) {
	ctx := t.Context()
	left, right := c.engine("left"), c.engine("right")
	if last, err := left.Read(ctx, "east", 0, nil); last != 0 || err != nil {
		t.Errorf("an empty log: %d %v", last, err)
	}
	if err := left.Purge(ctx, "east", 100); err != nil {
		t.Errorf("purge of an empty log: %v", err)
	}
	var seqs []uint64
	last := uint64(0)
	for i := range 60 {
		seq, err := left.Append(ctx, "east", last, fmt.Append(nil, i))
		if err != nil {
			t.Fatal(err)
		}
		// Another log between does not matter.
		if i%7 == 0 {
			if _, err := right.Append(ctx, "west", uint64(0), nil); i > 0 && !errors.Is(err, hold.ErrConflict) {
				t.Errorf("the other log: %v", err)
			}
		}
		last = seq
		seqs = append(seqs, seq)
	}
	// A new holder begins its term; what the former one adds after that is refused.
	term, err := right.Append(ctx, "east", last, []byte("term"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := left.Append(ctx, "east", last, []byte("late")); !errors.Is(err, hold.ErrConflict) {
		t.Errorf("an entry of the former holder: %v", err)
	}
	read := func(after uint64) (got []string) {
		end, err := c.engine("box").Read(ctx, "east", after, func(seq uint64, data []byte) error {
			got = append(got, string(data))
			return nil
		})
		if err != nil || end != term {
			t.Errorf("read up to %d, %v; want %d", end, err, term)
		}
		return got
	}
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprint(i))
	}
	want = append(want, "term")
	if got := read(0); !slices.Equal(got, want) {
		t.Errorf("read %v", got)
	}
	if got := read(seqs[49]); !slices.Equal(got, want[50:]) {
		t.Errorf("read %v after the 50th", got)
	}
	if got := read(term); got != nil {
		t.Errorf("read %v after the end", got)
	}
	wrong := errors.New("wrong")
	if _, err := left.Read(ctx, "east", 0, func(uint64, []byte) error { return wrong }); err != wrong {
		t.Errorf("the reader's error: %v", err)
	}
	if data, seq, err := left.Tail(ctx, "east"); string(data) != "term" || seq != term || err != nil {
		t.Errorf("tail %q %d %v", data, seq, err)
	}
	if err := right.Purge(ctx, "east", seqs[57]); err != nil {
		t.Fatal(err)
	}
	if got := read(0); !slices.Equal(got, want[57:]) {
		t.Errorf("after the purge %v", got)
	}
	// The last entry stays, whatever is asked for.
	if err := right.Purge(ctx, "east", term+100); err != nil {
		t.Fatal(err)
	}
	if got := read(0); !slices.Equal(got, want[60:]) {
		t.Errorf("after the purge of all %v", got)
	}
	if data, _, err := left.Tail(ctx, "west"); data == nil && err != nil {
		t.Errorf("the other log is gone: %v", err)
	}
	if _, err := left.Append(ctx, "east", term, []byte("on")); err != nil {
		t.Errorf("after the purge: %v", err)
	}
}

func testLargeEntries(t *testing.T, c *trio) {
	ctx := t.Context()
	seq, number := uint64(0), uint64(0)
	for i, name := range trioNames {
		large := bytes.Repeat([]byte{byte(i), 'x', 0, 255}, MaxData/4)
		var err error
		if seq, err = c.engine(name).Append(ctx, "large", seq, large); err != nil {
			t.Fatal(name, err)
		}
		reader := c.engine(trioNames[(i+1)%3])
		if got, n, err := reader.Tail(ctx, "large"); !bytes.Equal(got, large) || n != seq {
			t.Errorf("%d bytes of %s's entry: %v", len(got), name, err)
		}
		if i > 0 {
			continue
		}
		if number, err = c.engine(name).CAS(ctx, "bundle", number, large); err != nil {
			t.Fatal(name, err)
		}
		if got, n, err := reader.Last(ctx, "bundle"); !bytes.Equal(got, large) || n != number {
			t.Errorf("%d bytes of %s's value: %v", len(got), name, err)
		}
	}
	if n, err := c.engine("box").Read(ctx, "large", seq, nil); n != seq || err != nil {
		t.Errorf("after the end: %d %v", n, err)
	}
	if _, err := c.engine("left").Append(ctx, "large", seq, make([]byte, MaxData+1)); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func testLongLog(t *testing.T, c *trio) {
	n := 10_000
	if testing.Short() {
		n = 500
	}
	e := c.engine("left")
	for i := range n { // not one after another, as Append would
		if err := e.nc.Publish(logSubject+"long", fmt.Appendf(nil, "%08d %0100d", i, 0)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the log is not written", func() error {
		data, _, err := e.Tail(t.Context(), "long")
		if err == nil && !strings.HasPrefix(string(data), fmt.Sprintf("%08d", n-1)) {
			err = fmt.Errorf("%.8s", data)
		}
		return err
	})
	for _, name := range trioNames {
		began, i := time.Now(), 0
		_, err := c.engine(name).Read(t.Context(), "long", 0, func(_ uint64, data []byte) error {
			if want := fmt.Sprintf("%08d", i); !strings.HasPrefix(string(data), want) {
				return fmt.Errorf("%.8s, want %s", data, want)
			}
			i++
			return nil
		})
		if err != nil || i != n {
			t.Errorf("%s read %d entries: %v", name, i, err)
		}
		t.Logf("%s read %d entries in %v", name, i, time.Since(began))
	}
	if err := e.Purge(t.Context(), "long", 1<<62); err != nil {
		t.Error(err)
	}
}

func testTalk(t *testing.T, c *trio) {
	left, right := c.engine("left"), c.engine("right")
	stop := right.Answer("move", func(ctx context.Context, data []byte) ([]byte, error) {
		if string(data) == "no" {
			return nil, errors.New("the share is not mine")
		}
		return append([]byte("right: "), data...), nil
	})
	defer stop()
	for _, from := range []*Engine{left, right} {
		eventually(t, "no answer", func() error {
			data, err := from.Ask(t.Context(), "right", "move", []byte("east"))
			if err == nil && string(data) != "right: east" {
				t.Errorf("answer %q", data)
			}
			return err
		})
	}
	_, err := left.Ask(t.Context(), "right", "move", []byte("no"))
	if refused, ok := errors.AsType[*cluster.AskError](err); !ok || refused.Error() != "right: the share is not mine" {
		t.Errorf("a refusal is %v", err)
	}
	_, err = left.Ask(t.Context(), "nowhere", "move", nil)
	if refused, ok := errors.AsType[*cluster.AskError](err); !ok || refused.Member != "nowhere" {
		t.Errorf("a member that is none: %v", err)
	}
	if _, err := left.Ask(t.Context(), "right", "dance", nil); !errors.Is(err, hold.ErrUnknown) || !strings.Contains(fmt.Sprint(err), "right") {
		t.Errorf("a question that is none: %v", err)
	}
	hang := make(chan struct{})
	defer close(hang)
	defer right.Answer("hang", func(ctx context.Context, _ []byte) ([]byte, error) { <-hang; return nil, nil })()
	eventually(t, "the question is not known", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := left.Ask(ctx, "right", "hang", nil)
		if !errors.Is(err, hold.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("a member that does not answer: %v", err)
		}
		return nil
	})
}

func testStepAside(t *testing.T, c *trio) {
	for range 3 {
		leader := c.leader()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		began := time.Now()
		to := "box"
		if leader == "box" {
			to = "left"
		}
		eventually(t, "another leads", func() error {
			now := c.leader()
			if now == to {
				return nil
			}
			if err := c.engine(now).StepAside(ctx, now, "nowhere", to); err != nil {
				return err
			}
			return fmt.Errorf("%s leads, want %s", now, to)
		})
		seq := uint64(0)
		eventually(t, "no value is taken", func() error {
			_, last, err := c.engine(leader).Last(ctx, "lease.aside")
			if err != nil {
				return err
			}
			seq, err = c.engine(leader).CAS(ctx, "lease.aside", last, nil)
			return err
		})
		t.Logf("%s to %s: %v until the next value %d", leader, to, time.Since(began), seq)
	}
}

func testStatus(t *testing.T, c *trio) {
	eventually(t, "the status is wrong", func() error {
		leader := c.leader()
		s := c.engine("left").Status()
		if s.Leader != leader || !s.Quorum || len(s.Members) != 3 {
			return fmt.Errorf("%+v, want the leader %s", s, leader)
		}
		for i, m := range s.Members {
			role := cluster.RoleHost
			if m.Name == "box" {
				role = cluster.RoleWitness
			}
			if m.Name != trioNames[i] || m.Role != role || !m.Up || m.Since == nil || time.Since(*m.Since) > time.Hour {
				return fmt.Errorf("%+v", m)
			}
		}
		return nil
	})
}

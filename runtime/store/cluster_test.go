package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store/logtest"
)

// cluster is the hosts that share one log, in virtual time.
type cluster struct {
	t   *testing.T
	dir string
	clk *clock.Virtual
	*logtest.Log
}

func newCluster(t *testing.T) *cluster {
	clk := clock.NewVirtual(noon)
	return &cluster{t, fastDir(t), clk, logtest.New(clk, fmt.Errorf("term 7: %w", ErrFenced))}
}

// try opens the store of a host that takes the share.
func (c *cluster) try(host string, o Options) (s *Store, err error) {
	o.Clock, o.Cluster = c.clk, c.Hold()
	c.clk.Do(func() { s, err = Open(filepath.Join(c.dir, host, "state.db"), o) })
	return s, err
}

func (c *cluster) take(host string) *Store {
	c.t.Helper()
	s, err := c.try(host, Options{})
	must(c.t, err)
	c.t.Cleanup(func() { c.drop(s) })
	return s
}

func (c *cluster) drop(s *Store) { c.clk.Do(func() { s.Drop(context.Background()) }) }

func (c *cluster) sync(st *State) error {
	var err error
	c.clk.Do(func() { err = st.Sync(context.Background()) })
	return err
}

// content is all that a store has.
func content(s *Store) map[string]any {
	all := make(map[string]any)
	for prefix, st := range s.states {
		if values := st.Copy(nil).(map[any]any); len(values) > 0 {
			all[prefix] = values
		}
	}
	runs, latest := make(map[string]string), make(map[string]string)
	for key, at := range s.runs.rows {
		runs[key.disk()] = at.String()
	}
	for key, run := range s.latest.rows {
		latest[key.disk()] = fmt.Sprint(run)
	}
	all["runs"], all["latest"], all["moving"] = runs, latest, s.AllMoving()
	return all
}

// Everything carries over to a host that has nothing but the log.
func TestAnotherHostGoesOn(t *testing.T) {
	c := newCluster(t)
	left := c.take("left")
	must(t, left.Script("tour").Set(at("route"), map[any]any{"next": 3, "seen": map[any]any{1: true}}))
	must(t, left.Shared().Set(at("who"), "all"))
	must(t, c.sync(left.Script("tour")))
	must(t, c.sync(left.Shared()))
	left.SetLastRun("tour", "night", noon)
	left.BeginRun("tour", "night", Run{Scheduled: noon, Started: noon, Until: noon.Add(time.Hour)})
	c.clk.Do(func() { must(t, left.SetMoving(context.Background(), gate)) })

	right := c.take("right")
	if diff := cmp.Diff(content(left), content(right)); diff != "" {
		t.Error(diff)
	}
	if !right.LastEntry().Equal(noon) || right.Notice() != "" {
		t.Error(right.LastEntry(), right.Notice())
	}
	// The first again, with a file that lags behind.
	must(t, right.Script("tour").Delete(at("route", "seen")))
	must(t, c.sync(right.Script("tour")))
	right.ClearMoving(gate)
	c.clk.RunFor(time.Minute)
	c.drop(left)
	c.drop(right)
	again := c.take("left")
	if diff := cmp.Diff(content(right), content(again)); diff != "" || len(again.AllMoving()) != 0 || again.Notice() != "" {
		t.Error(diff, again.AllMoving(), again.Notice())
	}
}

// A host that was left without its share learns so from the first commit, and
// nothing that is refused survives.
func TestAFormerHolderIsRefused(t *testing.T) {
	c := newCluster(t)
	left := c.take("left")
	must(t, left.Script("x").Set(at("a"), 1))
	must(t, c.sync(left.Script("x")))
	right := c.take("right")
	must(t, left.Script("x").Set(at("a"), 2))
	if err := c.sync(left.Script("x")); !errors.Is(err, ErrFenced) {
		t.Error(err)
	}
	entries := len(c.Entries())
	c.clk.Do(func() {
		if err := left.SetMoving(context.Background(), gate); !errors.Is(err, ErrFenced) {
			t.Error(err)
		}
		if err := left.Flush(context.Background()); !errors.Is(err, ErrFenced) {
			t.Error(err)
		}
		if err := left.Close(); !errors.Is(err, ErrFenced) {
			t.Error(err)
		}
	})
	if !errors.Is(left.Failing(), ErrFenced) || len(c.Entries()) != entries || c.clk.Pending() != 0 {
		t.Error(left.Failing(), c.Entries(), c.clk.Pending())
	}
	c.drop(right)
	alone, err := Open(filepath.Join(c.dir, "left", "state.db"), Options{Clock: c.clk})
	must(t, err)
	c.clk.Do(func() { defer alone.Close() })
	if v, _ := alone.Script("x").Get(at("a")); v != 1.0 || len(alone.AllMoving()) != 0 {
		t.Error("the file has what was refused:", v, alone.AllMoving())
	}
}

// A cluster begins with what its first host had while it was alone, and the file
// of another host is put aside.
func TestANewLogBeginsWithTheFile(t *testing.T) {
	for _, place := range []string{"same", "before"} {
		t.Run(place, func(t *testing.T) {
			c := newCluster(t)
			alone := func(path, value string) {
				s, err := Open(path, Options{Clock: c.clk})
				must(t, err)
				must(t, s.Script("x").Set(at("a"), value))
				must(t, s.Script("big").Set(nil, manyStrings(12)))
				c.clk.Do(func() { must(t, s.SetMoving(context.Background(), gate)); must(t, s.Close()) })
			}
			o, first := Options{}, filepath.Join(c.dir, "left", "state.db")
			if place == "before" {
				o.Before = filepath.Join(c.dir, "data", "state.db")
				first = o.Before
			}
			alone(first, "left")
			alone(filepath.Join(c.dir, "right", "state.db"), "right")

			left, err := c.try("left", o)
			must(t, err)
			if v, _ := left.Script("x").Get(at("a")); v != "left" || len(left.AllMoving()) != 1 || left.Notice() != "" {
				t.Error(v, left.AllMoving(), left.Notice())
			}
			c.drop(left)
			right := c.take("right")
			if diff := cmp.Diff(content(left), content(right)); diff != "" {
				t.Error(diff)
			}
			if n := right.Notice(); !strings.Contains(n, "a host that ran by itself") || !strings.Contains(n, "state.db.before-cluster-2026") {
				t.Error(n)
			}
		})
	}
}

// Files that are no copy are put aside, and what the log has counts.
func TestAFileOfAnotherHistory(t *testing.T) {
	other := newCluster(t)
	s := other.take("left")
	must(t, s.Script("x").Set(at("a"), "other"))
	must(t, other.sync(s.Script("x")))
	other.clk.Do(func() { must(t, s.Close()) })
	foreign, err := os.ReadFile(filepath.Join(other.dir, "left", "state.db"))
	must(t, err)

	c := newCluster(t)
	s = c.take("left")
	must(t, s.Script("x").Set(at("a"), 1))
	must(t, c.sync(s.Script("x")))
	known := c.Entries()
	must(t, s.Script("x").Set(at("a"), 2))
	must(t, c.sync(s.Script("x")))
	c.clk.Do(func() { must(t, s.Close()) })
	ahead, err := os.ReadFile(filepath.Join(c.dir, "left", "state.db"))
	must(t, err)
	c.Set(known)
	for name, data := range map[string][]byte{"of another cluster": foreign, "what the cluster's log has not": ahead, "cannot be read": []byte("text")} {
		must(t, os.MkdirAll(filepath.Join(c.dir, name), 0o700))
		must(t, os.WriteFile(filepath.Join(c.dir, name, "state.db"), data, 0o600))
		s := c.take(name)
		if v, _ := s.Script("x").Get(at("a")); v != 1.0 || !strings.Contains(s.Notice(), name) {
			t.Errorf("%s: %v, %q", name, v, s.Notice())
		}
		if kept, _ := filepath.Glob(filepath.Join(c.dir, name, "state.db.*")); len(kept) != 1 {
			t.Error(kept)
		} else if was, _ := os.ReadFile(kept[0]); !bytes.Equal(was, data) {
			t.Error("it is not kept as it was")
		}
	}
}

// Whatever bytes of an entry are wrong: the store does not open, and says why.
func TestADamagedEntryIsRefused(t *testing.T) {
	c := newCluster(t)
	s := c.take("left")
	for i := range 3 {
		must(t, s.Script("x").Set(at("a"), map[any]any{i: strings.Repeat("v", 20)}))
		must(t, c.sync(s.Script("x")))
	}
	c.drop(s)
	whole := c.Entries()
	random := rand.New(rand.NewPCG(1, 1))
	for round := range 300 {
		damaged := slices.Clone(whole)
		i := 1 + random.IntN(len(whole)-1)
		for len(damaged[i].Data) == 0 {
			i = 1 + random.IntN(len(whole)-1)
		}
		data := bytes.Clone(damaged[i].Data)
		if round%2 == 0 {
			data = data[:1+random.IntN(len(data)-1)]
		} else {
			data[random.IntN(len(data))] ^= 1 << random.IntN(8)
		}
		damaged[i].Data = data
		c.Set(damaged)
		_, err := c.try("right", Options{})
		var damage *EntryError
		if !errors.As(err, &damage) || damage.Seq != damaged[i].Seq {
			t.Fatal(i, err)
		}
	}
	c.Set(whole[2:]) // its beginning is gone
	if _, err := c.try("right", Options{}); err == nil || !strings.Contains(err.Error(), "what came before it is missing") {
		t.Error(err)
	}
}

// Also with a checksum that is right no bytes make the reader of an entry panic.
func FuzzEntry(f *testing.F) {
	f.Add(appendOp(nil, op{bucket: bucketState, key: "pkey", value: []byte("v")}, "p"))
	f.Fuzz(func(t *testing.T, changes []byte) {
		e, err := parseEntry(1, history{}.encode(0, noon, changes))
		must(t, err)
		e.each(func(op) error { return nil })
	})
}

// A log that hangs holds the tasks that write for a time, and no others; afterwards
// they are told, and what they wrote is kept as soon as it works again.
func TestALogThatHangs(t *testing.T) {
	for name, fault := range map[string]logtest.Fault{"hangs": logtest.Hang, "loses answers": logtest.Lost, "refuses": logtest.Refused} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			var out bytes.Buffer
			s, err := c.try("left", Options{Log: slog.New(slog.NewTextHandler(&out, nil))})
			must(t, err)
			defer c.drop(s)
			c.Break(0, func([]byte) logtest.Fault { return fault })
			must(t, s.Script("x").Set(at("a"), 1))
			began := c.clk.Now()
			if err := c.sync(s.Script("x")); !errors.Is(err, logtest.ErrUnknown) || c.clk.Now().Sub(began) > appendLimit {
				t.Error(err, c.clk.Now().Sub(began))
			}
			c.clk.Do(func() {
				ctx, cancel := clock.WithTimeout(c.clk, context.Background(), 250*time.Millisecond)
				defer cancel()
				if err := s.SetMoving(ctx, gate); err == nil {
					t.Error("a head moves that the log does not know of")
				}
			})
			c.Break(0, nil)
			c.clk.RunFor(time.Minute)
			if s.Failing() != nil || strings.Count(out.String(), "ERROR") != 1 || !strings.Contains(out.String(), "state is written again") {
				t.Error(s.Failing(), out.String())
			}
			right := c.take("right")
			if v, _ := right.Script("x").Get(at("a")); v != 1.0 || len(right.AllMoving()) != 1 {
				t.Error(v, right.AllMoving())
			}
		})
	}
}

// A host that drops its store in the middle of an append gives it up at once, and
// its file is free.
func TestDropDoesNotWaitForTheLog(t *testing.T) {
	c := newCluster(t)
	s := c.take("left")
	c.Break(0, func([]byte) logtest.Fault { return logtest.Hang })
	must(t, s.Script("x").Set(at("a"), 1))
	var waited error
	c.clk.Go(func() { waited = s.Script("x").Sync(context.Background()) })
	c.clk.RunFor(time.Second)
	began := c.clk.Now()
	c.drop(s)
	if waited == nil || !c.clk.Now().Equal(began) {
		t.Error(waited, c.clk.Now())
	}
	c.Break(0, nil)
	if v, _ := c.take("left").Script("x").Get(at("a")); v != nil {
		t.Error(v)
	}
	if n := c.clk.Pending(); n != 0 {
		t.Error(n, "timers left")
	}
}

// This host's disk may be full: the cluster has what is written, and the file is
// mended before it is read again.
func TestADiskThatIsFullCostsTheCopyAlone(t *testing.T) {
	c := newCluster(t)
	var full error
	var out bytes.Buffer
	s, err := c.try("left", Options{Disk: func() error { return full }, Log: slog.New(slog.NewTextHandler(&out, nil))})
	must(t, err)
	defer c.drop(s)
	s.cluster.most, s.cluster.least = 1000, 1000
	full = errors.New("full")
	for i := range 10 {
		must(t, s.Script("x").Set(at(i), strings.Repeat("v", 50)))
		must(t, c.sync(s.Script("x")))
	}
	if n := strings.Count(out.String(), "copy of the state is not written"); n != 1 {
		t.Errorf("told %d times:\n%s", n, &out)
	}
	full = nil
	for i := range 20 {
		must(t, s.Script("x").Set(at(100+i), strings.Repeat("v", 50)))
		must(t, c.sync(s.Script("x")))
	}
	if c.Purges() == 0 {
		t.Error("no snapshot")
	}
	if diff := cmp.Diff(content(s), content(c.take("right"))); diff != "" {
		t.Error(diff)
	}
}

// A host that is started again and again, and each time dies at once, does not make the
// log longer for good: it has to be read at each start.
func TestTermsWithoutACommitArePurged(t *testing.T) {
	c := newCluster(t)
	first := c.take("left").Script("tour")
	must(t, first.Set([]any{"n"}, 1.0))
	must(t, c.sync(first))
	for range entriesMost {
		c.Hold()
	}
	next := c.take("right").Script("tour")
	must(t, next.Set([]any{"n"}, 2.0))
	must(t, c.sync(next))
	c.clk.RunFor(time.Minute)
	if n := len(c.Entries()); n > 10 {
		t.Errorf("the log has %d entries", n)
	}
	if n, _ := c.take("third").Script("tour").Get([]any{"n"}); n != 2.0 {
		t.Errorf("n is %v", n)
	}
}

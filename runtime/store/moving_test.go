package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/boltfile"
	"github.com/hiklua/hiklua/runtime/clock"
)

var (
	gate = Moving{Device: "gate", Channel: 1, Address: "http://192.0.2.10:80", Task: "tour/night#3", Since: noon}
	yard = Moving{Device: "yard", Channel: 2, Address: "http://192.0.2.11:80", Since: noon}
)

func (s *site) move(heads ...Moving) {
	s.t.Helper()
	s.clk.Do(func() {
		for _, m := range heads {
			must(s.t, s.SetMoving(context.Background(), m))
		}
	})
}

func TestHeadsAreWrittenDownBeforeTheyMove(t *testing.T) {
	s := newSite(t)
	iris := gate
	iris.Part = "iris"
	s.move(yard, gate, iris)
	s.ClearMoving(gate)
	s.move(gate)
	after := s.crash()
	if diff := cmp.Diff([]Moving{gate, iris, yard}, after.AllMoving()); diff != "" {
		t.Fatal(diff)
	}
	after.ClearMoving(gate)
	after.ClearMoving(iris)
	after.reopen()
	if diff := cmp.Diff([]Moving{yard}, after.AllMoving()); diff != "" {
		t.Fatal(diff)
	}
	s.ClearMoving(gate)
	s.ClearMoving(iris)
	s.ClearMoving(yard)
	s.reopen()
	if left := s.AllMoving(); len(left) != 0 {
		t.Error(left)
	}
}

// A head that moves again and again costs one write, and the mark of the last
// one goes.
func TestAMarkLingers(t *testing.T) {
	s := newSite(t)
	before := s.lastTx()
	for range 20 {
		s.move(gate)
		s.clk.RunFor(time.Second)
		s.ClearMoving(gate)
		if len(s.AllMoving()) != 0 {
			t.Fatal(s.AllMoving())
		}
		s.clk.RunFor(time.Second)
	}
	if n := s.lastTx() - before; n != 1 {
		t.Error(n, "commits for 20 moves")
	}
	s.clk.RunFor(2 * lazyAfter)
	if left := s.crash().AllMoving(); len(left) != 0 {
		t.Error("still on the disk:", left)
	}
	s.move(gate)
	if left := s.crash().AllMoving(); len(left) != 1 {
		t.Error("not on the disk again:", left)
	}
	if n := s.clk.Pending(); n != 0 {
		t.Error(n, "timers left")
	}
}

func TestAHeadThatMovesOnKeepsItsMark(t *testing.T) {
	s := newSite(t)
	s.move(gate, yard)
	s.ClearMoving(yard)
	s.clk.RunFor(time.Hour)
	if diff := cmp.Diff([]Moving{gate}, s.crash().AllMoving()); diff != "" {
		t.Error(diff)
	}
}

// While the mark is being deleted, the head moves again.
func TestAMoveRacesWithTheClearing(t *testing.T) {
	s := newSite(t)
	for i := range 5 {
		s.move(gate)
		s.ClearMoving(gate)
		s.clk.AfterFunc(lazyAfter, func() {
			s.clk.Go(func() {
				must(t, s.SetMoving(context.Background(), gate))
				if left := s.crash().AllMoving(); len(left) != 1 {
					t.Error(i, "not on the disk:", left)
				}
				s.ClearMoving(gate)
			})
		})
		s.clk.RunFor(time.Minute)
		if left := s.crash().AllMoving(); len(left) != 0 {
			t.Error(i, "still on the disk:", left)
		}
	}
}

func TestLastRuns(t *testing.T) {
	s := newSite(t)
	if _, ok := s.LastRun("tour", "night"); ok {
		t.Error("a run that never was")
	}
	berlin := time.FixedZone("CET", 3600)
	long := strings.Repeat("n", 5000)
	ran := noon.Add(123456789).In(berlin)
	s.SetLastRun("tour", "night", ran)
	s.SetLastRun("tour", long, ran.Add(time.Second))
	s.SetLastRun("tour", long+"2", ran)
	s.SetLastRun("tournight", "", ran.Add(2*time.Second))
	before := s.lastTx()
	s.clk.RunFor(lazyAfter)
	if n := s.lastTx() - before; n != 1 {
		t.Error(n, "commits")
	}
	after := s.crash()
	for _, c := range []struct {
		script, job string
		want        time.Time
	}{{"tour", "night", ran}, {"tour", long, ran.Add(time.Second)}, {"tour", long + "2", ran}, {"tournight", "", ran.Add(2 * time.Second)}} {
		if got, ok := after.LastRun(c.script, c.job); !ok || !got.Equal(c.want) {
			t.Errorf("%s %.10s: %v, want %v", c.script, c.job, got, c.want)
		}
	}
}

func TestOneThousandJobsAreRemembered(t *testing.T) {
	s := newSite(t)
	for i := range maxRuns + 500 {
		s.SetLastRun("x", fmt.Sprint("once ", i), noon.Add(time.Duration(i)*time.Second))
		if i == maxRuns-1 {
			s.clk.RunFor(lazyAfter)
		}
	}
	s.SetLastRun("y", "job", noon)
	s.reopen()
	if _, ok := s.LastRun("x", "once 499"); ok {
		t.Error("the oldest is still there")
	}
	for _, job := range []string{"once 500", fmt.Sprint("once ", maxRuns+499)} {
		if _, ok := s.LastRun("x", job); !ok {
			t.Error(job, "is gone")
		}
	}
	if _, ok := s.LastRun("y", "job"); !ok || len(s.runs.rows) != maxRuns+1 || s.runs.counts["x"] != maxRuns {
		t.Error(ok, len(s.runs.rows), s.runs.counts)
	}
}

// A disk that takes nothing: whoever waits is told, the log has one line, and
// everything is there once it does.
func TestAFullDiskIsToldAndMadeUpFor(t *testing.T) {
	s := newSite(t)
	st, other := s.Script("x"), s.Script("other")
	must(t, st.Set(at("t"), map[any]any{"before": 1}))
	s.sync(st)
	good := s.db
	s.db = s.fullDisk()
	must(t, st.Set(at("big"), manyStrings(10)))
	must(t, other.Set(at("a"), 1))
	s.SetLastRun("x", "job", noon)
	var tooLarge error
	s.clk.Do(func() {
		tooLarge = st.Sync(context.Background())
		if err := s.SetMoving(context.Background(), gate); err == nil {
			t.Error("a move was written to a full disk")
		}
		if err := other.Sync(context.Background()); err == nil {
			t.Error("the second was not told")
		}
		must(t, st.Set(at("t", "more"), 2))
		if err := st.Sync(context.Background()); err == nil {
			t.Error("the third was not told")
		}
	})
	if tooLarge == nil || !strings.Contains(tooLarge.Error(), "state could not be written to "+s.path) {
		t.Error(tooLarge)
	}
	if left := s.crash(); len(left.AllMoving()) != 0 || left.Script("x").Len(at("big")) != 0 {
		t.Error("it was written")
	}
	s.clk.RunFor(time.Hour)
	if n := strings.Count(s.log.String(), "\n"); n != 1 {
		t.Errorf("%d lines: %s", n, s.log.String())
	}
	s.db = good
	s.clk.RunFor(2 * lazyAfter)
	after := s.crash()
	for _, name := range []string{"x", "other"} {
		if diff := cmp.Diff(s.Script(name).Copy(nil), after.Script(name).Copy(nil)); diff != "" {
			t.Error(name, diff)
		}
	}
	if _, ok := after.LastRun("x", "job"); !ok || len(after.AllMoving()) != 1 {
		t.Error("run:", ok, "moving:", after.AllMoving())
	}
	if n := strings.Count(s.log.String(), "\n"); n != 2 {
		t.Errorf("%d lines: %s", n, s.log.String())
	}
	must(t, st.Set(at("t", "more"), 3))
	s.sync(st)
}

// fullDisk is a file that takes nothing.
func (s *site) fullDisk() *bolt.DB {
	path := filepath.Join(s.t.TempDir(), "full.db")
	must(s.t, os.WriteFile(path, s.bytes(), 0o600))
	db, err := boltfile.Open(path, true, time.Nanosecond)
	must(s.t, err)
	s.t.Cleanup(func() { db.Close() })
	return db
}

// What fits into a nearly full disk is taken, what does not is not forgotten.
func TestANearlyFullDisk(t *testing.T) {
	s := newSite(t)
	st := s.Script("x")
	s.db.MaxSize = 1
	must(t, st.Set(at("big"), manyStrings(10)))
	s.clk.Do(func() {
		if err := st.Sync(context.Background()); err == nil {
			t.Error("no error")
		}
	})
	s.move(gate)
	s.clk.RunFor(time.Hour)
	if n := strings.Count(s.log.String(), "\n"); n != 1 {
		t.Errorf("%d lines: %s", n, s.log.String())
	}
	s.clk.RunFor(retryAfter)
	must(t, st.Delete(at("big")))
	must(t, st.Set(at("small"), 1))
	s.sync(st)
	if diff := cmp.Diff(st.Copy(nil), s.crash().Script("x").Copy(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestCloseTellsWhatItCouldNotWrite(t *testing.T) {
	s := newSite(t)
	must(t, s.Script("x").Set(at("big"), manyStrings(10)))
	s.db.MaxSize = 1
	s.clk.Do(func() {
		if err := s.Close(); err == nil {
			t.Error("no error")
		}
		if err := s.SetMoving(context.Background(), gate); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		must(t, s.Script("x").Set(at("a"), 1))
		if err := s.Script("x").Sync(context.Background()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	s.Store = nil
	if s.clk.Pending() != 0 || s.clk.Live() != 0 {
		t.Error(s.clk.Pending(), "timers,", s.clk.Live(), "goroutines left")
	}
}

// A head that has come to rest stays on disk for a while: it often moves again
// at once, and the commits of scripts in between need not tell of it.
func TestClearedMarksWait(t *testing.T) {
	s := newSite(t)
	s.move(gate)
	s.ClearMoving(gate)
	must(t, s.Script("x").Set(at("a"), 1))
	s.sync(s.Script("x"))
	if n := len(s.crash().AllMoving()); n != 1 {
		t.Errorf("%d heads on disk, want the one that has just come to rest", n)
	}
	s.clk.RunFor(2 * lazyAfter)
	if n := len(s.crash().AllMoving()); n != 0 {
		t.Errorf("%d heads on disk, want none", n)
	}
}

// What was published while a commit failed rests on what is lost: it is not
// written before that.
func TestNothingIsWrittenOnLostGround(t *testing.T) {
	s := newSite(t)
	st := s.Script("x")
	tries := 0
	s.disk = func() error {
		if tries++; tries > 1 {
			return nil
		}
		must(t, st.Set(at("t", "a"), 1))
		st.Publish()
		return syscall.ENOSPC
	}
	must(t, st.Set(at("t"), map[any]any{}))
	s.clk.Do(func() {
		if err := st.Sync(context.Background()); !errors.Is(err, syscall.ENOSPC) {
			t.Error(err)
		}
	})
	s.clk.RunFor(0)
	if after := s.crash(); after.Notice() != "" {
		t.Error(after.Notice())
	}
	s.clk.RunFor(2 * lazyAfter)
	if v, _ := s.crash().Script("x").Get(at("t", "a")); v != 1.0 {
		t.Error(v)
	}
}

func TestWhoeverWaitsCanLeave(t *testing.T) {
	s := newSite(t)
	s.clk.Do(func() {
		ctx, cancel := clock.WithCancel(context.Background())
		cancel()
		must(t, s.Script("x").Set(at("a"), 1))
		if err := s.Script("x").Sync(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	s.clk.RunFor(0)
	if v, _ := s.crash().Script("x").Get(at("a")); v != 1.0 {
		t.Error("it was not written all the same:", v)
	}
}

// The same site writes the same file, to the byte.
func TestTheFileIsTheSameEachTime(t *testing.T) {
	var files [2][]byte
	for i := range files {
		s := newSite(t)
		for n := range 20 {
			s.clk.Go(func() {
				st := s.Script(fmt.Sprint(n % 7))
				must(t, st.Set(at("t"), map[any]any{n: n, "a": map[any]any{"b": 1, "c": 2}}))
				must(t, st.Sync(context.Background()))
				s.SetLastRun("x", fmt.Sprint(n), s.clk.Now())
				must(t, s.SetMoving(context.Background(), Moving{Device: fmt.Sprint(n), Channel: n}))
			})
		}
		s.clk.RunFor(time.Minute)
		files[i] = s.bytes()
	}
	if !slices.Equal(files[0], files[1]) {
		t.Error("two files differ")
	}
}

package index

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// In real time many take pictures while others list, remove, verify, and make the
// index anew: nothing is lost, and nothing comes back.
func TestManyAtATime(t *testing.T) {
	base := t.TempDir()
	dir, ctx := filepath.Join(base, "archive"), context.Background()
	const layout = "{device}/{channel}/{hour}-{minute}/{time}.jpg"
	x, err := Open(ctx, filepath.Join(base, FileName), dir, Options{
		Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Zone: time.UTC, NoSync: true, Layout: layout,
	})
	must(t, err)
	var taking, others sync.WaitGroup
	done := make(chan struct{})
	const channels, each = 4, 60
	a, err := archive.Open(archive.Options{Dir: dir, Layout: layout, Zone: time.UTC, Clock: clock.Real(), Index: x, NoSync: true})
	must(t, err)
	data, err := os.ReadFile("../jpeg/testdata/gray.jpg")
	must(t, err)
	for channel := range channels {
		taking.Go(func() {
			for i := range each {
				e := archive.Entry{Device: "gate", Channel: 1 + channel, Taken: noon.Add(time.Duration(i) * 7 * time.Second)}
				_, err := a.Add(ctx, e, func(w io.Writer) error {
					_, err := w.Write(data)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					if err := x.Flush(ctx); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	loop := func(f func() error) {
		others.Go(func() {
			for {
				if err := f(); err != nil && !errors.Is(err, ErrRebuilding) {
					t.Error(err)
				}
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
			}
		})
	}
	loop(func() error {
		return x.List(ctx, archive.Query{Device: "gate"}, func(archive.Entry) error { return nil })
	})
	loop(func() error { x.Totals(); _, err := x.Head(ctx); return err })
	loop(func() error { _, err := x.Rebuild(ctx, VerifyOptions{}); return err })
	var removed sync.Map
	loop(func() error {
		var list []Removal
		err := x.View(func(v *View) error {
			return v.After(Key{}, func(k Key, e *archive.Entry) (bool, error) {
				if e.Taken.Second()%2 == 0 {
					list = append(list, Removal{k, *e, "even"})
				}
				return len(list) < 10, nil
			})
		})
		if err != nil {
			return err
		}
		left, err := x.Remove(ctx, list, nil, func(r Removal) { removed.Store(r.Path, true) })
		for _, l := range left {
			t.Error(l.Path, l.Why)
		}
		return err
	})
	taking.Wait()
	close(done)
	others.Wait()
	must(t, x.Flush(ctx))
	n := 0
	must(t, x.List(ctx, archive.Query{}, func(e archive.Entry) error {
		if _, gone := removed.Load(e.Path); gone {
			t.Error("removed and listed:", e.Path)
		}
		n++
		return nil
	}))
	removed.Range(func(any, any) bool { n++; return true })
	r, err := Verify(ctx, dir, VerifyOptions{Clock: clock.Real(), Index: x})
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("%v %v", err, r.Findings)
	}
	if n != channels*each {
		t.Errorf("%d pictures of %d", n, channels*each)
	}
	must(t, x.Close(ctx))
}

// A disk of the index that hangs keeps no picture waiting for long, and nothing
// that only looks.
func TestADiskThatHangs(t *testing.T) {
	s := newSite(t)
	s.take(entry(noon, ""))
	s.clk.RunFor(time.Minute)
	release := s.clk.NewWaiter()
	hangs := true
	s.x.disk = func() error {
		if hangs {
			release.Wait()
		}
		return nil
	}
	e := entry(noon.AddDate(0, 0, 1), "")
	ended := time.Time{}
	s.clk.Go(func() {
		if err := s.x.Expect(context.Background(), folderOf(e.Path)); err != nil {
			t.Error(err)
		}
		s.x.Add(s.place(e))
		s.x.Totals()
		s.x.Problem()
		ended = s.clk.Now()
	})
	s.clk.RunFor(time.Minute)
	if took := ended.Sub(noon.Add(time.Minute)); took < 0 || took > 2*maxExpecting {
		t.Error(took, ended)
	}
	ctx, cancel := clock.WithTimeout(s.clk, context.Background(), time.Second)
	defer cancel()
	s.clk.Go(func() {
		if err := s.x.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	s.clk.RunFor(2 * time.Second)
	hangs = false
	release.Wake()
	s.clk.RunFor(time.Minute)
	if got := s.list(archive.Query{}); len(got) != 2 || got[1] != e.Path {
		t.Error(got)
	}
	s.wantVerified()
}

package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// A journal is followed over its segments, over the end of its host and the next
// one, and from before there is any.
func TestFollow(t *testing.T) {
	d := newDesk(t, Options{Size: 600, Segments: 3})
	ctx, stop := clock.WithCancel(context.Background())
	var got []string
	ended := false
	d.clk.Go(func() {
		err := Follow(ctx, d.clk, d.dir, Filter{Device: "gate", Kinds: []Kind{Event}}, func(e Entry) error {
			got = append(got, e.Name)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		ended = true
	})
	n := 0
	write := func(count int) {
		for range count {
			n++
			d.write(Entry{Kind: Event, Time: d.clk.Now(), Device: "gate", What: fmt.Sprint("e", n), Detail: "start", Name: fmt.Sprint(n)}, move,
				Entry{Kind: Event, Time: d.clk.Now(), Device: "nvr", What: "motion", Detail: "start", Name: "other"})
			d.clk.RunFor(time.Second)
		}
	}
	write(12)
	d.close()
	d.clk.RunFor(time.Minute)
	d.open()
	write(3)
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i+1))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%v, want %v", got, want)
	}
	stop()
	d.clk.RunFor(time.Second)
	if !ended {
		t.Error("it goes on")
	}
}

func TestFollowBeginsWithTheLast(t *testing.T) {
	d := newDesk(t, Options{})
	for i := range 20 {
		d.write(number(i))
	}
	var got []string
	enough := errors.New("enough")
	d.clk.Do(func() {
		err := Follow(context.Background(), d.clk, d.dir, Filter{Limit: 3}, func(e Entry) error {
			got = append(got, e.Detail)
			if len(got) == 3 {
				d.Write(number(99))
			}
			if len(got) == 4 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			t.Error(err)
		}
	})
	if strings.Join(got, " ") != "17 18 19 99" {
		t.Error(got)
	}
}

func TestFollowWhereNothingIs(t *testing.T) {
	clk := clock.NewVirtual(noon)
	ctx, stop := clock.WithTimeout(clk, context.Background(), time.Minute)
	defer stop()
	clk.Do(func() {
		if err := Follow(ctx, clk, t.TempDir()+"/none", Filter{}, func(Entry) error { return errors.New("an entry") }); err != nil {
			t.Error(err)
		}
	})
}

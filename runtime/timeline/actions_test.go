package timeline

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

// What is packed comes out as it was: by time, then as it came, also what was
// changed when it had long been packed.
func TestActionsComeOutAsTheyWere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	begin := at(1, 0, 0, 0)
	for _, keep := range []int{0, 100} {
		l := NewActions(berlin)
		l.keep = keep
		var want []Action
		for i := range 5*blockSize + 17 {
			a := Action{
				Time:     begin.Add(time.Duration(i-r.IntN(1+r.IntN(2000))) * 17 * time.Second / 5), // some come long after they began
				Duration: time.Duration(r.IntN(3)) * time.Second, Open: r.IntN(9) == 0, Kind: Kind(pick("run", "", "a kind of later")),
				Device: pick("", "gate", "Kamera \u00e4"), Channel: r.IntN(3), Place: pick("gate/yard", ""), Script: pick("night", "a/b"), Job: pick("", "tour"),
				Task: "night/tour#" + pick("", "0", "007", fmt.Sprint(i), "9007199254740993", "18446744073709551615", "x"), Line: r.IntN(3) - 1,
				Text: pick("runs", "", "\n", fmt.Sprint("says ", i)), Path: pick("", "", fmt.Sprintf("data/archive/%d.jpg", i)), Head: r.IntN(2) == 0,
				Failed: pick("", "offline"), Message: pick("", "no answer"),
			}
			l.Add(a)
			want = append(want, a)
			if n := r.IntN(i + 1); i%7 == 0 {
				how := func(a *Action) { a.Open, a.Duration, a.Text = false, time.Duration(n-100), "changed" }
				l.change(n, how)
				how(&want[n])
			}
		}
		slices.SortStableFunc(want, func(a, b Action) int { return a.Time.Compare(b.Time) })
		for range 2 {
			got := slices.Collect(l.All())
			if len(got) != len(want) || l.Len() != len(want) {
				t.Fatalf("%d and %d, want %d", len(got), l.Len(), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("keep %d, %d:\n%+v\nwant\n%+v", keep, i, got[i], want[i])
				}
			}
		}
	}
	var none *Actions
	if none.Len() != 0 || slices.Collect(none.All()) != nil || slices.Collect(new(Actions).All()) != nil {
		t.Error("an empty list has actions")
	}
	for range NewActions(berlin, Action{}, Action{}).All() {
		break // goes through no more
	}
}

// An action costs some bytes, with all that its Builder keeps beside, and not many
// more while the timeline is written.
func TestWhatAnActionCosts(t *testing.T) {
	begin := at(1, 0, 0, 0)
	b := NewBuilder(Options{Timeline: Timeline{From: begin, To: begin.Add(4 * 7 * 24 * time.Hour), Zone: berlin}})
	inUse := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	runs := 0
	days := func(n int) {
		for range n * 24 * 60 {
			runs++
			for camera := range 5 {
				now := begin.Add(time.Duration(runs)*time.Minute + time.Duration(camera)*1234567)
				by := func(e journal.Entry) {
					e.Script, e.Job = "night", fmt.Sprint("tour", camera)
					e.Task = fmt.Sprintf("night/tour%d#%d", camera, runs)
					b.Entry(e)
				}
				command := func(e journal.Entry) {
					e.Device, e.Channel = fmt.Sprint("gate", camera), 1
					by(e)
				}
				by(journal.Entry{Kind: journal.RunBegun, Time: now})
				command(journal.Entry{What: "preset", Detail: fmt.Sprint(runs % 3), Head: true, Time: now, Duration: 2 * time.Millisecond})
				shot := now.Add(time.Duration(2000+runs%7) * time.Millisecond)
				command(journal.Entry{What: "snapshot", Time: shot, Duration: 3 * time.Millisecond})
				if camera > 0 { // else no picture is kept
					command(journal.Entry{Kind: journal.Picture, Time: shot, Detail: "data/archive/gate/1/" + shot.Format("2006-01-02/15-04-05") + ".jpg"})
				}
				by(journal.Entry{Kind: journal.RunEnded, Time: shot.Add(time.Second), Duration: shot.Sub(now) + time.Second})
			}
		}
	}
	days(1)
	before, known := inUse(), b.actions.Len()
	days(3)
	after, all := inUse(), b.actions.Len()
	each := float64(after-before) / float64(all-known)
	w := &weigher{inUse: inUse}
	if err := b.Timeline().Text(w, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	more := float64(w.most-after) / float64(all)
	n, last := 0, 0
	for range b.Timeline().Actions.All() {
		if n++; n == all {
			last = inUse() - after
		}
	}
	t.Logf("%d actions, %.1f bytes each, %.1f more as a text; %d kB to go through them", all, each, more, last>>10)
	if each > 12 {
		t.Errorf("an action costs %.1f bytes", each)
	}
	if more > 50 {
		t.Errorf("an action costs %.1f bytes more while it is written", more)
	}
	if last > 2<<20 {
		t.Errorf("%d kB are in use to go through the actions one by one", last>>10)
	}
	runtime.KeepAlive(b)
}

// weigher looks at how much is in use now and then while something is written.
type weigher struct {
	inUse   func() int
	written int
	most    int
}

func (w *weigher) Write(p []byte) (int, error) {
	if w.written++; w.written%10 == 1 {
		w.most = max(w.most, w.inUse())
	}
	return len(p), nil
}

package notify

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// fakePlace takes letters in the place of a server.
type fakePlace struct {
	clk  clock.Clock
	mu   sync.Mutex
	got  []string
	says func(l *letter, try int) error // nil: takes everything
	try  int
}

func (p *fakePlace) send(ctx context.Context, l *letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.try++
	if p.says != nil {
		if err := p.says(l, p.try); err != nil {
			return err
		}
	}
	picture := ""
	if l.picture != nil {
		picture = " +" + l.picture.Name
	}
	p.got = append(p.got, fmt.Sprintf("%s %s%s", p.clk.Now().Format(time.TimeOnly), strings.ReplaceAll(heading(l.title, l.text), "\n", "|"), picture))
	return nil
}

func target(name string) site.Target {
	return site.Target{Name: name, MaxPerHour: 20, Webhook: &site.Webhook{URL: isapi.NewSecret("http://127.0.0.1:1/" + name)}}
}

// virtual is a notifier in virtual time with one target, ops.
func virtual(p *fakePlace) (*clock.Virtual, *Notifier, *bytes.Buffer) {
	clk := clock.NewVirtual(noon)
	p.clk = clk
	log := new(bytes.Buffer)
	n := New(Config{Clock: clk, Log: slog.New(slog.NewTextHandler(log, nil)), Targets: []site.Target{target("ops")}, Zone: time.UTC})
	n.ways[0].sender = p
	return clk, n, log
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A place that is away is tried ever more slowly, at the same times on every run,
// and what comes late says so.
func TestRetries(t *testing.T) {
	for range 3 {
		var tries []string
		p := &fakePlace{}
		clk, n, log := virtual(p)
		p.says = func(*letter, int) error {
			tries = append(tries, clk.Now().Format(time.TimeOnly))
			if clk.Now().Before(noon.Add(time.Hour)) {
				return &Error{Message: "away"}
			}
			return nil
		}
		clk.Do(func() {
			n.Notify("ops", Message{Text: "a", Time: clk.Now()})
			n.Notify("ops", Message{Text: "b", Time: clk.Now()})
			clock.Sleep(context.Background(), clk, 2*time.Minute)
			if s := n.Status()[0]; s.Waiting != 2 || s.Failing == nil || !s.Since.Equal(noon) || s.Sent != 0 {
				t.Errorf("%+v", s)
			}
			n.runs.Wait()
		})
		want(t, tries, "12:00:00", "12:00:05", "12:00:15", "12:00:35", "12:01:15", "12:02:35", "12:05:15", "12:10:35", "12:20:35", "12:30:35", "12:40:35", "12:50:35", "13:00:35", "13:00:35")
		want(t, p.got, "13:00:35 a||(of 12:00:00, delivered late)", "13:00:35 b||(of 12:00:00, delivered late)")
		if s := n.Status()[0]; s.Waiting != 0 || s.Failing != nil || s.Sent != 2 || s.Lost != 0 {
			t.Errorf("%+v", s)
		}
		if text := log.String(); strings.Count(text, "notifications wait") != 1 || strings.Count(text, "delivered again") != 1 {
			t.Error(text)
		}
	}
}

// What is added while a place is away is known not to be delivered yet, and is
// known to be once it is.
func TestReceiptOfAFailingWay(t *testing.T) {
	p := &fakePlace{says: func(_ *letter, try int) error {
		if try < 3 {
			return &Error{Message: "away"}
		}
		return nil
	}}
	clk, n, _ := virtual(p)
	clk.Do(func() {
		n.Notify("ops", Message{Text: "a", Time: clk.Now()})
		clock.Sleep(context.Background(), clk, time.Second)
		r, _ := n.Notify("ops", Message{Text: "b", Time: clk.Now()})
		if err := r.Wait(context.Background()); err == nil || err.Error() != "away" || clk.Now().Sub(noon) != time.Second {
			t.Error(err, clk.Now())
		}
		n.runs.Wait()
		if err := r.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// After a day a notification is lost, and said to be.
func TestGivenUpAfterADay(t *testing.T) {
	p := &fakePlace{says: func(*letter, int) error { return &Error{Message: "away"} }}
	clk, n, log := virtual(p)
	var r *Receipt
	clk.Do(func() {
		r, _ = n.Notify("ops", Message{Text: "a", Time: clk.Now()})
		n.runs.Wait()
	})
	if took := clk.Now().Sub(noon); took < keptFor || took > keptFor+retryMost {
		t.Error(took)
	}
	if s := n.Status()[0]; s.Lost != 1 || s.Waiting != 0 || r.err == nil || !strings.Contains(log.String(), "not delivered within a day: away") {
		t.Errorf("%+v %s", s, log)
	}
}

// A sensor that is stuck does not send ten thousand mails: after the first twenty
// the rest comes folded, one message each three minutes.
func TestTooManyAreFolded(t *testing.T) {
	p := &fakePlace{}
	clk, n, _ := virtual(p)
	clk.Do(func() {
		for i := range 720 {
			var pic *Picture
			if i%10 == 0 {
				pic = &Picture{Name: fmt.Sprintf("%d.jpg", i)}
			}
			n.Notify("ops", Message{Text: "door: motion", Picture: pic, Time: clk.Now()})
			clock.Sleep(context.Background(), clk, 5*time.Second)
		}
		n.Notify("ops", Message{Text: "gate: offline", Time: clk.Now()})
		n.runs.Wait()
	})
	if len(p.got) < 38 || len(p.got) > 41 {
		t.Errorf("%d messages for an hour of motion:\n%s", len(p.got), strings.Join(p.got, "\n"))
	}
	folded := p.got[25]
	if !strings.Contains(folded, "door: motion||and 35 more until 12:") || !strings.Contains(folded, ".jpg") {
		t.Error(folded)
	}
	if last := p.got[len(p.got)-1]; !strings.Contains(last, "gate: offline") {
		t.Error(last)
	}
	if s := n.Status()[0]; s.Sent != len(p.got) || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

// A thousand at once take twenty messages and one more, and bounded memory.
func TestThousandAtOnce(t *testing.T) {
	p := &fakePlace{}
	clk, n, _ := virtual(p)
	clk.Do(func() {
		for i := range 1000 {
			n.Notify("ops", Message{Text: fmt.Sprintf("event %d", i), Picture: &Picture{Name: "x", Data: make([]byte, 1<<20)}, Time: clk.Now()})
			if w := n.ways[0]; w.bytes > mostBytes+1<<21 || len(w.waiting) > mostWaiting {
				t.Fatal(w.bytes, len(w.waiting))
			}
		}
		n.runs.Wait()
	})
	if len(p.got) != 20 || !strings.Contains(p.got[19], "and 980 more") || !strings.Contains(p.got[19], "|and 970 others") {
		t.Errorf("%d: %s", len(p.got), p.got[len(p.got)-1])
	}
}

// What is refused is given up, and is no hindrance to the next; a picture that is
// refused does not take its text with it.
func TestRefused(t *testing.T) {
	p := &fakePlace{says: func(l *letter, _ int) error {
		switch {
		case l.text == "bad":
			return &Error{Message: "no", Refused: true, Answered: true}
		case l.picture != nil:
			return &Error{Message: "too large", Refused: true, Picture: true}
		}
		return nil
	}}
	clk, n, log := virtual(p)
	clk.Do(func() {
		bad, _ := n.Notify("ops", Message{Text: "bad", Time: clk.Now()})
		good, _ := n.Notify("ops", Message{Text: "good", Picture: &Picture{Name: "x", Data: make([]byte, 1000)}, Time: clk.Now()})
		if err := bad.Wait(context.Background()); err == nil || err.Error() != "no" {
			t.Error(err)
		}
		if err := good.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	})
	want(t, p.got, "12:00:00 good||(without its picture of 1 kB: too large)")
	if strings.Count(log.String(), "notifications are lost") != 1 {
		t.Error(log)
	}
}

// A server that asks for patience gets it; a message that a server can't take
// holds up no other.
func TestPatience(t *testing.T) {
	p := &fakePlace{says: func(l *letter, try int) error {
		if try == 1 {
			return &Error{Message: "slowly", Answered: true, After: time.Minute}
		}
		if l.text == "odd" && try < 4 {
			return &Error{Message: "broken", Answered: true}
		}
		return nil
	}}
	clk, n, _ := virtual(p)
	clk.Do(func() {
		n.Notify("ops", Message{Text: "odd", Time: clk.Now()})
		n.Notify("ops", Message{Text: "b", Time: clk.Now()})
		n.runs.Wait()
	})
	if len(p.got) != 2 || p.got[0] != "12:01:00 b" || !strings.Contains(p.got[1], "odd") {
		t.Error(p.got)
	}
}

// site.yaml is changed while something waits.
func TestConfigure(t *testing.T) {
	p := &fakePlace{says: func(*letter, int) error { return &Error{Message: "away"} }}
	clk, n, log := virtual(p)
	clk.Do(func() {
		n.Notify("ops", Message{Text: "a", Time: clk.Now()})
		clock.Sleep(context.Background(), clk, time.Hour)
		n.Configure([]site.Target{target("ops"), target("desk")}, time.UTC)
		if n.ways[0].sender != sender(p) || n.Status()[0].Waiting != 1 {
			t.Error("an unchanged target lost its queue")
		}
		changed := target("ops")
		changed.Webhook = &site.Webhook{URL: isapi.NewSecret("http://127.0.0.1:2/")}
		n.Configure([]site.Target{changed}, time.UTC)
		good := &fakePlace{clk: clk}
		n.ways[0].sender = good
		n.runs.Wait()
		if len(good.got) != 1 || clk.Now().Sub(noon) != time.Hour {
			t.Error(good.got, clk.Now())
		}
		n.ways[0].sender = p
		r, _ := n.Notify("ops", Message{Text: "b", Time: clk.Now()})
		clock.Sleep(context.Background(), clk, time.Minute)
		n.Configure(nil, time.UTC)
		n.runs.Wait()
		if r.err == nil || !strings.Contains(log.String(), "site.yaml has no webhook of ops any more") {
			t.Error(r.err, log)
		}
		if _, known := n.Notify("ops", Message{}); known {
			t.Error("ops is known")
		}
	})
}

// The end gives each way one try, folds what the limit would keep, and says what
// is lost.
func TestClose(t *testing.T) {
	p := &fakePlace{}
	clk, n, log := virtual(p)
	clk.Do(func() {
		for i := range 30 {
			n.Notify("ops", Message{Text: fmt.Sprint(i), Time: clk.Now()})
		}
		n.Close(context.Background())
	})
	if len(p.got) != 20 || clk.Now() != noon || strings.Contains(log.String(), "lost") {
		t.Error(len(p.got), clk.Now(), log)
	}
	p = &fakePlace{says: func(*letter, int) error { return &Error{Message: "away"} }}
	clk, n, log = virtual(p)
	clk.Do(func() {
		n.Notify("ops", Message{Text: "a", Time: clk.Now()})
		n.Notify("ops", Message{Text: "b", Time: clk.Now()})
		n.Close(context.Background())
		r, _ := n.Notify("ops", Message{Text: "c", Time: clk.Now()})
		if r.Wait(context.Background()) == nil {
			t.Error("taken after the end")
		}
	})
	if p.try != 1 || clk.Now() != noon || !strings.Contains(log.String(), "lost=2") {
		t.Error(p.try, log)
	}
}

// A place that hangs is broken off when the time of Close is over. In real time.
func TestCloseOfAHangingPlace(t *testing.T) {
	n := New(Config{Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Targets: []site.Target{target("ops")}, Zone: time.UTC})
	began := make(chan struct{})
	n.ways[0].sender = hanging(began)
	r, _ := n.Notify("ops", Message{Text: "a", Time: noon})
	<-began
	ctx, cancel := clock.WithTimeout(clock.Real(), context.Background(), 20*time.Millisecond)
	defer cancel()
	n.Close(ctx)
	n.runs.Wait()
	if err := r.Wait(context.Background()); err == nil {
		t.Error("delivered")
	}
}

type hanging chan struct{}

func (h hanging) send(ctx context.Context, _ *letter) error {
	close(h)
	<-ctx.Done()
	return clock.Cause(ctx)
}

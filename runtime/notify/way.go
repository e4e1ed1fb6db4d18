package notify

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// mostWaiting and mostBytes bound a queue; what does not fit is folded into
	// the last that waits.
	mostWaiting = 50
	mostBytes   = 32 << 20
	// tryTakes is how long one try may take.
	tryTakes = 2 * time.Minute
	// The first pause after a failure, and what the pauses grow to, each twice
	// the one before.
	retryFirst = 5 * time.Second
	retryMost  = 10 * time.Minute
	// keptFor is how long a notification is tried.
	keptFor = 24 * time.Hour
)

const (
	keyTarget  = "target"
	keyKind    = "kind"
	keyError   = "error"
	keyHint    = "hint"
	keyWaiting = "waiting"
)

// sender delivers letters by one kind of way. The error is an *Error, or why ctx
// ended.
type sender interface {
	send(ctx context.Context, l *letter) error
}

// way is one kind of one target, with its queue. All of it is guarded by n.mu.
type way struct {
	n            *Notifier
	target, kind string
	conf         any // of site.yaml, to be compared
	sender       sender
	perHour      int

	waiting []*item
	bytes   int  // of these
	running bool // its goroutine does
	removed bool // site.yaml has it no more
	flushed bool // it had its try since Flush
	wake    clock.Waiter

	spent   time.Time // the limit: when all messages of an hour are free again
	pause   time.Duration
	retryAt time.Time

	sent, lost int
	failing    *Error
	since      time.Time
}

// take takes over the configuration of another.
func (w *way) take(next *way) {
	w.perHour = next.perHour
	if reflect.DeepEqual(w.conf, next.conf) {
		return
	}
	w.conf, w.sender = next.conf, next.sender
	w.pause, w.retryAt = 0, time.Time{}
	w.stir()
}

// stir has its goroutine look again at what there is to do.
func (w *way) stir() {
	if w.wake != nil {
		w.wake.Wake()
		w.wake = nil
	}
}

// add queues an item.
func (w *way) add(i *item) {
	if last := len(w.waiting) - 1; last >= 0 && (len(w.waiting) >= mostWaiting || w.bytes+i.size() > mostBytes) {
		w.bytes -= w.waiting[last].size()
		w.waiting[last].fold(i)
		w.bytes += w.waiting[last].size()
		return
	}
	w.waiting = append(w.waiting, i)
	w.bytes += i.size()
	w.begin()
}

// begin starts its goroutine, if it does not run.
func (w *way) begin() {
	if !w.running {
		w.running = true
		w.n.runs.Go(w.run)
	}
}

// giveUp loses what waits.
func (w *way) giveUp(why *Error) {
	count := 0
	for _, i := range w.waiting {
		count += 1 + i.more
		w.n.settle(i, why)
	}
	w.waiting, w.bytes = nil, 0
	w.lose(count, why)
}

func (w *way) lose(count int, why *Error) {
	if count == 0 {
		return
	}
	w.lost += count
	args := []any{keyTarget, w.target, keyKind, w.kind, "lost", count, keyError, why.Message}
	if why.Hint != "" {
		args = append(args, keyHint, why.Hint)
	}
	w.n.log.Error("notifications are lost", args...)
}

// interval is how often the limit lets a message pass.
func (w *way) interval() time.Duration { return time.Hour / time.Duration(w.perHour) }

// free is how many messages the limit lets pass now.
func (w *way) free(now time.Time) int {
	return int((time.Hour - max(w.spent.Sub(now), 0)) / w.interval())
}

// due is when the next message may be tried.
func (w *way) due(now time.Time) time.Time {
	if w.n.flushing {
		return now
	}
	at := w.retryAt
	if w.free(now) == 0 {
		if free := w.spent.Add(w.interval() - time.Hour); free.After(at) {
			at = free
		}
	}
	return at
}

// run sends what waits, until nothing does.
func (w *way) run() {
	n := w.n
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		w.expire()
		if len(w.waiting) == 0 || n.closed || n.flushing && w.flushed {
			w.running = false
			return
		}
		now := n.clk.Now()
		if at := w.due(now); at.After(now) {
			w.rest(at.Sub(now))
			continue
		}
		w.try(w.next(now))
	}
}

// rest waits, with the lock given back.
func (w *way) rest(d time.Duration) {
	wake := w.n.clk.NewWaiter()
	w.wake = wake
	w.n.mu.Unlock()
	timer := w.n.clk.AfterFunc(d, wake.Wake)
	clock.WaitFor(w.n.ctx, wake)
	timer.Stop()
	w.n.mu.Lock()
}

// expire loses what has waited too long.
func (w *way) expire() {
	for len(w.waiting) > 0 && w.n.clk.Now().Sub(w.waiting[0].queued) >= keptFor {
		i := w.waiting[0]
		w.waiting = w.waiting[1:]
		w.bytes -= i.size()
		why := &Error{Message: "not delivered within a day", Refused: true}
		if w.failing != nil {
			why.Message += ": " + w.failing.Message
		}
		w.n.settle(i, why)
		w.lose(1+i.more, why)
	}
}

// next takes the first that waits out of the queue. The last one that the limit
// lets pass has all the others in it.
func (w *way) next(now time.Time) *item {
	i := w.waiting[0]
	w.waiting = w.waiting[1:]
	w.bytes -= i.size()
	if free := w.free(now); free <= 1 {
		for _, other := range w.waiting {
			i.fold(other)
		}
		w.waiting, w.bytes = nil, 0
	}
	return i
}

// try sends one item, and notes what came of it.
func (w *way) try(i *item) {
	n := w.n
	l, send := i.letter(w.target, n.clk.Now(), n.zone), w.sender
	n.mu.Unlock()
	ctx, cancel := clock.WithTimeout(n.clk, n.ctx, tryTakes)
	err := send.send(ctx, l)
	cancel()
	n.mu.Lock()
	now := n.clk.Now()
	failed, told := errors.AsType[*Error](err)
	switch {
	case err == nil:
		w.delivered(i, now)
		return
	case !told:
		failed = &Error{Message: "broken off"}
	}
	switch {
	case failed.Refused && failed.Picture && i.message.Picture != nil:
		i.lost = "without its picture of " + sizeText(len(i.message.Picture.Data)) + ": " + failed.Message
		i.message.Picture = nil
		n.log.Warn("a picture does not go along with its notification", keyTarget, w.target, keyKind, w.kind, keyError, failed.Message)
		w.waiting = append([]*item{i}, w.waiting...)
		w.bytes += i.size()
		return
	case failed.Refused:
		w.fails(failed, now)
		w.retryAt, w.pause = time.Time{}, 0
		w.spend(now)
		n.settle(i, failed)
		w.lose(1+i.more, failed)
		return
	}
	w.pause = min(max(2*w.pause, retryFirst), retryMost)
	w.retryAt = now.Add(max(w.pause, min(failed.After, keptFor)))
	w.flushed = n.flushing
	w.fails(failed, now)
	switch {
	case n.closed, w.removed:
		n.settle(i, failed)
		w.lose(1+i.more, failed)
		return
	case failed.Answered: // it may be the message: the others have their turn
		w.waiting = append(w.waiting, i)
	default:
		w.waiting = append([]*item{i}, w.waiting...)
	}
	w.bytes += i.size()
	for _, r := range i.receipts {
		r.err = failed
	}
	n.changed.Broadcast()
}

// spend takes a message from the limit.
func (w *way) spend(now time.Time) {
	if w.spent.Before(now) {
		w.spent = now
	}
	w.spent = w.spent.Add(w.interval())
}

func (w *way) delivered(i *item, now time.Time) {
	w.sent++
	w.spend(now)
	w.pause, w.retryAt = 0, time.Time{}
	if w.failing != nil {
		w.n.log.Info("notifications are delivered again", keyTarget, w.target, keyKind, w.kind, "after", clock.FormatDuration(now.Sub(w.since).Round(time.Second)))
		w.failing, w.since = nil, time.Time{}
	}
	w.n.log.Info("notified", keyTarget, w.target, keyKind, w.kind, "notifications", 1+i.more)
	w.n.settle(i, nil)
}

// fails notes why nothing is delivered, and logs each reason once.
func (w *way) fails(err *Error, now time.Time) {
	same := w.failing != nil && w.failing.Message == err.Message
	if w.failing == nil {
		w.since = now
	}
	w.failing = err
	if same || err.Refused {
		return // what is refused is lost, and that is logged
	}
	args := []any{keyTarget, w.target, keyKind, w.kind, keyError, err.Message, keyWaiting, len(w.waiting) + 1}
	if err.Hint != "" {
		args = append(args, keyHint, err.Hint)
	}
	w.n.log.Warn("notifications wait; they are tried for a day", args...)
}

func (w *way) status() Status {
	s := Status{Target: w.target, Kind: w.kind, Sent: w.sent, Lost: w.lost, Failing: w.failing, Since: w.since, RetryAt: w.retryAt}
	for _, i := range w.waiting {
		s.Waiting += 1 + i.more
	}
	return s
}

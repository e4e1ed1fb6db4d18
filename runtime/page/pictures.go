package page

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/journal"
)

// Bounds of what looking costs the devices.
const (
	wantedFor   = 6 * time.Second  // a request keeps a channel looked at for so long
	restFactor  = 4                // a device rests so many times what a picture took
	looksAtOnce = 4                // pictures under way, over all devices
	longestRest = 30 * time.Second // but no longer than that: the time in its queue counts, too
	errorPause  = 10 * time.Second // of a device, after an error
	lookTimeout = 10 * time.Second // of one picture, with its time in the queue
)

// looks has the pictures of the channels that somebody looks at. Each device
// with such a channel has a goroutine of its own, which takes one picture after
// another and ends when no channel is looked at any more; the pictures go with it.
type looks struct {
	page   *Page
	places *clock.Semaphore
	ctx    context.Context // ends with the page
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu      sync.Mutex
	devices map[string]*looked
	closed  bool
}

// looked is a device that somebody looks at. looks.mu guards it.
type looked struct {
	channels map[int]*view
	kick     chan struct{} // a channel has come to be looked at; room for one
}

// view is a channel that somebody looks at.
type view struct {
	until   time.Time // somebody looks
	due     time.Time // the next picture, at the earliest
	began   time.Time
	count   int    // pictures that the device was asked for
	picture []byte // nil: none yet
	taken   time.Time
}

func newLooks(p *Page) *looks {
	l := &looks{page: p, places: clock.NewSemaphore(p.conf.Clock, looksAtOnce), devices: make(map[string]*looked)}
	l.ctx, l.cancel = clock.WithCancel(context.Background())
	return l
}

// close ends all looking and waits.
func (l *looks) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.ended.Wait()
}

// look gives the picture that is there, and marks the channel as looked at. It
// does not wait.
func (l *looks) look(name string, channel int, every time.Duration) (picture []byte, taken time.Time) {
	now := l.page.conf.Clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, time.Time{}
	}
	d := l.devices[name]
	if d == nil {
		d = &looked{channels: make(map[int]*view), kick: make(chan struct{}, 1)}
		l.devices[name] = d
		l.ended.Go(func() { l.run(name, d, every) })
	}
	v := d.channels[channel]
	if v == nil {
		v = &view{began: now}
		d.channels[channel] = v
		l.record(journal.Entry{Time: now, Device: name, Channel: channel, What: "start"})
		select {
		case d.kick <- struct{}{}:
		default:
		}
	}
	v.until = now.Add(wantedFor)
	return v.picture, v.taken
}

// run takes the pictures of one device until it is looked at no more.
func (l *looks) run(name string, d *looked, every time.Duration) {
	clk := l.page.conf.Clock
	for {
		channel, wait, any := l.next(name, d)
		switch {
		case !any:
			return
		case wait > 0:
			l.wait(d, wait)
			continue
		}
		if l.places.Acquire(l.ctx) != nil {
			continue // next ends it
		}
		began := clk.Now()
		picture, err := l.take(name, channel)
		l.places.Release()
		ended := clk.Now()
		rest := min(restFactor*ended.Sub(began), longestRest)
		if err != nil {
			rest = max(rest, errorPause)
		}
		l.mu.Lock()
		v := d.channels[channel]
		v.due = began.Add(every)
		v.count++
		if err == nil {
			v.picture, v.taken = picture, ended
		}
		l.mu.Unlock()
		clock.Sleep(l.ctx, clk, rest)
	}
}

// next is the channel whose turn is, the one that has waited longest, or how
// long there is none. Channels that are looked at no more are let go; any is false
// when none is left, and then the device has been let go, too.
func (l *looks) next(name string, d *looked) (channel int, wait time.Duration, any bool) {
	now := l.page.conf.Clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	var first time.Time
	for _, number := range slices.Sorted(maps.Keys(d.channels)) {
		v := d.channels[number]
		if l.closed || !now.Before(v.until) {
			delete(d.channels, number)
			l.record(journal.Entry{Time: now, Device: name, Channel: number, What: "stop", Detail: strconv.Itoa(v.count), Duration: now.Sub(v.began)})
			continue
		}
		if !any || v.due.Before(first) {
			channel, first, any = number, v.due, true
		}
	}
	if !any {
		delete(l.devices, name)
		return 0, 0, false
	}
	return channel, first.Sub(now), true
}

// wait waits for d, for another channel, or for the end of the page.
func (l *looks) wait(of *looked, d time.Duration) {
	due := make(chan struct{})
	timer := l.page.conf.Clock.AfterFunc(d, func() { close(due) })
	defer timer.Stop()
	select {
	case <-due:
	case <-of.kick:
	case <-l.ctx.Done():
	}
}

func (l *looks) take(name string, channel int) ([]byte, error) {
	ctx, cancel := clock.WithTimeout(l.page.conf.Clock, l.ctx, lookTimeout)
	defer cancel()
	picture, err := l.page.conf.Picture(ctx, name, channel)
	if err != nil {
		l.page.counts.picture("error")
		return nil, err
	}
	l.page.counts.picture("ok")
	return picture, nil
}

// record puts the begin and the end of looking on record: a line for each
// picture would push out what matters.
func (l *looks) record(e journal.Entry) {
	if l.page.conf.Record != nil {
		e.Kind = journal.View
		l.page.conf.Record(e)
	}
}

// picture answers with the last picture of a channel.
func (f *front) picture(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("device")
	number, err := strconv.Atoi(r.PathValue("channel"))
	d, known := deviceOf(f.page.board.fresh(), name)
	if err != nil || !known || !hasChannel(d, number) {
		f.refuse(w, r, http.StatusNotFound, "not_found", "there is no such channel", "GET /api/status lists devices and their channels")
		return
	}
	if f.web.Pictures == 0 || d.State != device.StateOnline {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	picture, taken := f.page.looks.look(name, number, f.web.Pictures)
	if picture == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	tag := `"` + strconv.FormatInt(taken.UnixMilli(), 36) + `"`
	age := f.page.conf.Clock.Now().Sub(taken)
	w.Header().Set("ETag", tag)
	w.Header().Set("Age", strconv.Itoa(max(0, int(age/time.Second))))
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	w.Write(picture)
}

func deviceOf(st runtime.Status, name string) (runtime.DeviceStatus, bool) {
	for _, d := range st.Devices {
		if d.Name == name {
			return d, true
		}
	}
	return runtime.DeviceStatus{}, false
}

func hasChannel(d runtime.DeviceStatus, number int) bool {
	return slices.ContainsFunc(d.Channels, func(c runtime.ChannelStatus) bool { return c.ID == number })
}

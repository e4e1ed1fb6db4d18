package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

const (
	streamLast  = 200                    // of log, commands and events each, at the start
	streamPause = 250 * time.Millisecond // between two writes
	beatEvery   = 15 * time.Second
)

// Why a stream ends. Of the last one the client is told nothing: it comes back
// at once, with the cookie as it is by then.
var (
	errStop      = errors.New("stop")
	errLoggedOut = errors.New("session")
	errOver      = errors.New("over")
)

// stream answers with what happens, as long as the client listens.
func (f *front) stream(w http.ResponseWriter, r *http.Request) {
	if !f.page.board.join() {
		w.Header().Set("Retry-After", "30")
		f.refuse(w, r, http.StatusServiceUnavailable, "busy", fmt.Sprintf("%d pages are open already", maxViewers), "close one of them")
		return
	}
	defer f.page.board.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // or nginx keeps it back
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := clock.WithCancelCause(r.Context())
	defer cancel(nil)
	defer clock.OnDone(f.ctx, func() { cancel(errStop) })()
	end := f.page.conf.Clock.Now().Add(sessionLife)
	if s, ok := sessionOf(r); ok {
		end = s.end
		defer f.page.sessions.attach(s.id, func() { cancel(errLoggedOut) })()
	}
	over := f.page.conf.Clock.At(end, func() { cancel(errOver) })
	defer over.Stop()
	v := &viewer{page: f.page, w: w, flush: http.NewResponseController(w).Flush}
	v.run(ctx)
}

// viewer is one stream.
type viewer struct {
	page  *Page
	w     http.ResponseWriter
	flush func() error

	// What was sent before: the version of the state, and numbers of lines and
	// entries.
	state, log uint64
	entries    [feeds]uint64

	beatAt time.Time
	text   bytes.Buffer // the events that are written next
}

// run sends what there is, then what comes, until ctx ends or the client is too
// slow.
func (v *viewer) run(ctx context.Context) {
	clk := v.page.conf.Clock
	v.log = v.page.conf.Ring.Last(streamLast)
	for kind := range feeds {
		v.entries[kind] = v.page.conf.Feed.last(kind, streamLast)
	}
	for {
		more := v.page.conf.Feed.changed()
		lines, state := v.collect()
		if v.text.Len() > 0 {
			_, err := v.w.Write(v.text.Bytes())
			if err == nil {
				err = v.flush()
			}
			if err != nil {
				return
			}
			v.text.Reset()
		}
		if clock.Sleep(ctx, clk, streamPause) == nil {
			v.wait(ctx, more, lines, state)
		}
		switch cause := clock.Cause(ctx); cause {
		case nil:
		case errStop, errLoggedOut:
			v.event("bye", encoded(map[string]string{"reason": cause.Error()}))
			v.w.Write(v.text.Bytes())
			v.flush()
			return
		default:
			return
		}
	}
}

// wait returns when there is something to send, or ctx ends.
func (v *viewer) wait(ctx context.Context, changes ...<-chan struct{}) {
	clk := v.page.conf.Clock
	beat := make(chan struct{})
	timer := clk.AfterFunc(v.beatAt.Add(beatEvery).Sub(clk.Now()), func() { close(beat) })
	defer timer.Stop()
	select {
	case <-changes[0]:
	case <-changes[1]:
	case <-changes[2]:
	case <-beat:
	case <-ctx.Done():
	}
}

// collect puts into v.text what has not been sent. The channels are closed when
// there are more lines and another state.
func (v *viewer) collect() (lines, state <-chan struct{}) {
	if now := v.page.conf.Clock.Now(); now.Sub(v.beatAt) >= beatEvery {
		v.beatAt = now
		v.event("beat", encoded(map[string]time.Time{"now": v.page.board.now()}))
	}
	changed, version, state := v.page.board.since(v.state)
	if len(changed) > 0 {
		v.event("state", encoded(changed))
	}
	v.state = version
	var missed struct {
		Log     uint64 `json:"log"`
		Command uint64 `json:"command"`
		Event   uint64 `json:"event"`
	}
	var text [][]byte
	text, v.log, missed.Log, lines = v.page.conf.Ring.Since(v.log)
	var commands, events []journal.Entry
	commands, v.entries[commandFeed], missed.Command = v.page.conf.Feed.since(commandFeed, v.entries[commandFeed])
	events, v.entries[eventFeed], missed.Event = v.page.conf.Feed.since(eventFeed, v.entries[eventFeed])
	if missed.Log+missed.Command+missed.Event > 0 {
		v.event("missed", encoded(missed))
	}
	v.list("log", text)
	v.list("command", encodedEntries(commands))
	v.list("event", encodedEntries(events))
	return lines, state
}

// list adds an event whose data is an array; an empty one is none.
func (v *viewer) list(name string, items [][]byte) {
	if len(items) > 0 {
		v.event(name, []byte("["+string(bytes.Join(items, []byte(",")))+"]"))
	}
}

func (v *viewer) event(name string, data json.RawMessage) {
	fmt.Fprintf(&v.text, "event: %s\ndata: %s\n\n", name, data)
}

func encodedEntries(entries []journal.Entry) (lines [][]byte) {
	for _, e := range entries {
		lines = append(lines, encoded(told(e)))
	}
	return lines
}

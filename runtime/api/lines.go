package api

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	linesType = "application/x-ndjson"
	// maxStreams bounds the answers that go on at one time, of each place.
	maxStreams = 32
)

// lines is an answer that goes on: values, a line of JSON each.
type lines struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu    sync.Mutex
	begun bool
	over  bool // the handler has returned, or is about to
}

var errOver = errors.New("the answer is over")

// send sends a value at once. It waits for a client that does not read, and
// fails when the client has gone.
func (l *lines) send(value any) error {
	text, err := line(value)
	if err != nil {
		return err
	}
	return l.write(text)
}

// write sends whole lines.
func (l *lines) write(text []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return errOver
	}
	return l.put(text)
}

// put is called with mu held.
func (l *lines) put(text []byte) error {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", linesType)
	}
	if _, err := l.w.Write(text); err != nil {
		return err
	}
	return l.control.Flush()
}

// batch gathers values for lines where many come at once.
type batch struct {
	out  *lines
	text []byte
}

// batchSize is how much goes out at one time.
const batchSize = 32 << 10

func (b *batch) add(value any) error {
	text, err := line(value)
	if err != nil {
		return err
	}
	if b.text = append(b.text, text...); len(b.text) < batchSize {
		return nil
	}
	return b.send()
}

// send sends what was gathered, if anything was.
func (b *batch) send() error {
	if len(b.text) == 0 {
		return nil
	}
	text := b.text
	b.text = nil
	return b.out.write(text)
}

// abandon breaks off what is being sent to a client that does not read.
func (l *lines) abandon() { _ = l.control.SetWriteDeadline(clock.Real().Now()) }

// end has nothing more sent, but for an error, as the last line. It returns the
// error where there were no lines before it.
func (l *lines) end(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if err != nil && !l.begun {
		return err
	}
	var last []byte
	if err != nil {
		last, _ = line(failure{errorOf(err)}) // it is made of texts
	}
	_ = l.put(last) // a client that has gone does not miss it
	return nil
}

// stream answers with lines, as long as do goes on. ctx ends when the client
// breaks off or goes, or the host closes.
func (a *API) stream(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, out *lines) error) error {
	from, _ := r.Context().Value(placeKey{}).(Place)
	select {
	case a.streams[from] <- struct{}{}:
		defer func() { <-a.streams[from] }()
	default:
		return failed(http.StatusServiceUnavailable, "busy",
			"the host has as many clients as it takes; end one that follows the log or is attached", "")
	}
	ctx, cancel := clock.WithCancel(r.Context())
	defer cancel()
	out := &lines{w: w, control: http.NewResponseController(w)}
	return out.end(do(ctx, out))
}

// streamed makes a handler that takes an object of up to limit bytes and answers
// with lines.
func streamed[In any](limit int64, do func(a *API, ctx context.Context, in In, out *lines) error) func(*API, http.ResponseWriter, *http.Request) error {
	return func(a *API, w http.ResponseWriter, r *http.Request) error {
		var in In
		if err := readBody(w, r, limit, &in); err != nil {
			return err
		}
		return a.stream(w, r, func(ctx context.Context, out *lines) error { return do(a, ctx, in, out) })
	}
}

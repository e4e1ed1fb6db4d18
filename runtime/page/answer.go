package page

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
)

// deadlineWriter gives each write so long: a client that does not read holds
// nothing for longer.
type deadlineWriter struct {
	http.ResponseWriter
	clk     clock.Clock
	control *http.ResponseController
}

func (w *deadlineWriter) touch() { w.control.SetWriteDeadline(w.clk.Now().Add(writeTimeout)) }

// Write implements io.Writer.
func (w *deadlineWriter) Write(b []byte) (int, error) {
	w.touch()
	return w.ResponseWriter.Write(b)
}

// WriteHeader implements http.ResponseWriter.
func (w *deadlineWriter) WriteHeader(status int) {
	w.touch()
	w.ResponseWriter.WriteHeader(status)
}

// Flush implements http.Flusher.
func (w *deadlineWriter) Flush() { w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *deadlineWriter) FlushError() error {
	w.touch()
	return w.control.Flush()
}

// Unwrap is for http.ResponseController.
func (w *deadlineWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// timedBody gives the body of a request so long to arrive. A handler that has
// read it may then take its time.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func newTimedBody(body io.ReadCloser, clk clock.Clock, control *http.ResponseController) *timedBody {
	control.SetReadDeadline(clk.Now().Add(bodyTimeout))
	return &timedBody{body, control}
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.control.SetReadDeadline(time.Time{}) // or the server took the client for gone
	}
	return n, err
}

// refuse answers with an error, and counts it.
func (f *front) refuse(w http.ResponseWriter, r *http.Request, status int, kind, message, hint string) {
	f.page.counts.refused(kind)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		json.NewEncoder(w).Encode(map[string]api.Error{"error": {Kind: kind, Message: message, Hint: hint}})
	}
}

// Counts are numbers for metrics, since the host began.
type Counts struct {
	Viewers  int              // streams that are open now
	Pictures map[string]int64 // that devices were asked for, by result: ok, error
	Refused  map[string]int64 // requests, by the kind of the error: host, origin, login, denied, method, ...
}

type counts struct {
	mu       sync.Mutex
	refusals map[string]int64
	pictures map[string]int64
}

func (c *counts) refused(kind string) { c.add(&c.refusals, kind) }

func (c *counts) picture(result string) { c.add(&c.pictures, result) }

func (c *counts) add(to *map[string]int64, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *to == nil {
		*to = make(map[string]int64)
	}
	(*to)[key]++
}

// Counts tells how much the page was asked.
func (p *Page) Counts() Counts {
	c := Counts{Viewers: p.board.viewers(), Pictures: make(map[string]int64), Refused: make(map[string]int64)}
	p.counts.mu.Lock()
	defer p.counts.mu.Unlock()
	for key, n := range p.counts.pictures {
		c.Pictures[key] = n
	}
	for key, n := range p.counts.refusals {
		c.Refused[key] = n
	}
	return c
}

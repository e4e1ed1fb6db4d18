package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

// fakeHost serves the files of the page, and plays a host to them.
type fakeHost struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	state    map[string]any
	lines    map[string][]any  // of log, command and event
	answers  map[string]string // by the request: instead of 200, "409 {...}"
	requests []string          // that were actions: "POST /api/reload {}"
	pictures map[string]int    // how often each was asked for
	away     bool              // it does not answer
	refusal  string            // of the stream: "503 {...}"
	readers  map[chan sent]bool
}

type sent struct {
	name string
	data any
}

func newFakeHost(t *testing.T, state map[string]any) *fakeHost {
	h := &fakeHost{
		t: t, state: state, lines: make(map[string][]any), answers: make(map[string]string), pictures: make(map[string]int), readers: make(map[chan sent]bool),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.file("index.html"))
	mux.HandleFunc("GET /login", h.file("login.html"))
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) { h.file(r.PathValue("name"))(w, r) })
	mux.HandleFunc("GET /api/stream", h.stream)
	mux.HandleFunc("GET /api/devices/{device}/channels/{channel}/picture", h.picture)
	mux.HandleFunc("/", h.answer)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		away := h.away
		h.mu.Unlock()
		if away {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		// The browser has gone elsewhere. That its request ends on both sides must
		// not look to it as if the host had broken it off.
		h.waitUnread()
		h.setAway(true)
		h.Close()
	})
	return h
}

func (h *fakeHost) file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", map[string]string{
			".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
		}[path.Ext(name)])
		w.Write(text)
	}
}

func (h *fakeHost) stream(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	refusal := h.refusal
	h.mu.Unlock()
	if refusal != "" {
		writeAnswer(w, refusal)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	events := make(chan sent, 1000)
	h.mu.Lock()
	events <- sent{"beat", map[string]any{"now": evening.Format(time.RFC3339Nano)}}
	events <- sent{"state", h.state}
	for _, kind := range []string{"log", "command", "event"} {
		if len(h.lines[kind]) > 0 {
			events <- sent{kind, h.lines[kind]}
		}
	}
	h.readers[events] = true
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.readers, events)
	}()
	for {
		select {
		case <-r.Context().Done():
			return
		case e, ok := <-events:
			if !ok {
				panic(http.ErrAbortHandler)
			}
			h.mu.Lock()
			data, err := json.Marshal(e.data)
			h.mu.Unlock()
			if err != nil {
				h.t.Error(err)
			}
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.name, data)
			w.(http.Flusher).Flush()
		}
	}
}

// waitUnread waits until no page reads the stream.
func (h *fakeHost) waitUnread() {
	for end := time.Now().Add(browsertest.Patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		h.mu.Lock()
		n := len(h.readers)
		h.mu.Unlock()
		if n == 0 {
			return
		}
	}
	h.t.Error("a page still reads the stream")
}

// send tells everyone who reads the stream.
func (h *fakeHost) send(name string, data any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for events := range h.readers {
		events <- sent{name, data}
	}
}

// change is a change of the state.
func (h *fakeHost) change(change map[string]any) {
	h.mu.Lock()
	for key, value := range change {
		if value == nil {
			delete(h.state, key)
		} else {
			h.state[key] = value
		}
	}
	h.mu.Unlock()
	h.send("state", change)
}

// setAway has the host fall silent, or answer again.
func (h *fakeHost) setAway(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
	if away {
		h.breakOff()
	}
}

// refuse ends the streams, and has no other begin.
func (h *fakeHost) refuse(answer string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refusal = answer
	h.breakOff()
}

func (h *fakeHost) breakOff() {
	for events := range h.readers {
		close(events)
		delete(h.readers, events)
	}
}

func (h *fakeHost) picture(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	key := r.PathValue("device") + "/" + r.PathValue("channel")
	h.pictures[key]++
	h.mu.Unlock()
	w.Header().Set("Age", "2")
	w.Header().Set("ETag", `"1"`)
	if r.Header.Get("If-None-Match") == `"1"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Write(scene())
}

// scene is a picture of a yard at dusk.
var scene = sync.OnceValue(func() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 640, 360))
	for y := range 360 {
		for x := range 640 {
			sky := uint8(150 - min(y, 200)/2)
			c := color.RGBA{sky / 2, sky * 2 / 3, sky, 255}
			if y > 210 {
				c = color.RGBA{uint8(70 + y/8), uint8(70 + y/9), uint8(66 + y/10), 255}
			}
			if x > 380 && y > 120 && y < 280 {
				c = color.RGBA{uint8(96 + (x/40%2)*10), 84, 74, 255}
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	jpeg.Encode(&b, m, nil)
	return b.Bytes()
})

// answer answers what has no handler of its own, and keeps the actions.
func (h *fakeHost) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request := strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + string(body))
	h.mu.Lock()
	answer, ok := h.answers[request]
	if r.Method == http.MethodPost {
		h.requests = append(h.requests, request)
	}
	h.mu.Unlock()
	if !ok {
		answer = map[string]string{http.MethodGet: "200 []", http.MethodPost: "200 {}"}[r.Method]
	}
	writeAnswer(w, answer)
}

// writeAnswer writes an answer such as `409 {"error": ...}`.
func writeAnswer(w http.ResponseWriter, answer string) {
	var status int
	fmt.Sscan(answer, &status)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, answer[4:])
}

// took gives the actions since it was asked the last time.
func (h *fakeHost) took() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := strings.Join(h.requests, "\n")
	h.requests = nil
	return all
}

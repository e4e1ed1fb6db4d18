package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/site"
)

// world is a host in real time with a simulated device, and its API.
type world struct {
	t    *testing.T
	dir  string
	host *runtime.Host
	api  *API
	gate *sim.Device
	log  *syncBuffer
	ring *control.Ring
}

const oneHead = `timezone: Europe/Berlin
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
`

// syncBuffer is a buffer that a host may write to and a test read.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func noEnv(string) (string, bool) { return "", false }

// newWorld runs a site; files are by path: "scripts/a.lua".
func newWorld(t *testing.T, yaml string, files map[string]string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: &syncBuffer{}}
	w.write("site.yaml", yaml)
	for path, content := range files {
		w.write(path, content)
	}
	conf, err := site.Load(w.dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.NewTextHandler(w.log, nil)
	w.host, err = runtime.New(runtime.Config{
		Site: conf, Reload: func() (*site.Site, error) { return site.Load(w.dir, noEnv) },
		Clock: clock.Real(), Log: slog.New(log), Version: "1.2.3",
		Transport: func(d site.Device) (http.RoundTripper, error) {
			w.gate = sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clock.Real(), Username: d.Username, Password: d.Password.Reveal()})
			return w.gate.Transport(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.host.Open()
	ctx, stop := context.WithCancel(context.Background())
	loaded, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		_ = w.host.Run(ctx, func([]runtime.Change) { close(loaded) })
	}()
	t.Cleanup(func() { stop(); <-ended })
	<-loaded
	lines := func(to io.Writer, level slog.Level) slog.Handler {
		return slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level})
	}
	w.ring = control.NewRing()
	w.api = New(Config{
		Host: w.host, Version: "1.2.3", Log: slog.NewMultiHandler(log, lines(w.ring, slog.LevelInfo)), Ring: w.ring, LogLines: lines,
		Emit: func(name, rest string) (Emitted, error) { return Emitted{Text: name + " " + rest}, nil },
	})
	return w
}

// listen serves the API on a socket, until close, and gives a client of it.
func (w *world) listen() (c *Client, close func()) {
	w.t.Helper()
	s, err := control.Listen(w.dir, w.api.Handler(Socket), log.New(io.Discard, "", 0))
	if err != nil {
		w.t.Fatal(err)
	}
	close = sync.OnceFunc(func() { s.Close() })
	w.t.Cleanup(close)
	return w.dial(), close
}

func (w *world) dial() *Client {
	w.t.Helper()
	c, err := Dial(w.t.Context(), w.dir, "1.2.3")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}

// until waits for something to become so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is waited in vain: " + what)
		}
	}
}

func (w *world) write(path, content string) {
	w.t.Helper()
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// ask sends one request: "GET /api/status", and the body of a POST behind it.
func (w *world) ask(from Place, request string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.api.Handler(from).ServeHTTP(answer, r)
	return answer
}

// get wants an answer of one value.
func get1[T any](w *world, request string) (v T) {
	w.t.Helper()
	answer := w.ask(Socket, request)
	if answer.Code != http.StatusOK {
		w.t.Fatalf("%s: %d %s", request, answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &v); err != nil {
		w.t.Fatalf("%s: %v: %s", request, err, answer.Body)
	}
	return v
}

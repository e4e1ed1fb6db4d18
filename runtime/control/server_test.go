package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// echo answers each path in a way of its own.
type echo struct {
	begun chan struct{} // a request that goes on has begun
	ended chan error    // and why it has ended
}

func newEcho() *echo { return &echo{begun: make(chan struct{}, 100), ended: make(chan error, 100)} }

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/hello":
		io.WriteString(w, "hello")
	case "/wait":
		e.begun <- struct{}{}
		<-r.Context().Done()
		e.ended <- context.Cause(r.Context())
		io.WriteString(w, "the last line")
	case "/flood":
		e.begun <- struct{}{}
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				time.Sleep(50 * time.Millisecond) // there is more to end
				e.ended <- err
				return
			}
		}
	}
}

var quiet = log.New(io.Discard, "", 0)

func listen(t *testing.T, dir string) (*Server, *echo) {
	t.Helper()
	e := newEcho()
	s, err := Listen(dir, e, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, e
}

// ask connects and sends a request.
func ask(t *testing.T, dir, path string) *net.UnixConn {
	t.Helper()
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: hiklua\r\nConnection: close\r\n\r\n", path)
	c.SetReadDeadline(time.Now().Add(time.Minute))
	return c
}

func soon[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		t.Fatal("it is waited in vain: " + what)
	}
	return v
}

// A request ends when its client goes, when it breaks off, which leaves it the
// last line, and when the host closes.
func TestEnds(t *testing.T) {
	dir := t.TempDir()
	s, e := listen(t, dir)
	ask(t, dir, "/wait").Close()
	soon(t, "the client goes", e.ended)
	c := ask(t, dir, "/wait")
	c.CloseWrite()
	if text, err := io.ReadAll(c); err != nil || !strings.Contains(string(text), "the last line") {
		t.Errorf("%v %q", err, text)
	}
	soon(t, "the client breaks off", e.ended)
	for len(e.begun) > 0 {
		<-e.begun
	}

	c = ask(t, dir, "/wait")
	soon(t, "a request", e.begun)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if text, err := io.ReadAll(c); err != nil || !strings.Contains(string(text), "the last line") {
		t.Errorf("%v %q", err, text)
	}
	if why := soon(t, "the host closes", e.ended); why != ErrStopping {
		t.Errorf("%v", why)
	}
	if _, err := Dial(t.Context(), dir); err != ErrNoHost {
		t.Errorf("%v", err)
	}
	if rest, _ := os.ReadDir(dir); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}

// A client that does not read keeps Close waiting for two seconds, no longer.
func TestCloseDoesNotWaitForReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, e := listen(t, dir)
	ask(t, dir, "/flood")
	soon(t, "a request", e.begun)
	began := time.Now()
	s.Close()
	if took := time.Since(began); took < hangUpTimeout || took > hangUpTimeout+20*time.Second {
		t.Errorf("Close took %v", took)
	}
	if len(e.ended) == 0 {
		t.Error("the request outlives Close")
	}
}

// Requests that come while the host closes are answered or not, and none is left
// when it has.
func TestCloseAmongRequests(t *testing.T) {
	t.Parallel()
	for range 20 {
		dir := t.TempDir()
		var under atomic.Int64
		s, err := Listen(dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			under.Add(1)
			defer under.Add(-1)
			io.WriteString(w, "hello")
		}), quiet)
		if err != nil {
			t.Fatal(err)
		}
		begun, ended := make(chan bool, 8), make(chan bool)
		for range cap(begun) {
			go func() {
				defer func() { ended <- true }()
				for first := true; ; first = false {
					c, err := Dial(context.Background(), dir)
					if err != nil {
						return
					}
					fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: hiklua\r\nConnection: close\r\n\r\n")
					io.Copy(io.Discard, c)
					c.Close()
					if first {
						begun <- true
					}
				}
			}()
		}
		for range cap(begun) {
			soon(t, "a request", begun)
		}
		s.Close()
		if n := under.Load(); n != 0 {
			t.Errorf("%d requests outlive Close", n)
		}
		for range cap(begun) {
			soon(t, "a client", ended)
		}
	}
}

func TestSocketIsPrivateAndReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, socketName)
	// Of a host that died.
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	if _, err := Dial(t.Context(), dir); err != ErrNoHost {
		t.Errorf("%v", err)
	}
	listen(t, dir)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if text, err := io.ReadAll(ask(t, dir, "/hello")); err != nil || !strings.HasSuffix(string(text), "hello") {
		t.Errorf("%v %q", err, text)
	}
}

// A path longer than an address can be.
func TestLongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	lock, err := Take(dir, Holder{PID: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if _, _, err := reach(filepath.Join(dir, socketName)); errors.Is(err, errLongPath) {
		t.Skip(err)
	}
	if _, err := Dial(t.Context(), dir); err != ErrNoHost {
		t.Errorf("%v", err)
	}
	listen(t, dir)
	if text, err := io.ReadAll(ask(t, dir, "/hello")); err != nil || !strings.HasSuffix(string(text), "hello") {
		t.Errorf("%v %q", err, text)
	}
}

// So many connections are served at once; one more waits for a place.
func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, e := listen(t, dir)
	var conns []net.Conn
	for range maxConns {
		conns = append(conns, ask(t, dir, "/wait"))
	}
	for range conns {
		soon(t, "a request", e.begun)
	}
	late := ask(t, dir, "/wait")
	select {
	case <-e.begun:
		t.Error("one more than the limit is served")
	case <-time.After(50 * time.Millisecond):
	}
	conns[0].Close()
	soon(t, "the place of one that has gone", e.begun)
	late.Close()
}

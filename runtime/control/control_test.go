package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo answers each op in a way of its own.
type echo struct {
	mu     sync.Mutex
	closed int
	begun  chan struct{} // a call that goes on has begun
}

func (e *echo) Connect() Session { return e }

func (e *echo) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed++
}

func (e *echo) sessionsClosed() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

func (e *echo) Call(ctx context.Context, op string, args json.RawMessage, send func(any) error) error {
	switch op {
	case "count":
		for i := range 3 {
			if err := send(i); err != nil {
				return err
			}
		}
	case "args":
		return send(args)
	case "fail":
		return NewFault("it failed", map[string]int{"line": 3})
	case "plain":
		return errors.New("a plain error")
	case "wait":
		e.begun <- struct{}{}
		<-ctx.Done()
		return errors.New("broken off")
	}
	return nil
}

func serve(t *testing.T, dir string) (*Server, *echo) {
	t.Helper()
	e := &echo{begun: make(chan struct{}, 8)}
	s, err := Listen(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, e
}

func dial(t *testing.T, dir string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCalls(t *testing.T) {
	dir := t.TempDir()
	_, e := serve(t, dir)
	c := dial(t, dir)
	var got []string
	if err := c.Call(t.Context(), "count", nil, func(v json.RawMessage) error { got = append(got, string(v)); return nil }); err != nil || strings.Join(got, "") != "012" {
		t.Errorf("%v %v", got, err)
	}
	var back map[string]string
	if err := c.Get(t.Context(), "args", map[string]string{"a": "b\n"}, &back); err != nil || back["a"] != "b\n" {
		t.Errorf("%v %v", back, err)
	}
	var f *Fault
	if err := c.Call(t.Context(), "fail", nil, nil); !errors.As(err, &f) || f.Message != "it failed" || string(f.Detail) != `{"line":3}` {
		t.Errorf("%+v", err)
	}
	if err := c.Call(t.Context(), "plain", nil, nil); err == nil || err.Error() != "a plain error" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-e.begun; cancel() }()
	if err := c.Call(ctx, "wait", nil, nil); err == nil || err.Error() != "broken off" {
		t.Errorf("%v", err)
	}
	stop := errors.New("enough")
	if err := c.Call(t.Context(), "count", nil, func(json.RawMessage) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
}

// Whatever a client leaves behind ends when it goes, and a call of a client
// ends when the host does.
func TestEnds(t *testing.T) {
	dir := t.TempDir()
	s, e := serve(t, dir)
	raw, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(raw, `{"id": 7, "op": "wait"}`)
	<-e.begun
	raw.Close()
	for deadline := time.Now().Add(10 * time.Second); e.sessionsClosed() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the call of a client that has gone goes on")
		}
	}
	raw, _ = net.Dial("unix", filepath.Join(dir, socketName))
	fmt.Fprintln(raw, `GET / HTTP/1.1`)
	if _, err := bufio.NewReader(raw).ReadByte(); err == nil {
		t.Error("nonsense was answered")
	}
	c := dial(t, dir)
	ended := make(chan error)
	go func() { ended <- c.Call(context.Background(), "wait", nil, nil) }()
	<-e.begun
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the call did not end with the host")
	}
	if n := e.sessionsClosed(); n != 3 {
		t.Errorf("%d sessions closed, want 3", n)
	}
	if _, err := Dial(t.Context(), dir); err != ErrNoHost {
		t.Errorf("%v", err)
	}
	if rest, _ := os.ReadDir(dir); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
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
	serve(t, dir)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	dial(t, dir)
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
	serve(t, dir)
	if err := dial(t, dir).Call(t.Context(), "count", nil, nil); err != nil {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	since := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	first, err := Take(dir, Holder{PID: 4711, Since: since, Version: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("%v", info.Mode())
	}
	var held *HeldError
	if _, err := Take(dir, Holder{PID: 2}); !errors.As(err, &held) || held.Holder.PID != 4711 || !held.Holder.Since.Equal(since) {
		t.Errorf("%v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := Take(dir, Holder{PID: 2})
	if err != nil {
		t.Fatal(err)
	}
	second.Release()
}

func TestRing(t *testing.T) {
	r := NewRing()
	lines, next, _, more := r.Since(0)
	if len(lines) != 0 || next != 0 {
		t.Errorf("%q %d", lines, next)
	}
	fmt.Fprintln(r, "one")
	<-more
	for i := range ringLines + 10 {
		fmt.Fprintln(r, i)
	}
	lines, next, missed, _ := r.Since(0)
	if len(lines) != ringLines || missed != 11 || next != ringLines+11 || string(lines[0]) != "10" {
		t.Errorf("%d lines, missed %d, next %d, first %s", len(lines), missed, next, lines[0])
	}
	if lines, _, _, _ := r.Since(r.Last(2)); len(lines) != 2 {
		t.Errorf("%q", lines)
	}
	for range 20 {
		fmt.Fprintln(r, strings.Repeat("x", ringBytes/10))
	}
	if lines, _, _, _ := r.Since(0); len(lines) > 10 {
		t.Errorf("%d lines", len(lines))
	}
}

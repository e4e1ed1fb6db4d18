package control

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fullListener has no descriptor left, but for those in conns.
type fullListener struct {
	tries  atomic.Int64
	conns  chan net.Conn
	closed atomic.Bool
}

func (l *fullListener) Accept() (net.Conn, error) {
	l.tries.Add(1)
	if l.closed.Load() {
		return nil, net.ErrClosed
	}
	select {
	case c := <-l.conns:
		return c, nil
	default:
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
}

func (l *fullListener) Close() error   { l.closed.Store(true); return nil }
func (l *fullListener) Addr() net.Addr { return &net.UnixAddr{} }

func TestAcceptPausesWhenDescriptorsRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fullListener{conns: make(chan net.Conn, 1)}
		s := newServer(l, t.TempDir()+"/none", &echo{})
		time.Sleep(time.Minute)
		if n := l.tries.Load(); n < 50 || n > 80 {
			t.Errorf("%d tries in a minute, want about one a second", n)
		}
		here, there := net.Pipe()
		l.conns <- there
		if line, err := ask(here, `{"id": 1, "op": "count"}`); err != nil || !strings.Contains(line, `"value":0`) {
			t.Error(line, err)
		}
		here.Close()
		before := l.tries.Load()
		time.Sleep(100 * time.Millisecond)
		if n := l.tries.Load() - before; n < 3 {
			t.Errorf("%d tries: after a client the pauses begin short again", n)
		}
		closing := time.Now()
		s.Close()
		if took := time.Since(closing); took > 0 {
			t.Errorf("Close waited %v for a pause", took)
		}
	})
}

// A client that does not read keeps Close waiting for two seconds, no longer.
func TestCloseDoesNotWaitForReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fullListener{conns: make(chan net.Conn, 1)}
		here, there := net.Pipe()
		l.conns <- there
		s := newServer(l, t.TempDir()+"/none", &echo{})
		here.Write([]byte(`{"id": 1, "op": "count"}` + "\n"))
		time.Sleep(time.Minute)
		closing := time.Now()
		s.Close()
		if took := time.Since(closing); took != hangUpTimeout {
			t.Errorf("Close took %v", took)
		}
		here.Close()
	})
}

// ask writes one line and reads one.
func ask(c net.Conn, line string) (string, error) {
	go c.Write([]byte(line + "\n"))
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	return string(buf[:n]), err
}

// One connection has so many calls at once; one more is an error of its own.
func TestCallsAreLimited(t *testing.T) {
	dir := t.TempDir()
	_, e := serve(t, dir)
	e.begun = make(chan struct{}, 2*maxCalls)
	raw, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for i := range maxCalls + 1 {
		fmt.Fprintf(raw, "{\"id\": %d, \"op\": \"wait\"}\n", i+1)
	}
	raw.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(raw).ReadString('\n')
	if want := fmt.Sprintf(`{"id":%d,"done":true,"error":{"message":"too many calls at once"}}`, maxCalls+1); err != nil || strings.TrimSpace(line) != want {
		t.Errorf("%q %v, want %s", line, err, want)
	}
}

func TestClientsAreLimited(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir)
	clients := make([]*Client, maxClients)
	for i := range clients {
		clients[i] = dial(t, dir)
		if err := clients[i].Call(t.Context(), "count", nil, nil); err != nil {
			t.Fatal(i, err)
		}
	}
	var refusal *Fault
	if err := dial(t, dir).Call(t.Context(), "count", nil, nil); !errors.As(err, &refusal) || !strings.Contains(refusal.Message, "as many clients") {
		t.Errorf("%v", err)
	}
	clients[0].Close()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		err := dial(t, dir).Call(t.Context(), "count", nil, nil)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a place that was given back is not given away:", err)
		}
	}
}

package control

import (
	"io"
	"net"
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
		s := serve(l, t.TempDir()+"/none", newEcho(), quiet)
		time.Sleep(time.Minute)
		if n := l.tries.Load(); n < 50 || n > 80 {
			t.Errorf("%d tries in a minute, want about one a second", n)
		}
		here, there := net.Pipe()
		l.conns <- there
		go io.WriteString(here, "GET /hello HTTP/1.1\r\nHost: hiklua\r\nConnection: close\r\n\r\n")
		if text, err := io.ReadAll(here); err != nil || !strings.HasSuffix(string(text), "hello") {
			t.Errorf("%q %v", text, err)
		}
		closing := time.Now()
		s.Close()
		if took := time.Since(closing); took > time.Second {
			t.Errorf("Close waited %v for a pause", took)
		}
	})
}

// A client that has asked for nothing keeps Close from nothing.
func TestSilentClientIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fullListener{conns: make(chan net.Conn, 1)}
		here, there := net.Pipe()
		defer here.Close()
		l.conns <- there
		s := serve(l, t.TempDir()+"/none", newEcho(), quiet)
		synctest.Wait()
		closing := time.Now()
		s.Close()
		if took := time.Since(closing); took > time.Second { // the pause of a listener that is full
			t.Errorf("Close took %v", took)
		}
	})
}

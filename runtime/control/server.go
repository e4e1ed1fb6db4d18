package control

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// maxConns bounds the connections at one time; more wait.
	maxConns = 64
	// headerTimeout is how long a connection may take to say what it wants.
	headerTimeout = 10 * time.Second
	maxHeader     = 64 << 10
	// hangUpTimeout is how long a client may take, when the host closes, to read
	// what is left.
	hangUpTimeout = 2 * time.Second
)

// ErrStopping is why the context of a request ends when the host closes: see
// context.Cause.
var ErrStopping = errors.New("the host stops")

// Server answers HTTP requests on the socket of a host.
type Server struct {
	http   *http.Server
	path   string
	cancel context.CancelCauseFunc // of every request
	ended  sync.WaitGroup

	mu     sync.Mutex
	silent map[net.Conn]bool // have not asked for anything yet
	closed bool
}

// Listen answers requests on the socket in dir, which only the user of this
// process may open, by handler, until Close. The site's lock must be held: a
// socket that is there is then of a host that died, and is replaced. What goes
// wrong with a connection goes to log.
func Listen(dir string, handler http.Handler, log *log.Logger) (*Server, error) {
	path := filepath.Join(dir, socketName)
	listener, err := listenPrivately(dir, path)
	if err != nil {
		return nil, err
	}
	return serve(listener, path, handler, log), nil
}

func serve(listener net.Listener, path string, handler http.Handler, log *log.Logger) *Server {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &Server{path: path, cancel: cancel, silent: make(map[net.Conn]bool)}
	s.http = &http.Server{
		Handler: s.counted(handler), ErrorLog: log, ConnState: s.watch,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headerTimeout, IdleTimeout: headerTimeout, MaxHeaderBytes: maxHeader,
	}
	s.ended.Go(func() { _ = s.http.Serve(netutil.LimitListener(listener, maxConns)) })
	return s
}

// counted has Close wait for each request. None begins once it has been called.
func (s *Server) counted(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			panic(http.ErrAbortHandler) // to the client the host has gone
		}
		s.ended.Add(1)
		s.mu.Unlock()
		defer s.ended.Done()
		handler.ServeHTTP(w, r)
	})
}

// watch is told what becomes of each connection.
func (s *Server) watch(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state != http.StateNew {
		delete(s.silent, c)
	} else if s.closed {
		c.Close()
	} else {
		s.silent[c] = true
	}
}

// Close ends every request, waits until their handlers have returned, and
// removes the socket. A client that does not read its last lines is not waited
// for.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.silent {
		c.Close()
	}
	s.mu.Unlock()
	s.cancel(ErrStopping)
	limit, cancel := clock.WithTimeout(clock.Real(), context.Background(), hangUpTimeout)
	defer cancel()
	if s.http.Shutdown(limit) != nil {
		_ = s.http.Close()
	}
	err := os.Remove(s.path)
	s.ended.Wait()
	return err
}

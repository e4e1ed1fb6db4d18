package control

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// maxClients bounds the connections at one time; more are refused.
const maxClients = 64

// After an error of accept, such as too many open files, the server pauses:
// the first time for the shorter one, then twice as long each time.
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// Service answers the clients of a host.
type Service interface {
	// Connect begins a session: one connection.
	Connect() Session
}

// Server listens on the socket of a host. The site's lock must be held: a
// socket that is there is then of a host that died, and is replaced.
type Server struct {
	listener net.Listener
	path     string
	service  Service
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	ended    sync.WaitGroup

	mu     sync.Mutex
	conns  map[*conn]bool
	closed bool
}

// Listen serves service on the socket in dir, which only the user of this
// process may open, until Close.
func Listen(dir string, service Service) (*Server, error) {
	path := filepath.Join(dir, socketName)
	listener, err := listenPrivately(dir, path)
	if err != nil {
		return nil, err
	}
	return newServer(listener, path, service), nil
}

func newServer(listener net.Listener, path string, service Service) *Server {
	s := &Server{listener: listener, path: path, service: service, conns: make(map[*conn]bool)}
	s.ctx, s.cancel = clock.WithCancel(context.Background())
	s.ended.Go(s.accept)
	return s
}

// listenPrivately makes the socket in a folder that no other user may enter,
// and moves it into its place when its mode is right. What lies there is
// replaced in the same step.
func listenPrivately(dir, path string) (*net.UnixListener, error) {
	cell := filepath.Join(dir, ".control-new")
	os.RemoveAll(cell) // a host that was killed in here left it behind
	if err := os.Mkdir(cell, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(cell)
	made := filepath.Join(cell, socketName)
	address, done, err := reach(made)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	done()
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// accept takes clients until the listener is closed.
func (s *Server) accept() {
	pause := time.Duration(0)
	for {
		c, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			pause = min(max(2*pause, acceptPauseMin), acceptPauseMax)
			clock.Sleep(s.ctx, clock.Real(), pause)
		default:
			pause = 0
			s.serve(c)
		}
	}
}

// serve begins a session with a client, or refuses it.
func (s *Server) serve(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return
	}
	cn := newConn(c)
	if len(s.conns) >= maxClients {
		s.ended.Go(func() {
			cn.refuse("the host has as many clients as it takes; end one that follows the log or is attached")
		})
		return
	}
	cn.session = s.service.Connect()
	s.conns[cn] = true
	s.ended.Go(func() {
		cn.serve()
		s.mu.Lock()
		delete(s.conns, cn)
		s.mu.Unlock()
	})
}

// Close hangs up on every client, waits for their calls to end, and removes
// the socket.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.hangUp()
	}
	s.mu.Unlock()
	s.cancel()
	err := errors.Join(s.listener.Close(), os.Remove(s.path))
	s.ended.Wait()
	return err
}

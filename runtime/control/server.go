package control

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// maxClients bounds the connections at one time; more are hung up on.
const maxClients = 64

// Service answers the clients of a host.
type Service interface {
	// Connect begins a session: one connection.
	Connect() Session
}

// Server listens on the socket of a host. The site's lock must be held: a
// socket that is there is then of a host that died, and is replaced.
type Server struct {
	listener *net.UnixListener
	path     string
	service  Service
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
	s := &Server{listener: listener, path: path, service: service, conns: make(map[*conn]bool)}
	s.ended.Go(s.accept)
	return s, nil
}

// listenPrivately makes the socket in a folder of its own, which nobody else
// may enter, and moves it into its place when its mode is right. What lies
// there is replaced in the same step.
func listenPrivately(dir, path string) (*net.UnixListener, error) {
	cell, err := os.MkdirTemp(dir, ".control-")
	if err != nil {
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

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // out of files, or the client has gone already
		}
		s.mu.Lock()
		if s.closed || len(s.conns) >= maxClients {
			s.mu.Unlock()
			c.Close()
			continue
		}
		cn := newConn(c, s.service.Connect())
		s.conns[cn] = true
		s.ended.Go(func() {
			cn.serve()
			s.mu.Lock()
			delete(s.conns, cn)
			s.mu.Unlock()
		})
		s.mu.Unlock()
	}
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
	err := errors.Join(s.listener.Close(), os.Remove(s.path))
	s.ended.Wait()
	return err
}

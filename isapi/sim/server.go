package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Server is a device on a real port.
type Server struct {
	device   *Device
	listener net.Listener
	http     *http.Server
	cancel   context.CancelFunc
	done     chan struct{}
	err      error
	once     sync.Once

	mu      sync.Mutex // guards closing, after which no connection joins active
	closing bool
	active  sync.WaitGroup
}

// serve counts the requests in progress, so that Close can wait for them.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	s.active.Add(1)
	s.mu.Unlock()
	defer s.active.Done()
	s.device.ServeHTTP(w, r)
}

// Listen serves d at addr, such as "127.0.0.1:8080" or ":0". Close it.
func Listen(addr string, d *Device) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("simulated device %s: %w", d.o.Name, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{device: d, listener: &gate{Listener: l, d: d}, cancel: cancel, done: make(chan struct{})}
	s.http = &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.err = err
		}
	}()
	return s, nil
}

// Addr is where it listens, host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Device is the device that is served.
func (s *Server) Device() *Device { return s.device }

// Close ends all connections, event streams too, and waits until the listener
// and every request have ended.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closing = true
		s.mu.Unlock()
		s.cancel()
		if err := s.http.Close(); err != nil && s.err == nil {
			s.err = err
		}
		<-s.done
		s.active.Wait()
	})
	return s.err
}

// gate refuses connections while the device is off: as near to a closed port
// as a listener can come is to reset what it accepts. From this machine /sim
// must still be reached, so there the reset comes with the request.
type gate struct {
	net.Listener
	d *Device
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.d.mu.Lock()
		off := g.d.down(g.d.clk.Now())
		g.d.mu.Unlock()
		if !off || loopback(conn.RemoteAddr().String()) {
			return conn, nil
		}
		linger(conn)
		_ = conn.Close()
	}
}

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
		Handler:     d,
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

// Serve serves d at addr until ctx ends.
func Serve(ctx context.Context, addr string, d *Device) error {
	s, err := Listen(addr, d)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-s.done:
	}
	return s.Close()
}

// Addr is where it listens, host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Device is the device that is served.
func (s *Server) Device() *Device { return s.device }

// Close ends all connections, event streams too, and waits for the listener.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.cancel()
		if err := s.http.Close(); err != nil && s.err == nil {
			s.err = err
		}
		<-s.done
	})
	return s.err
}

// gate refuses connections while the device is off: as near to a closed port
// as a listener can come is to reset what it accepts.
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
		if !off {
			return conn, nil
		}
		linger(conn)
		_ = conn.Close()
	}
}

//go:build !race && !nofleet

package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
)

// way is a connection between two members that can be cut: then it delivers nothing,
// and tells neither end.
type way struct {
	target string

	mu   sync.Mutex
	open *sync.Cond
	shut bool
}

func newWay(t *testing.T, address, target string) *way {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &way{target: target}
	w.open = sync.NewCond(&w.mu)
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(in)
		}
	}()
	return w
}

func (w *way) join(in net.Conn) {
	w.pass()
	out, err := net.Dial("tcp", w.target)
	if err != nil {
		in.Close()
		return
	}
	go w.copy(out, in)
	w.copy(in, out)
}

// pass waits until the way is open.
func (w *way) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.shut {
		w.open.Wait()
	}
}

func (w *way) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		w.pass()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *way) set(shut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut = shut
	w.open.Broadcast()
}

// door is before the devices. What a host that is cut off sends gets no answer, and is
// never carried out.
type door struct {
	mu   sync.Mutex
	cuts map[string]context.Context // by host; done: it is cut off
	off  map[string]context.CancelFunc
}

func newDoor() *door {
	return &door{cuts: map[string]context.Context{}, off: map[string]context.CancelFunc{}}
}

// serve serves a device, and returns the port.
func (d *door) serve(t *testing.T, address string, device *sim.Device) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, host := range trioNames {
			if !strings.Contains(r.Header.Get("Authorization"), `username="`+host+`"`) {
				continue
			}
			cut := d.way(host)
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(cut, cancel)()
			if cut.Err() == nil {
				device.ServeHTTP(w, r.WithContext(ctx))
			}
			if cut.Err() != nil {
				<-r.Context().Done()
				panic(http.ErrAbortHandler)
			}
			return
		}
		device.ServeHTTP(w, r) // asks for a login
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (d *door) way(host string) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cuts[host] == nil {
		d.cuts[host], d.off[host] = context.WithCancel(context.Background())
	}
	return d.cuts[host]
}

func (d *door) cut(host string) {
	d.way(host)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off[host]()
}

func (d *door) mend(host string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.cuts, host)
}

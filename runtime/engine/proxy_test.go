//go:build !nofleet

package engine

import (
	"net"
	"sync"
	"testing"
)

// proxy is a way between two members that can be cut: then it delivers nothing, and
// says nothing about that either.
type proxy struct {
	l      net.Listener
	target string

	mu    sync.Mutex
	open  *sync.Cond
	cut   bool
	ended bool
	conns []net.Conn
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target}
	p.open = sync.NewCond(&p.mu)
	go p.run()
	return p
}

func (p *proxy) address() string { return p.l.Addr().String() }

func (p *proxy) run() {
	for {
		in, err := p.l.Accept()
		if err != nil {
			return
		}
		go func() {
			if !p.pass(in) {
				return
			}
			out, err := net.Dial("tcp", p.target)
			if err != nil {
				in.Close()
				return
			}
			if !p.pass(out) {
				return
			}
			go p.copy(out, in)
			p.copy(in, out)
		}()
	}
}

// pass waits until the way is open, and takes note of a connection.
func (p *proxy) pass(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
	for p.cut && !p.ended {
		p.open.Wait()
	}
	if p.ended {
		c.Close()
	}
	return !p.ended
}

func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.cut && !p.ended {
			p.open.Wait()
		}
		p.mu.Unlock()
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

func (p *proxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	p.open.Broadcast()
}

func (p *proxy) close() {
	p.l.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, c := range p.conns {
		c.Close()
	}
	p.open.Broadcast()
}

// withProxies puts a way that can be cut between every two members.
func (c *trio) withProxies() *trio {
	c.proxies = map[string]*proxy{}
	for _, from := range trioNames {
		for _, to := range trioNames {
			if from != to {
				c.proxies[from+" "+to] = newProxy(c.t, c.members[to])
			}
		}
	}
	return c
}

// cut cuts a member off from the others, or mends that.
func (c *trio) cut(name string, cut bool) {
	for _, other := range trioNames {
		if other != name {
			c.proxies[name+" "+other].set(cut)
			c.proxies[other+" "+name].set(cut)
		}
	}
}

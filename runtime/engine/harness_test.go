//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// patience is how long a test waits for what is to come.
	patience = 60 * time.Second
	// The ports of these tests.
	firstPort, ports = 20_000, 12_000
)

// trio are three members in this process, on folders that outlive them.
type trio struct {
	t       testing.TB
	dir     string
	secret  []byte
	members map[string]string
	log     *logBook

	mu      sync.Mutex
	engines map[string]*Engine
	proxies map[string]*proxy // way from one member to another: "left right"
}

var trioNames = []string{"box", "left", "right"}

func newTrio(t testing.TB) *trio {
	c := &trio{t: t, dir: t.TempDir(), secret: newSecret(t), members: map[string]string{}, engines: map[string]*Engine{}, log: &logBook{}}
	for _, name := range trioNames {
		c.members[name] = freeAddress(t)
	}
	t.Cleanup(c.close)
	return c
}

// startTrio starts three members and waits until they answer.
func startTrio(t testing.TB) *trio {
	c := newTrio(t)
	c.startAll()
	return c
}

func (c *trio) startAll() {
	for _, name := range trioNames {
		c.start(name)
	}
	for _, name := range trioNames {
		c.answers(name)
	}
}

func (c *trio) start(name string) *Engine {
	c.t.Helper()
	members, advertise := c.members, ""
	if c.proxies != nil {
		members, advertise = map[string]string{name: c.members[name]}, "127.0.0.1:1"
		for _, other := range trioNames {
			if other != name {
				members[other] = c.proxies[name+" "+other].address()
			}
		}
	}
	e, err := Start(context.Background(), Config{
		Dir: filepath.Join(c.dir, name), Name: name, Members: members, Witnesses: []string{"box"}, Secret: c.secret,
		Clock: clock.Real(), Log: slog.New(c.log.at(name)), Advertise: advertise,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.engines[name] = e
	return e
}

func (c *trio) engine(name string) *Engine {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engines[name]
}

func (c *trio) stop(name string) {
	c.mu.Lock()
	e := c.engines[name]
	delete(c.engines, name)
	c.mu.Unlock()
	if e != nil {
		e.Close()
	}
}

func (c *trio) close() {
	var all sync.WaitGroup
	for _, name := range trioNames {
		all.Go(func() { c.stop(name) })
	}
	all.Wait()
	for _, p := range c.proxies {
		p.close()
	}
	if c.t.Failed() {
		c.t.Log(c.log.all())
	}
}

// tells waits until a member has logged text.
func (c *trio) tells(member, text string) {
	c.t.Helper()
	eventually(c.t, member+" does not log", func() error {
		for line := range strings.Lines(c.log.all()) {
			if strings.HasPrefix(line, member+": ") && strings.Contains(line, text) {
				return nil
			}
		}
		return fmt.Errorf("%q", text)
	})
}

// answers waits until a member gets answers for cells and logs.
func (c *trio) answers(name string) {
	c.t.Helper()
	e := c.engine(name)
	eventually(c.t, name+" gets no answer", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		for _, ask := range []func() (uint64, error){
			func() (uint64, error) { _, n, err := e.Last(ctx, "lease.none"); return n, err },
			func() (uint64, error) { _, n, err := e.Last(ctx, "none"); return n, err },
			func() (uint64, error) { _, n, err := e.Tail(ctx, "none"); return n, err },
		} {
			if _, err := ask(); err != nil {
				return err
			}
		}
		return nil
	})
}

// whole waits until a member has all that the others have: one that has lost its copy
// counts in no election before that, and another can't be spared.
func (c *trio) whole(name string) {
	c.t.Helper()
	eventually(c.t, name+" does not catch up", func() error {
		if !c.engine(name).server.whole() {
			return errors.New("it has not all")
		}
		return nil
	})
}

// put has a member put data into a cell, whatever stands there, and returns its number.
// What is on its way meanwhile may be taken first, and an election swallow a question.
func (c *trio) put(name, cell, data string) (seq uint64) {
	c.t.Helper()
	eventually(c.t, name+" puts nothing into "+cell, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		stands, last, err := c.engine(name).Last(ctx, cell)
		if seq = last; err == nil && string(stands) != data {
			seq, err = c.engine(name).CAS(ctx, cell, last, []byte(data))
		}
		return err
	})
	return seq
}

// leader is the member that leads the leases.
func (c *trio) leader() string {
	c.t.Helper()
	leader := ""
	eventually(c.t, "there is no leader", func() error {
		for _, name := range trioNames {
			if e := c.engine(name); e != nil {
				info := e.leases()
				if info.Cluster != nil && info.Cluster.Leader != "" && c.engine(info.Cluster.Leader) != nil {
					leader = info.Cluster.Leader
					return nil
				}
			}
		}
		return fmt.Errorf("none says so")
	})
	return leader
}

// alone is a cluster of one.
func alone(t testing.TB, dir string, secret []byte) (*Engine, error) {
	log := &logBook{}
	e, err := Start(context.Background(), Config{
		Dir: dir, Name: "left", Members: map[string]string{"left": freeAddress(t)}, Secret: secret, Clock: clock.Real(), Log: slog.New(log.at("left")),
	})
	if err == nil {
		t.Cleanup(e.Close)
		eventually(t, "no answer", func() error {
			_, _, err := e.Tail(t.Context(), "none")
			return err
		})
	}
	return e, err
}

func newSecret(t testing.TB) []byte {
	t.Helper()
	secret, err := NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// lastPort is the one that freeAddress gave last.
var lastPort atomic.Int32

// freeAddress is one at which nothing listens. The ports are none that a system gives by
// itself, to whom asks for any or connects: they stay free until they are used, also
// between two uses.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range ports {
		port := firstPort + (os.Getpid()*61+int(lastPort.Add(1)))%ports
		if l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// eventually waits until f finds nothing amiss.
func eventually(t testing.TB, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// logBook keeps what members log from the level of a warning on.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (b *logBook) at(member string) slog.Handler {
	return slog.NewTextHandler(writer(func(line []byte) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines = append(b.lines, member+": "+string(line))
	}), &slog.HandlerOptions{Level: slog.LevelInfo})
}

func (b *logBook) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "")
}

type writer func([]byte)

func (w writer) Write(data []byte) (int, error) { w(data); return len(data), nil }

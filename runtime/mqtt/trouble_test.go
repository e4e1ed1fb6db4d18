package mqtt

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	goruntime "runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// alone is a Bridge without a broker that runs already.
func alone(t *testing.T, addr string, tune ...func(*fakeHost)) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{t: t, log: new(syncBuffer), latest: make(map[string]string), addr: addr}
	b.host = newFakeHost(t, confOf(t, addr))
	for _, f := range tune {
		f(b.host)
	}
	b.start(Config{})
	return b
}

// freePort is an address on which nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (b *bench) lines(text string) int { return strings.Count(b.log.String(), text) }

// A broker that is away at the start, and goes later, is told of once each time. What
// scripts publish meanwhile is dropped, and states are sent anew.
func TestBrokerIsAway(t *testing.T) {
	addr := freePort(t)
	b := alone(t, addr)
	b.waitLog("connection refused")
	if sent, err := b.bridge.Publish(context.Background(), luaapi.Message{Topic: "lost", Payload: []byte("x")}); sent || err != nil {
		t.Error(sent, err)
	}
	up := func() *testBroker {
		s, _ := newBroker(t, addr, "")
		eventually(t, "online", func() bool { return kept(s, "hiklua/yard/status") == online }, b.log.String)
		return s
	}
	first := up()
	first.end()
	b.waitLog("shut down")
	second := up()
	if kept(second, "lost") != "" {
		t.Error("a message was kept for later")
	}
	if n := b.lines("connection refused"); n < 1 || n > 2 { // before the start, and perhaps after the end
		t.Errorf("%d times: %s", n, b.log)
	}
	if n := b.lines("connected with"); n != 2 {
		t.Errorf("%d times: %s", n, b.log)
	}
}

// kept is what a broker keeps for a topic.
func kept(s *testBroker, topic string) string {
	if p, ok := s.Topics.Retained.Get(topic); ok {
		return string(p.Payload)
	}
	return ""
}

// The last will says that the host is gone when the connection breaks.
func TestLastWill(t *testing.T) {
	b := newBench(t, withYard)
	b.wait("hiklua/yard/status", online)
	b.bridge.mu.Lock()
	conn := b.bridge.link.conn
	b.bridge.mu.Unlock()
	conn.Conn.Close()
	b.wait("hiklua/yard/status", offline)
	b.wait("hiklua/yard/status", online)
}

func TestLoginIsRefused(t *testing.T) {
	_, addr := newBroker(t, "127.0.0.1:0", "right")
	b := alone(t, addr, func(h *fakeHost) {
		h.site.MQTT.Username, h.site.MQTT.Password = "u", isapi.NewSecret("hunter2")
	})
	b.waitLog("refuses the user name or the password")
	if log := b.log.String(); !strings.Contains(log, "check mqtt.username and mqtt.password") || strings.Count(log, "\n") != 1 || strings.Contains(log, "hunter2") {
		t.Error(log)
	}
	if d := new(backoff).next(&Failure{Refused: true}, 0); d < refusedWait/2 || d > refusedWait {
		t.Error(d)
	}
	began := time.Now()
	b.bridge.Close()
	if d := time.Since(began); d > 5*time.Second {
		t.Error("Close took", d)
	}
}

// rawBroker lets a client in, and then does what serve says.
func rawBroker(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 4096))
				conn.Write([]byte{0x20, 3, 0, 0, 0}) // CONNACK, no properties
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// A packet of 10 MB, or one that says it has 200 MB, ends the connection before there
// is room made for it.
func TestPacketsThatAreTooLarge(t *testing.T) {
	addr := rawBroker(t, func(conn net.Conn) {
		conn.Write([]byte{0x30, 0x80, 0x80, 0x80, 0x05}) // PUBLISH, 10 MB
		io.Copy(conn, bytes.NewReader(make([]byte, 10<<20)))
	})
	b := alone(t, addr)
	b.waitLog("sends a packet of more than")
	b.bridge.Close()
}

// Nonsense of a broker ends the connection, and nothing else.
func TestNonsense(t *testing.T) {
	var seed atomic.Uint64
	addr := rawBroker(t, func(conn net.Conn) {
		random := rand.New(rand.NewPCG(1, seed.Add(1)))
		packet := make([]byte, 2+random.IntN(100))
		for i := range packet {
			packet[i] = byte(random.Uint32())
		}
		packet[1] = byte(len(packet) - 2)
		conn.Write(packet)
		conn.Read(make([]byte, 4096))
	})
	conf := confOf(t, addr)
	for range 100 {
		host := newFakeHost(t, conf)
		b := New(Config{Clock: clock.Real(), Log: slog.New(slog.DiscardHandler)})
		b.host = host
		ended := make(chan error, 1)
		go func() { ended <- b.live(conf, new(story)) }()
		select {
		case <-ended:
		case <-time.After(20 * time.Millisecond): // it took it for a packet
			b.Close()
			select {
			case <-ended:
			case <-time.After(patience):
				buf := make([]byte, 1<<20)
				t.Fatalf("it hangs\n%s", buf[:goruntime.Stack(buf, true)])
			}
		}
		b.cancel()
	}
}

// A broker that takes nothing holds up neither scripts nor the end.
func TestBrokerThatTakesNothing(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	addr := rawBroker(t, func(conn net.Conn) {
		conn.(*net.TCPConn).SetReadBuffer(4096)
		conn.Write([]byte{0x90, 6, 0, 1, 0, 0, 0, 0}) // SUBACK of the first packet
		<-stop
	})
	b := alone(t, addr, func(h *fakeHost) { h.site.MQTT.Discovery = "off" })
	dropped := 0
	big := luaapi.Message{Topic: "big", Payload: make([]byte, luaapi.MaxMessage)}
	for range 200 {
		sent, err := b.bridge.Publish(context.Background(), big)
		if err != nil {
			t.Fatal(err)
		}
		if !sent {
			dropped++
		}
	}
	if dropped < 50 {
		t.Error(dropped, "dropped", b.log)
	}
	began := time.Now()
	b.bridge.Close()
	if d := time.Since(began); d > 10*time.Second {
		t.Error("Close took", d)
	}
}

// A flood of messages reaches scripts so fast and no faster; the log says so once.
func TestFlood(t *testing.T) {
	b := newBench(t, func(b *bench) { b.host.topics = []string{"flood/#"} })
	b.wait("hiklua/yard/status", online)
	eventually(t, "the first", func() bool { b.send("flood/x", "0", false); return len(b.host.told()) > 0 }, b.all)
	for i := range 4 * maxPerSecond {
		b.broker.Publish(fmt.Sprintf("flood/%d", i), []byte("x"), false, 0)
	}
	b.waitLog("come faster than scripts can be told of them")
	if n := b.lines("come faster"); n != 1 {
		t.Error(n, b.log)
	}
	if n := len(b.host.told()); n > 3*maxPerSecond {
		t.Error(n, "told")
	}
}

// A queue that is full drops, and the log says so once.
func TestScriptsThatPublishTooFast(t *testing.T) {
	l := &link{bridge: New(Config{Clock: clock.Real(), Log: slog.New(slog.DiscardHandler)}), out: make(chan luaapi.Message, maxWaiting)}
	log := new(syncBuffer)
	l.bridge.conf.Log = slog.New(slog.NewTextHandler(log, nil))
	for i := range 2 * maxWaiting {
		if sent, err := l.enqueue(luaapi.Message{Topic: "x"}); sent != (i < maxWaiting) || err != nil {
			t.Fatal(i, sent, err)
		}
	}
	l.tellDropped()
	l.enqueue(luaapi.Message{Topic: "x"})
	l.tellDropped()
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, fmt.Sprint("dropped=", maxWaiting)) {
		t.Error(text)
	}
	l.most = 1000
	if sent, err := l.enqueue(luaapi.Message{Topic: "x", Payload: make([]byte, 1000)}); sent || err == nil {
		t.Error(sent, err)
	}
}

package mqtt

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// patience is how long a test waits for what has to come.
const patience = 60 * time.Second

// eventually waits until something holds, and fails with what was seen if it does not.
func eventually(t *testing.T, what string, holds func() bool, seen ...func() string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			text := ""
			for _, s := range seen {
				text += "\n" + s()
			}
			t.Fatalf("%s: not within %v%s", what, patience, text)
		}
	}
}

// fakeHost is a site without devices behind it.
type fakeHost struct {
	mu        sync.Mutex
	site      *site.Site
	status    runtime.Status
	topics    []string
	delivered []string
	asked     []string
	presets   map[string][]isapi.Preset
	hang      chan struct{} // closed: commands go on
}

func newFakeHost(t *testing.T, conf *site.MQTT) *fakeHost {
	return &fakeHost{
		site:    &site.Site{Dir: t.TempDir(), MQTT: conf, Timezone: time.UTC},
		status:  runtime.Status{Version: "1.2.3"},
		presets: make(map[string][]isapi.Preset),
	}
}

func (h *fakeHost) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func (h *fakeHost) Site() *site.Site {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.site
}

func (h *fakeHost) Status() runtime.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status
}

func (h *fakeHost) Topics() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.topics
}

func (h *fakeHost) Deliver(m luaapi.Message) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delivered = append(h.delivered, fmt.Sprintf("%s %d %v", m.Topic, len(m.Payload), m.Retain))
	return 1
}

func (h *fakeHost) ask(ctx context.Context, what string) error {
	h.mu.Lock()
	h.asked = append(h.asked, what)
	hang := h.hang
	h.mu.Unlock()
	if hang == nil {
		return nil
	}
	select {
	case <-hang:
		return nil
	case <-ctx.Done():
		return clock.Cause(ctx)
	}
}

func (h *fakeHost) said() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string{}, h.asked...)
}

func (h *fakeHost) told() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string{}, h.delivered...)
}

func (h *fakeHost) StartJob(ctx context.Context, name string) error { return h.ask(ctx, "run "+name) }
func (h *fakeHost) StopHead(ctx context.Context, device string, channel int) error {
	return h.ask(ctx, fmt.Sprintf("stop %s/%d", device, channel))
}
func (h *fakeHost) RecallPreset(ctx context.Context, device string, channel, preset int) error {
	return h.ask(ctx, fmt.Sprintf("preset %s/%d %d", device, channel, preset))
}
func (h *fakeHost) Presets(_ context.Context, device string, channel int) ([]isapi.Preset, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.presets[fmt.Sprintf("%s/%d", device, channel)], nil
}
func (h *fakeHost) Picture(_ context.Context, device string, channel int) ([]byte, error) {
	return fmt.Appendf(nil, "picture of %s/%d", device, channel), nil
}

// bench is a host, a Bridge and a broker of its own.
type bench struct {
	t      *testing.T
	host   *fakeHost
	bridge *Bridge
	log    *syncBuffer
	broker *testBroker
	addr   string

	mu     sync.Mutex
	seen   []string          // messages, in their order
	latest map[string]string // payloads by topic
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// door lets those in who have the password; "": everybody.
type door struct {
	broker.HookBase
	password string
	most     atomic.Uint32 // bytes of a packet, as clients are told; 0: nothing
}

func (d *door) ID() string { return "door" }
func (d *door) Provides(b byte) bool {
	return b == broker.OnConnectAuthenticate || b == broker.OnACLCheck || b == broker.OnPacketEncode
}
func (d *door) OnPacketEncode(_ *broker.Client, p packets.Packet) packets.Packet {
	if p.FixedHeader.Type == packets.Connack {
		p.Properties.MaximumPacketSize = d.most.Load()
	}
	return p
}
func (d *door) OnConnectAuthenticate(_ *broker.Client, p packets.Packet) bool {
	return d.password == "" || string(p.Connect.Password) == d.password
}
func (d *door) OnACLCheck(*broker.Client, string, bool) bool { return true }

// testBroker is a broker that can be ended more than once.
type testBroker struct {
	*broker.Server
	door *door
	end  func()
}

// newBroker starts a broker on an address; port 0 is any.
func newBroker(t *testing.T, address, password string) (*testBroker, string) {
	t.Helper()
	s := broker.New(&broker.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	d := &door{password: password}
	if err := s.AddHook(d, nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: address})
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	b := &testBroker{Server: s, door: d, end: sync.OnceFunc(func() { s.Close() })}
	t.Cleanup(b.end)
	return b, l.Address()
}

// confOf is the broker at an address as site.yaml has it.
func confOf(t *testing.T, addr string) *site.MQTT {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	conf := &site.MQTT{Host: host, Discovery: site.DiscoveryHomeAssistant, Topic: "hiklua/yard"}
	fmt.Sscan(port, &conf.Port)
	return conf
}

// newBench starts all of it, unless there is no host yet.
func newBench(t *testing.T, tune ...func(*bench)) *bench {
	t.Helper()
	t.Parallel() // most of the time is waiting
	b := &bench{t: t, log: new(syncBuffer), latest: make(map[string]string)}
	b.broker, b.addr = newBroker(t, "127.0.0.1:0", "")
	b.host = newFakeHost(t, confOf(t, b.addr))
	if err := b.broker.Subscribe("#", 1, func(_ *broker.Client, _ packets.Subscription, pk packets.Packet) {
		if strings.HasPrefix(pk.TopicName, "$") {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seen = append(b.seen, pk.TopicName+" "+string(pk.Payload))
		b.latest[pk.TopicName] = string(pk.Payload)
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range tune {
		f(b)
	}
	b.start(Config{})
	return b
}

// start begins a new life of the Bridge.
func (b *bench) start(conf Config) {
	conf.Clock, conf.Log, conf.Version = clock.Real(), slog.New(slog.NewTextHandler(b.log, nil)), "1.2.3"
	b.bridge = New(conf)
	b.bridge.every = 100 * time.Millisecond
	b.bridge.Start(b.host)
	b.t.Cleanup(b.bridge.Close)
}

// at is what was last published on a topic.
func (b *bench) at(topic string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest[topic]
}

func (b *bench) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.seen, "\n") + "\n" + b.log.String()
}

// wait waits for what a topic has.
func (b *bench) wait(topic, payload string) {
	b.t.Helper()
	eventually(b.t, topic+" is "+payload, func() bool { return b.at(topic) == payload }, b.all)
}

// send publishes something as another client.
func (b *bench) send(topic, payload string, retain bool) {
	b.t.Helper()
	if err := b.broker.Publish(topic, []byte(payload), retain, 1); err != nil {
		b.t.Fatal(err)
	}
}

// waitLog waits for a text in the log.
func (b *bench) waitLog(text string) {
	b.t.Helper()
	eventually(b.t, text, func() bool { return strings.Contains(b.log.String(), text) }, b.all)
}

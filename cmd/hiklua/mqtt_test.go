package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// openDoor is a broker's list of accounts that lets everybody in.
type openDoor struct{ mochi.HookBase }

func (*openDoor) ID() string { return "open" }
func (*openDoor) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (*openDoor) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (*openDoor) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

// newTestBroker is a broker at an address of this machine.
func newTestBroker(t *testing.T) (*mochi.Server, string) {
	t.Helper()
	b := mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := b.AddHook(new(openDoor), nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	if err := b.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, l.Address()
}

// A running host is on the broker, does what it is told there, and says farewell;
// programs publish over its connection, or one of their own.
func TestRunWithMQTT(t *testing.T) {
	t.Parallel()
	b, addr := newTestBroker(t)
	kept := func(topic string) string {
		if p, ok := b.Topics.Retained.Get(topic); ok {
			return string(p.Payload)
		}
		return ""
	}
	waitKept := func(topic, want string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); kept(topic) != want; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s is %q, not %q", topic, kept(topic), want)
			}
		}
	}
	site := fmt.Sprintf(`timezone: UTC
devices: {gate: {simulate: ptz, channels: {yard: {address: 1}}}}
mqtt: {broker: "mqtt://%s", topic: hiklua/test}
`, addr)
	p := start(t, map[string]string{"site.yaml": site, "scripts/a.lua": `
hik.every("1d", {name = "tour"}, function() print("the tour runs") end)
hik.on("mqtt:door", function(m) print("door", m.payload) end)
`}, "run")
	p.logs("connected with the MQTT broker")
	waitKept("hiklua/test/device/gate/state", "online")
	if text := kept("homeassistant/device/hiklua_test/site/config"); !strings.Contains(text, "a/tour") {
		t.Error(text)
	}
	for _, m := range []struct{ topic, payload, log string }{
		{"hiklua/test/job/a/tour/run", "PRESS", "the tour runs"},
		{"door", "open", "door\topen"},
		{"hiklua/test/device/gate/1/stop", "PRESS", "stop of a head by mqtt"},
	} {
		if err := b.Publish(m.topic, []byte(m.payload), false, 1); err != nil {
			t.Fatal(err)
		}
		p.logs(m.log)
	}
	for _, args := range [][]string{{"exec", "-e", `print(hik.mqtt.publish("out", "in the host", {retain = true}))`}, {"exec", "--alone", "-e", `print(hik.mqtt.publish("alone", "beside it", {retain = true}))`}} {
		if out, errs, _ := p.ask("", args...); out != "true\n" {
			t.Error(args, out, errs)
		}
	}
	waitKept("out", "in the host")
	waitKept("alone", "beside it")
	if out, errs, _ := p.ask("", "exec", "--simulate", "-e", `print(hik.mqtt.publish("never", "x", {retain = true}))`); out != "true\n" || !strings.Contains(errs, "would publish") || kept("never") != "" {
		t.Error(out, errs)
	}
	if kept("hiklua/test/status") != "online" {
		t.Error("a program beside the host has changed its status")
	}
	p.signal(os.Interrupt)
	p.ends()
	waitKept("hiklua/test/status", "offline")
}

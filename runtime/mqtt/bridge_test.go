package mqtt

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/journal"
)

// withYard gives the host a device with a head and a job.
func withYard(b *bench) {
	next := time.Date(2026, 3, 4, 12, 0, 0, 500, time.UTC)
	b.host.status.Devices = []runtime.DeviceStatus{{
		Status:   device.Status{Name: "gate", State: "online", Events: "flowing", Model: "DS-2DE4425IW", Firmware: "V5.7"},
		Channels: []runtime.ChannelStatus{{ID: 1, Name: "yard", Head: new(true)}},
	}}
	b.host.status.Jobs = []runtime.JobStatus{
		{Script: "patrol", Name: "round #1", Kind: "cron", Next: &next},
		{Script: "patrol", Name: "on gate:motion", Kind: "on"},
	}
	b.host.presets["gate/1"] = []isapi.Preset{{ID: 1, Name: "door"}, {ID: 2}}
}

const (
	yard  = "hiklua/yard/device/gate/1/"
	round = "hiklua/yard/job/patrol/"
)

// What the site has is on the broker, and what happens there follows.
func TestStates(t *testing.T) {
	b := newBench(t, withYard)
	b.wait("hiklua/yard/status", "online")
	b.wait("hiklua/yard/device/gate/state", "online")
	b.wait("hiklua/yard/device/gate/events", "flowing")
	b.wait(yard+"motion", "OFF")
	b.wait(yard+"preset", "None")
	b.wait(round+slug("round #1"), `{"last":null,"next":"2026-03-04T12:00:00Z","outcome":null,"error":null,"running":0}`)

	b.bridge.Record(journal.Entry{Kind: journal.Event, Device: "gate", Channel: 1, What: "motion", Detail: "start"})
	b.wait(yard+"motion", "ON")
	b.bridge.Record(journal.Entry{Kind: journal.Event, Device: "gate", Channel: 1, What: "motion", Detail: "stop"})
	b.wait(yard+"motion", "OFF")
	eventually(t, "the preset has a name", func() bool { return len(b.bridge.book.labels(head{"gate", 1})) == 2 })
	b.bridge.Record(journal.Entry{Device: "gate", Channel: 1, What: "preset", Detail: "1", Head: true})
	b.wait(yard+"preset", "door")
	b.bridge.Record(journal.Entry{Device: "gate", Channel: 1, What: "ptz_move", Detail: "40 0 0", Head: true})
	b.wait(yard+"preset", "None")

	began := time.Date(2026, 3, 4, 12, 0, 1, 0, time.UTC)
	b.host.change(func() {
		b.host.status.Devices = nil
		b.host.status.Jobs = []runtime.JobStatus{{Script: "patrol", Name: "round #1", Last: &runtime.RunStatus{
			Started: &began, Outcome: "failed", Error: &runtime.ErrorStatus{Message: "no\nanswer"},
		}}}
	})
	b.wait(round+slug("round #1"), `{"last":"2026-03-04T12:00:01Z","next":null,"outcome":"failed","error":"no answer","running":0}`)
	b.wait(yard+"motion", "")
	b.wait("hiklua/yard/device/gate/state", "")
	if all := b.all(); strings.Contains(all, "on_gate") {
		t.Error("a handler is told of:", all)
	}
	b.bridge.Close()
	b.wait("hiklua/yard/status", "offline")
}

// Commands do what people do by hand; what the broker had kept does nothing.
func TestCommands(t *testing.T) {
	b := newBench(t, withYard, func(b *bench) {
		b.send(yard+"stop", "PRESS", true)
		b.send(round+slug("round #1")+"/run", "PRESS", true)
	})
	b.wait(yard+"preset", "None")
	eventually(t, "the preset has a name", func() bool { return len(b.bridge.book.labels(head{"gate", 1})) == 2 })
	b.send(yard+"preset/set", "door", false)
	b.send(yard+"preset/set", "Preset 2", false)
	b.send(yard+"preset/set", "7", false)
	b.send(yard+"stop", "PRESS", false)
	b.send(round+slug("round #1")+"/run", "PRESS", false)
	want := []string{"preset gate/1 1", "preset gate/1 2", "preset gate/1 7", "stop gate/1", "run patrol/round #1"}
	eventually(t, "all commands", func() bool { return len(b.host.said()) >= len(want) }, b.all)
	for _, w := range want {
		if !strings.Contains(strings.Join(b.host.said(), "\n"), w) {
			t.Error(w, b.host.said())
		}
	}
	b.send(yard+"preset/set", "nowhere", false)
	b.waitLog("the head has no preset of that name")
	b.send(yard+"stop", "now!", false)
	b.waitLog("a button sends PRESS")
	b.send("hiklua/yard/job/patrol/none/run", "PRESS", false)
	b.waitLog("is for something that is not there")
	// A script that listens to all has the broker send what it keeps once more.
	b.host.change(func() { b.host.topics = []string{"hiklua/yard/#"} })
	b.bridge.Record(journal.Entry{Kind: journal.Script, Script: "a", What: "reloaded"})
	eventually(t, "what was kept", func() bool { return strings.Contains(strings.Join(b.host.told(), "\n"), yard+"stop 5 true") }, b.all)
	if said := b.host.said(); len(said) != len(want) {
		t.Error(said)
	}
}

// Commands that hang hold up neither the others, of which there are so many, nor the
// end.
func TestCommandsThatHang(t *testing.T) {
	b := newBench(t, withYard)
	b.wait(yard+"preset", "None")
	b.host.change(func() { b.host.hang = make(chan struct{}) })
	for range maxCommands + 3 {
		b.send(yard+"stop", "PRESS", false)
	}
	b.waitLog("too many are under way")
	b.bridge.Record(journal.Entry{Kind: journal.Event, Device: "gate", Channel: 1, What: "motion", Detail: "start"})
	b.wait(yard+"motion", "ON")
	began := time.Now()
	b.bridge.Close()
	if d := time.Since(began); d > 10*time.Second {
		t.Error("Close took", d)
	}
	b.wait("hiklua/yard/status", "offline")
}

// Messages of scripts go out, and come in once, however many topics they fit.
func TestMessages(t *testing.T) {
	b := newBench(t, func(b *bench) {
		b.host.topics = []string{"#", "door/+", "door/gate"}
		b.send("door/gate", "kept", true)
	})
	ctx := context.Background()
	sent, err := b.bridge.Publish(ctx, luaapi.Message{Topic: "out", Payload: []byte("x"), QoS: 1})
	if !sent || err != nil { // it waits for the connection
		t.Fatal(sent, err, b.all())
	}
	b.wait("out", "x")
	b.send("door/gate", "open", false)
	eventually(t, "the message", func() bool { return strings.Contains(strings.Join(b.host.told(), "\n"), "door/gate 4 false") }, b.all)
	n := 0
	for _, line := range b.host.told() {
		if line == "door/gate 4 false" || line == "door/gate 4 true" {
			n++
		}
	}
	if n != 2 {
		t.Error(n, b.host.told())
	}
	b.host.change(func() { b.host.topics = []string{"other"} })
	b.bridge.Record(journal.Entry{Kind: journal.Script, Script: "a", What: "reloaded"})
	eventually(t, "other topics", func() bool {
		b.send("other", "1", false)
		return strings.Contains(strings.Join(b.host.told(), "\n"), "other 1 false")
	}, b.all)
}

// Without a broker in site.yaml there is no connection, until there is one; another
// broker, and none, are taken over while the host runs.
func TestBrokerChanges(t *testing.T) {
	b := newBench(t, withYard, func(b *bench) { b.host.site.MQTT = nil })
	if sent, err := b.bridge.Publish(context.Background(), luaapi.Message{Topic: "x"}); sent || err != nil {
		t.Error(sent, err)
	}
	set := func(topic string) {
		s, conf := *b.host.Site(), *confOf(t, b.addr)
		s.MQTT = &conf
		if conf.Topic = topic; topic == "" {
			s.MQTT = nil
		}
		b.host.change(func() { b.host.site = &s })
	}
	set("one")
	b.wait("one/status", "online")
	set("two")
	b.wait("two/status", "online")
	b.wait("one/status", "offline")
	set("")
	b.wait("two/status", "offline")
}

// Beside the host that runs the site nothing is said of it, and there is no
// connection before a script needs one.
func TestScriptsAlone(t *testing.T) {
	b := newBench(t, withYard)
	b.wait("hiklua/yard/status", "online")
	own := b.bridge
	b.start(Config{Scripts: true})
	clients := func() int { return b.broker.Clients.Len() }
	before := clients()
	sent, err := b.bridge.Publish(context.Background(), luaapi.Message{Topic: "out", Payload: []byte("x")})
	if !sent || err != nil || clients() != before+1 {
		t.Error(sent, err, before, clients())
	}
	b.bridge.Close()
	b.wait("out", "x")
	if b.at("hiklua/yard/status") != "online" {
		t.Error(b.all())
	}
	own.Close()
	b.wait("hiklua/yard/status", "offline")
}

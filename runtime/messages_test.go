package runtime

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/journal"
)

const withBroker = "timezone: UTC\ndevices: {}\nmqtt: {broker: mqtt://192.0.2.5, username: u, password: hunter22}\n"

// A message goes to those who listen to its topic, and to no others, a task each.
func TestMessages(t *testing.T) {
	w := newWorld(t, withBroker, map[string]string{"scripts/a.lua": `
		hik.on("mqtt:door/+/state", {overlap = "allow"}, function(m) print("one", m.topic, m.json.open, m.retained) end)
		hik.on("mqtt:#", {name = "all"}, function(m, run) print("all", run.event) hik.sleep(1) end)
		hik.on("mqtt:door/gate/state", {name = "exact"}, function(m) print("exact", #m.payload) end)
		hik.on("other", function(v) print("other") end)
		hik.after(3, function() print(hik.mqtt.publish("out", {n = 1, secret = "hunter22"}, {qos = 1, retain = true})) end)
	`})
	var sent []luaapi.Message
	w.host.conf.Publish = func(_ context.Context, m luaapi.Message) (bool, error) {
		sent = append(sent, m)
		return len(sent) > 1, nil
	}
	w.start()
	w.at(time.Second)
	if topics := w.host.Topics(); fmt.Sprint(topics) != "[# door/+/state door/gate/state]" {
		t.Error(topics)
	}
	message := luaapi.Message{Topic: "door/gate/state", Payload: []byte(`{"open": true}`), Retain: true}
	if n := w.host.Deliver(message); n != 3 {
		t.Error(n, "told")
	}
	if n := w.host.Deliver(luaapi.Message{Topic: "$SYS/uptime"}); n != 0 {
		t.Error(n, "told")
	}
	w.at(2 * time.Second)
	w.host.Deliver(luaapi.Message{Topic: "gate"}) // "all" still sleeps
	w.at(4 * time.Second)
	w.wantPrinted("all\tmqtt:door/gate/state", "one\tdoor/gate/state\ttrue\ttrue", "exact\t14", "all\tmqtt:gate", "false")
	if len(sent) != 1 || string(sent[0].Payload) != `{"n":1,"secret":"hunter22"}` || sent[0].QoS != 1 || !sent[0].Retain {
		t.Errorf("%+v", sent)
	}
	var lines []string
	for _, e := range w.record {
		if e.Kind == journal.Event || e.Kind == journal.Notice {
			lines = append(lines, fmt.Sprint(e.Kind, " ", e.What, " ", e.Detail, " ", e.Script))
		}
	}
	wantLines(t, "record", lines, "event mqtt:door/gate/state  ", "event mqtt:gate  ", `notice mqtt:out {"n":1,"secret":"***"} a`)
}

// What comes while a script is reloaded is not lost; a script that needs a broker
// is tried anew once the site has one.
func TestMessagesAndReloads(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices: {}\n", map[string]string{"scripts/a.lua": `
		hik.on("mqtt:a", {name = "a", overlap = "allow"}, function(m) print(m.payload) end)
		hik.on_stop(function() hik.sleep(3) end)
	`})
	w.start()
	w.at(time.Second)
	if log := w.log.String(); !strings.Contains(log, "the site has no MQTT broker") {
		t.Error(log)
	}
	w.write("site.yaml", withBroker)
	w.sync()
	w.run(5 * time.Second)
	if n := w.host.Deliver(luaapi.Message{Topic: "a", Payload: []byte("first")}); n != 1 {
		t.Error(n, "told")
	}
	w.run(time.Second)
	w.write("scripts/a.lua", `hik.on("mqtt:a", {name = "a"}, function(m) print("new", m.payload) end)`)
	w.clk.Go(func() { w.host.Sync(context.Background()) })
	w.run(time.Second)
	w.host.Deliver(luaapi.Message{Topic: "a", Payload: []byte("second")})
	w.run(5 * time.Second)
	w.wantPrinted("first", "new\tsecond")
}

// Without a way to the broker the log says what would be sent; a message can be
// told of by hand.
func TestMessagesThatStayHere(t *testing.T) {
	w := newWorld(t, withBroker, map[string]string{"scripts/a.lua": `
		hik.on("mqtt:a/+", {overlap = "allow"}, function(m) hik.mqtt.publish("b", m.payload) end)
	`})
	w.start()
	w.at(time.Second)
	for _, value := range []any{"text", 7.0, nil, luaapi.EmittedValue(map[string]any{"list": []any{1.0, "x", map[string]any{}}})} {
		if n, err := w.host.Emit("mqtt:a/b", value); n != 1 || err != nil {
			t.Error(n, err)
		}
		w.run(time.Second)
	}
	if _, err := w.host.Emit("mqtt:a/#", nil); err == nil {
		t.Error("no error")
	}
	for _, want := range []string{`text=text`, `text=7`, `text=""`, `text="{\"list\":[1,\"x\",{}]}"`} {
		if log := w.log.String(); !strings.Contains(log, want) {
			t.Error(want, log)
		}
	}
}

package luaapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

const (
	// MaxMessage bounds what a message of MQTT carries, in bytes.
	MaxMessage = 1 << 20
	// maxTopic bounds a topic, in bytes. MQTT itself takes 65535.
	maxTopic = 1024
	// MessageEvent is before a topic where the name of an event is due.
	MessageEvent = "mqtt:"
)

// Message is one of MQTT.
type Message struct {
	Topic   string
	Payload []byte // nothing may change it
	QoS     byte   // 0 or 1
	Retain  bool   // the broker keeps it for those who come later; of one that came in: it was kept
}

// NoBroker is the error of a site that has no broker.
func NoBroker() error {
	return &Failure{Kind: "misuse", Message: "the site has no MQTT broker", Hint: "site.yaml needs one, such as mqtt: {broker: mqtt://192.0.2.5}"}
}

var publishOptions = []Option{
	{Name: "retain", Type: "boolean", Doc: "the broker keeps the message for those who come later, one for each topic; an empty one takes it away"},
	{Name: "qos", Type: "integer", Min: 0, Max: 1, Doc: "1: the broker has to say that it has it; default 0"},
}

var mqttEntries = []entry{
	{
		name: "publish", args: "topic, value, {retain=, qos=}", options: publishOptions, result: "boolean",
		doc: "sends a message to the MQTT broker of site.yaml: a text or a number as it stands, a table as JSON, a snapshot as its picture, at most 1 MB; false: the broker is away or asked for too much, and the message is dropped",
		fn:  publish,
	},
}

func publish(c *call) int {
	c.atMost(3)
	m := Message{Topic: c.text(0, "the topic")}
	if err := CheckTopic(m.Topic); err != nil {
		c.misuse("%v", err)
	}
	o := c.options(2, publishOptions)
	m.Retain, m.QoS = o.bool("retain", false), byte(o.int("qos"))
	m.Payload = c.payload(1)
	if err := c.m.script.Broker(); err != nil {
		c.refuse(err)
	}
	sent := false
	c.wait(func(ctx context.Context) (err error) {
		sent, err = c.m.script.Publish(ctx, m)
		return err
	})
	return c.push(lua.LBool(sent))
}

// payload is what a message carries.
func (c *call) payload(i int) (data []byte) {
	switch v := c.arg(i).(type) {
	case lua.LString:
		data = []byte(v)
	case lua.LNumber, lua.LBool:
		data = []byte(v.String())
	default:
		if snap, ok := c.m.selfOf(c.m.kind("snapshot"), v).(*snapshot); ok {
			data = c.m.picture(c.L, snap)
			break
		}
		if _, ok := v.(*lua.LTable); !ok {
			c.wrong("the value", "a string, a number, a boolean, a table or a snapshot", v)
		}
		text, err := encodeJSON(c.L, v, "")
		if err != nil {
			c.misuse("%v", err)
		}
		data = []byte(text)
	}
	if len(data) > MaxMessage {
		c.misuse("the message has %d bytes, and %d MB is the most", len(data), MaxMessage>>20)
	}
	return data
}

// onMessage is hik.on for "mqtt:TOPIC".
func (c *call) onMessage(filter string) int {
	if err := CheckTopicFilter(filter); err != nil {
		c.misuse("%v", err)
	}
	if err := c.m.script.Broker(); err != nil {
		c.refuse(err)
	}
	spec := EventSpec{Type: MessageEvent + filter}
	return c.addJob(JobSpec{Kind: "on", When: spec.Type, Event: &spec}, eventOptions)
}

// CheckTopic says why a text is no topic that a message can have; nil: it is one.
func CheckTopic(topic string) error {
	if strings.ContainsAny(topic, "+#") {
		return fmt.Errorf("the topic %q has + or # in it: those are for hik.on", topic)
	}
	return checkTopicText(topic)
}

// CheckTopicFilter says why a text is none that topics are compared with; nil: it
// is one.
func CheckTopicFilter(filter string) error {
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "+" || level == "#" && i == len(levels)-1:
		case strings.ContainsAny(level, "+#"):
			return fmt.Errorf("the topic %q: + stands for a whole word between two /, and # for all that comes, at the end", filter)
		}
	}
	if strings.HasPrefix(filter, "$share/") {
		return fmt.Errorf("the topic %q is shared with other programs, which this one does not do", filter)
	}
	return checkTopicText(filter)
}

func checkTopicText(topic string) error {
	switch {
	case topic == "":
		return errors.New("the topic is an empty string")
	case len(topic) > maxTopic:
		return fmt.Errorf("the topic is longer than %d bytes", maxTopic)
	case !utf8.ValidString(topic) || strings.ContainsFunc(topic, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("the topic %q has a control character in it, or is no UTF-8", topic)
	}
	return nil
}

// TopicMatches reports whether a topic is one of those that a filter stands for.
func TopicMatches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && !strings.HasPrefix(filter, "$") {
		return false // the broker's own are for those who ask for them
	}
	for {
		want, restWant, moreWanted := strings.Cut(filter, "/")
		if want == "#" {
			return true
		}
		have, rest, more := strings.Cut(topic, "/")
		switch {
		case want != "+" && want != have:
			return false
		case !more:
			return !moreWanted || restWant == "#" // a/# is a, too
		case !moreWanted:
			return false
		}
		filter, topic = restWant, rest
	}
}

// messageOf is the message that a handler is told of. A run by hand has none: it
// gets an empty one.
func messageOf(f Firing) (m Message, ok bool) {
	filter, ok := strings.CutPrefix(f.Event.Type, MessageEvent)
	if m, told := f.Value.(Message); told {
		return m, true
	}
	return Message{Topic: filter}, ok
}

// messageTable is a message as scripts have it. Where the payload is no JSON, json
// is nil.
func messageTable(L *lua.LState, m Message) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("topic", lua.LString(m.Topic))
	t.RawSetString("payload", lua.LString(m.Payload))
	t.RawSetString("retained", lua.LBool(m.Retain))
	r := jsonReader{interruptible: interruptible{L: L}, s: string(m.Payload)}
	if v, err := r.document(); err == nil {
		t.RawSetString("json", v)
	}
	return t
}

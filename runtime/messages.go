package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/journal"
)

// maxNamedTopic bounds what is on record of a topic, in bytes.
const maxNamedTopic = 200

// Broker implements luaapi.Services.
func (s *script) Broker() error {
	s.seen.noteBroker()
	if s.host.site().MQTT == nil {
		return luaapi.NoBroker()
	}
	return nil
}

// Publish implements luaapi.Services.
func (s *script) Publish(ctx context.Context, m luaapi.Message) (sent bool, err error) {
	h := s.host
	text := payloadText(m.Payload)
	h.record(taskIn(ctx).by(journal.Entry{Kind: journal.Notice, Time: h.clk.Now(), What: onRecord(m.Topic), Detail: h.firstWords(text)}))
	if h.conf.Notified != nil {
		h.conf.Notified(s.name, luaapi.MessageEvent+m.Topic, luaapi.Notice{Text: text})
	}
	if h.conf.Publish == nil {
		s.Log(ctx, slog.LevelInfo, "would publish; nothing is sent where devices are simulated", slog.String("topic", m.Topic), slog.String("text", h.firstWords(text)))
		return true, nil
	}
	return h.conf.Publish(ctx, m)
}

// payloadText is what a message carries as people read it.
func payloadText(payload []byte) string {
	if !utf8.Valid(payload) {
		return fmt.Sprintf("%d bytes", len(payload))
	}
	return string(payload)
}

// onRecord is a topic as the record has it.
func onRecord(topic string) string {
	if len(topic) > maxNamedTopic {
		topic = strings.ToValidUTF8(topic[:maxNamedTopic], "") + "..."
	}
	return journal.Message + topic
}

// Topics are the topics that scripts listen to by hik.on("mqtt:TOPIC"), sorted;
// + and # may be in them.
func (h *Host) Topics() []string {
	var topics []string
	for _, name := range h.devices.Hub().Names() {
		if topic, ok := strings.CutPrefix(name, luaapi.MessageEvent); ok {
			topics = append(topics, topic)
		}
	}
	return topics
}

// Deliver tells the scripts that listen to its topic of a message, and returns how
// many handlers were told. It does not wait.
func (h *Host) Deliver(m luaapi.Message) (told int) {
	names := slices.DeleteFunc(h.devices.Hub().Names(), func(name string) bool { return !luaapi.NameMatches(name, luaapi.MessageEvent+m.Topic) })
	if len(names) == 0 {
		return 0
	}
	now := h.clk.Now()
	h.record(journal.Entry{Kind: journal.Event, Time: now, What: onRecord(m.Topic)})
	return h.devices.Hub().EmitTo(names, luaapi.MessageEvent+m.Topic, m, now, (*emission)(nil))
}

// asMessage is a value of which scripts are told as if it were a message: a text as
// it stands, anything else as JSON.
func asMessage(topic string, value any) luaapi.Message {
	return luaapi.Message{Topic: topic, Payload: payloadOf(value)}
}

// payloadOf is a text as it stands, and anything else as JSON.
func payloadOf(value any) []byte {
	switch v := luaapi.PlainValue(value).(type) {
	case nil:
		return nil
	case string:
		return []byte(v)
	default:
		payload, _ := json.Marshal(v) // it was JSON
		return payload
	}
}

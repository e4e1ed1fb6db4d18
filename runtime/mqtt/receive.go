package mqtt

import (
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// maxPerSecond bounds the messages of which scripts are told; what comes beyond is
// dropped.
const maxPerSecond = 500

// incoming counts the messages that come.
type incoming struct {
	mu      sync.Mutex
	began   time.Time // of the present second
	told    int       // in it
	dropped int       // since takeDropped
}

// take reports whether scripts are to be told of one more message.
func (in *incoming) take(now time.Time) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if d := now.Sub(in.began); d >= time.Second || d < 0 {
		in.began, in.told = now, 0
	}
	in.told++
	if in.told > maxPerSecond {
		in.dropped++
		return false
	}
	return true
}

func (in *incoming) takeDropped() (n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n, in.dropped = in.dropped, 0
	return n
}

// receive takes a message of the broker, on the goroutine of the library. It does
// not wait.
func (l *link) receive(p paho.PublishReceived) (bool, error) {
	b := l.bridge
	m := luaapi.Message{Topic: p.Packet.Topic, Payload: p.Packet.Payload, QoS: p.Packet.QoS, Retain: p.Packet.Retain}
	if luaapi.CheckTopic(m.Topic) != nil { // control characters, or none at all
		return true, nil
	}
	if !b.conf.Scripts {
		l.receiveOwn(m)
	}
	for _, topic := range b.host.Topics() {
		if luaapi.TopicMatches(topic, m.Topic) {
			if l.incoming.take(b.conf.Clock.Now()) {
				b.host.Deliver(m)
			}
			break
		}
	}
	return true, nil
}

// receiveOwn takes what is meant for the host itself. What the broker had kept is
// no command: it was given at some other time.
func (l *link) receiveOwn(m luaapi.Message) {
	switch {
	case m.Topic == birth:
		if string(m.Payload) == online && !m.Retain {
			select {
			case l.births <- struct{}{}:
			default:
			}
		}
	case m.Retain && luaapi.TopicMatches(l.names.configs(), m.Topic):
		select {
		case l.found <- foundConfig{m.Topic, m.Payload}:
		case <-l.ctx.Done():
		}
	case strings.HasPrefix(m.Topic, l.names.base+"/"):
		for _, topic := range l.names.commands() {
			if !luaapi.TopicMatches(topic, m.Topic) {
				continue
			}
			if m.Retain {
				l.bridge.conf.Log.Debug("a command that the MQTT broker had kept is passed over", "topic", m.Topic)
				return
			}
			l.command(m)
		}
	}
}

// wanted are the topic filters that are to be subscribed to.
func (l *link) wanted() []string {
	var all []string
	if !l.bridge.conf.Scripts {
		all = append(all, l.names.commands()...)
		if l.discovers() {
			all = append(all, birth, l.names.configs())
		}
	}
	return disjoint(append(all, l.bridge.host.Topics()...))
}

// subscribe has the broker send what is wanted at present, and no more.
func (l *link) subscribe() error {
	wanted := l.wanted()
	var more []paho.SubscribeOptions
	var fewer []string
	old := make(map[string]bool)
	for _, f := range l.subscribed {
		old[f] = true
	}
	for _, f := range wanted {
		if !old[f] {
			more = append(more, paho.SubscribeOptions{Topic: f, QoS: 1})
		}
		delete(old, f)
	}
	for _, f := range l.subscribed {
		if old[f] {
			fewer = append(fewer, f)
		}
	}
	l.subscribed = wanted
	if len(more) > 0 {
		answer, err := l.client.Subscribe(l.ctx, &paho.Subscribe{Subscriptions: more})
		switch {
		case err != nil && answer == nil:
			return l.lost(err)
		case err != nil:
			var refused []string
			for i, reason := range answer.Reasons {
				if reason >= 0x80 && i < len(more) {
					refused = append(refused, more[i].Topic)
				}
			}
			l.bridge.conf.Log.Warn("the MQTT broker does not let this account listen", "topics", strings.Join(refused, ", "))
		}
	}
	if len(fewer) > 0 {
		if answer, err := l.client.Unsubscribe(l.ctx, &paho.Unsubscribe{Topics: fewer}); err != nil && answer == nil {
			return l.lost(err)
		}
	}
	return nil
}

// lost is why the connection has ended, over which something could not be done; nil
// if the host ends it.
func (l *link) lost(err error) error {
	if clock.Cause(l.bridge.ctx) != nil {
		return nil
	}
	select {
	case cause := <-l.down:
		return cause
	case <-afterFunc(l.bridge.conf.Clock, time.Second): // the library tells the cause a moment later
		return linkFailure(err, l.conf)
	}
}

package mqtt

import (
	"context"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// maxCommands bounds the commands that are under way.
	maxCommands = 8
	// press is what a button sends.
	press = "PRESS"
)

// action is what a command does. The error is for the log.
type action func(ctx context.Context, payload string) error

// command carries out a command of the broker, and logs what became of it.
func (l *link) command(m luaapi.Message) {
	log, topic, payload := l.bridge.conf.Log, firstWords(m.Topic, 200), firstWords(string(m.Payload), 100)
	do, known := l.actions.Load(m.Topic)
	switch {
	case !known && l.shareAway.Load():
		log.Debug("a command of the MQTT broker is for another host", "topic", topic, "payload", payload)
		return
	case !known:
		log.Warn("a command of the MQTT broker is for something that is not there", "topic", topic, "payload", payload)
		return
	}
	select {
	case l.busy <- struct{}{}:
	default:
		log.Warn("a command of the MQTT broker was dropped: too many are under way", "topic", topic, "payload", payload)
		return
	}
	l.running.Go(func() {
		defer func() { <-l.busy }()
		ctx, cancel := clock.WithTimeout(l.bridge.conf.Clock, runtime.By(l.ctx, "mqtt"), commandTimeout)
		defer cancel()
		if err := do.(action)(ctx, string(m.Payload)); err != nil {
			log.Warn("a command by mqtt failed", "topic", topic, "payload", payload, "error", runtime.Report(err).Message)
		}
	})
}

func misuse(message string) error { return &luaapi.Failure{Kind: "misuse", Message: message} }

// pressed makes an action of what a button does.
func pressed(do func(ctx context.Context) error) action {
	return func(ctx context.Context, payload string) error {
		if payload != press {
			return misuse("a button sends " + press)
		}
		return do(ctx)
	}
}

// runJob is the action of the button of a job.
func (l *link) runJob(name string) action {
	return pressed(func(ctx context.Context) error { return l.bridge.host.StartJob(ctx, name) })
}

// stopHead is the action of the button that stops a head.
func (l *link) stopHead(h head) action {
	return pressed(func(ctx context.Context) error { return l.bridge.host.StopHead(ctx, h.device, h.channel) })
}

// recallPreset is the action of the list of presets.
func (l *link) recallPreset(h head) action {
	return func(ctx context.Context, payload string) error {
		payload = strings.TrimSpace(payload)
		id, known := l.bridge.book.presetID(h, payload)
		if !known {
			var err error
			if id, err = strconv.Atoi(payload); err != nil {
				return misuse("the head has no preset of that name")
			}
		}
		return l.bridge.host.RecallPreset(ctx, h.device, h.channel, id)
	}
}

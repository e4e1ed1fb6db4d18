package main

import (
	"context"
	"log/slog"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/mqtt"
)

// broker is what joins the host of a command with the MQTT broker of its site. The
// zero broker joins nothing: with simulated devices, and in virtual time, nothing
// leaves the machine.
type broker struct{ bridge *mqtt.Bridge }

// newBroker makes one. It is that of a running host, which tells how the site is, or,
// with scripts, for the messages of scripts alone.
func (a *app) newBroker(log *slog.Logger, simulate, scripts bool) broker {
	if _, virtual := a.clk.(*clock.Virtual); virtual || simulate {
		return broker{}
	}
	return broker{mqtt.New(mqtt.Config{Clock: a.clk, Log: log, Version: version(), Scripts: scripts})}
}

// publish is for runtime.Config.
func (b broker) publish() func(context.Context, luaapi.Message) (bool, error) {
	if b.bridge == nil {
		return nil
	}
	return b.bridge.Publish
}

// tee has what happens told to the broker, too; record may be nil.
func (b broker) tee(record func(journal.Entry)) func(journal.Entry) {
	if b.bridge == nil {
		return record
	}
	return func(e journal.Entry) {
		if record != nil {
			record(e)
		}
		b.bridge.Record(e)
	}
}

// start connects the two, once the host is open, until end is called, which takes a
// second at most.
func (b broker) start(h mqtt.Host) (end func()) {
	if b.bridge == nil {
		return func() {}
	}
	b.bridge.Start(h)
	return b.bridge.Close
}

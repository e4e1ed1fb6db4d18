package main

import (
	"context"
	"log/slog"
	"sync"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/hosts"
	"github.com/hiklua/hiklua/runtime/journal"
)

// clusterBroker joins a host of a cluster with the MQTT broker: for the broker there
// is one client of the site, and so the holder of its first share is the one that
// connects. Other hosts publish what their scripts do, and hear nothing.
type clusterBroker struct {
	group *hosts.Group
	make  func(scripts bool) broker

	mu       sync.Mutex
	now      broker // of the site; without a bridge: another host has it
	end      func() // of now
	share    string // for which now was started
	guest    broker // of scripts alone
	endGuest func()
	ended    sync.WaitGroup
}

func (a *app) newClusterBroker(log *slog.Logger, simulate bool) *clusterBroker {
	return &clusterBroker{make: func(scripts bool) broker { return a.newBroker(log, simulate, scripts) }}
}

// Set implements cluster.Group.
func (b *clusterBroker) Set(share string, h *runtime.Host) {
	b.group.Set(share, h)
	if share != b.group.Site().ShareNames()[0] {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now, b.share = b.make(false), share
	b.end = b.now.start(b.group)
}

// Remove implements cluster.Group.
func (b *clusterBroker) Remove(share string) {
	b.group.Remove(share)
	b.mu.Lock()
	defer b.mu.Unlock()
	if share != b.share {
		return
	}
	b.ended.Go(b.end)
	b.now, b.share, b.end = broker{}, "", nil
}

// record is told of what happens.
func (b *clusterBroker) record(e journal.Entry) {
	b.mu.Lock()
	now := b.now.bridge
	b.mu.Unlock()
	if now != nil {
		now.Record(e)
	}
}

// publish is for runtime.Config.
func (b *clusterBroker) publish(ctx context.Context, m luaapi.Message) (bool, error) {
	b.mu.Lock()
	now := b.now
	if now.bridge == nil {
		if b.guest.bridge == nil {
			if b.guest = b.make(true); b.guest.bridge != nil {
				b.endGuest = b.guest.start(b.group)
			}
		}
		now = b.guest
	}
	b.mu.Unlock()
	if now.bridge == nil {
		return false, nil
	}
	return now.bridge.Publish(ctx, m)
}

// close says farewell to the broker.
func (b *clusterBroker) close() {
	b.mu.Lock()
	for _, end := range []func(){b.end, b.endGuest} {
		if end != nil {
			b.ended.Go(end)
		}
	}
	b.end, b.endGuest = nil, nil
	b.mu.Unlock()
	b.ended.Wait()
}

package cluster

import (
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	reachEvery  = time.Minute
	reachWithin = 3 * time.Second
	reachAtOnce = 8
)

// watchReach notes once a minute which devices this host could not open a connection
// to, of those that it does not drive itself.
func (m *Member) watchReach() {
	if m.conf.Dial == nil {
		return
	}
	for clock.Sleep(m.ctx, m.clk, reachEvery/6) == nil {
		unreached := m.tryDevices()
		m.mu.Lock()
		m.unreached = unreached
		m.mu.Unlock()
		if clock.Sleep(m.ctx, m.clk, reachEvery-reachEvery/6) != nil {
			return
		}
	}
}

// tryDevices opens a connection to each device that another host drives. Nothing is
// sent, and no login tried.
func (m *Member) tryDevices() []string {
	m.mu.Lock()
	now := m.site
	m.mu.Unlock()
	if now == nil {
		return nil
	}
	var mu sync.Mutex
	var unreached []string
	places := clock.NewSemaphore(m.clk, reachAtOnce)
	tries := clock.NewGroup(m.clk)
	for _, d := range now.Devices {
		if s := m.share(now.ShareOf(d.Name)); d.Simulate != site.Model("") || d.Host == "" || s == nil || s.held() {
			continue
		}
		tries.Go(func() {
			if places.Acquire(m.ctx) != nil {
				return
			}
			defer places.Release()
			ctx, cancel := clock.WithTimeout(m.clk, m.ctx, reachWithin)
			defer cancel()
			if m.conf.Dial(ctx, net.JoinHostPort(d.Host, strconv.Itoa(d.Port))) != nil && m.ctx.Err() == nil {
				mu.Lock()
				unreached = append(unreached, d.Name)
				mu.Unlock()
			}
		})
	}
	tries.Wait()
	slices.Sort(unreached)
	return unreached
}

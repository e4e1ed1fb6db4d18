package mqtt

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// A broker that is away is tried ever more slowly, but once a minute at least, and
// not at fixed times.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host := newFakeHost(t, &site.MQTT{Host: "broker", Port: 1883, Topic: "x"})
		log := new(syncBuffer)
		var mu sync.Mutex
		var tries []time.Time
		b := New(Config{Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(log, nil)),
			Dial: func(context.Context, string, string) (net.Conn, error) {
				mu.Lock()
				defer mu.Unlock()
				tries = append(tries, time.Now())
				return nil, errors.New("away")
			}})
		b.Start(host)
		time.Sleep(time.Hour)
		mu.Lock()
		n, last := len(tries), tries[len(tries)-1].Sub(tries[len(tries)-2])
		fixed := true
		for i := 12; i < n; i++ {
			wait := tries[i].Sub(tries[i-1])
			if wait < longestWait/2 || wait > longestWait {
				t.Error("try", i, "after", wait)
			}
			fixed = fixed && wait == last
		}
		mu.Unlock()
		if n < 60 || n > 130 || fixed {
			t.Error(n, "tries, fixed:", fixed)
		}
		if lines := len(log.String()); lines == 0 || lines > 400 {
			t.Error(log)
		}
		// Another broker is tried at once.
		s := *host.site
		s.MQTT = &site.MQTT{Host: "other", Port: 1883, Topic: "x"}
		host.change(func() { host.site = &s })
		time.Sleep(2 * time.Second)
		mu.Lock()
		if len(tries) <= n {
			t.Error("the other broker is not tried")
		}
		mu.Unlock()
		b.Close()
	})
}

// A broker that says nothing is given up after a while, one that lets the host in and
// then throws it out is not tried faster than one that is away.
func TestSilentAndFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host := newFakeHost(t, &site.MQTT{Host: "broker", Port: 1883, Topic: "x"})
		log := new(syncBuffer)
		var tries atomic.Int64
		var flaps atomic.Bool
		b := New(Config{Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(log, nil)),
			Dial: func(context.Context, string, string) (net.Conn, error) {
				here, there := net.Pipe()
				tries.Add(1)
				go func() {
					defer there.Close()
					there.Read(make([]byte, 4096))
					if !flaps.Load() {
						io.Copy(io.Discard, there)
						return
					}
					there.Write([]byte{0x20, 3, 0, 0, 0})
				}()
				return here, nil
			}})
		b.Start(host)
		time.Sleep(15 * time.Second)
		if log := log.String(); !strings.Contains(log, "the broker does not answer") {
			t.Error(log)
		}
		flaps.Store(true)
		time.Sleep(5 * time.Minute)
		before := tries.Load()
		time.Sleep(10 * time.Minute)
		if n := tries.Load() - before; n > 25 {
			t.Error(n, "tries in 10 minutes")
		}
		b.Close()
	})
}

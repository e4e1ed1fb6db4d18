//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// outsider runs a server that is not ours.
func outsider(t *testing.T, set func(*server.Options)) *server.Server {
	t.Helper()
	options := &server.Options{
		Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, MaxPayload: MaxData + 4096, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		JetStreamMaxMemory: 1 << 20, JetStreamMaxStore: 1 << 30,
	}
	set(options)
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	return s
}

func startOutside(ctx context.Context, address string) (*Engine, error) {
	log := &logBook{}
	return Start(ctx, Config{
		Name: "left", Members: map[string]string{"left": "", "right": ""}, URL: address, Clock: clock.Real(), Log: slog.New(log.at("left")),
	})
}

// TestOutsideRefused: a cluster that would lose what it has promised, or that can't
// take what is kept, is not used.
func TestOutsideRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		set  func(*server.Options)
		want string
	}{
		{"one server", func(o *server.Options) {}, "replicas"},
		{"no JetStream", func(o *server.Options) { o.JetStream = false }, "JetStream"},
		{"a login", func(o *server.Options) { o.Username, o.Password = "a", "b" }, "Authorization"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := outsider(t, test.set)
			e, err := startOutside(t.Context(), s.ClientURL())
			if err == nil {
				e.Close()
			}
			if !errors.Is(err, ErrOutside) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := startOutside(ctx, "nats://"+freeAddress(t)); !errors.Is(err, ErrOutside) || !errors.Is(err, hold.ErrUnknown) {
			t.Error(err)
		}
	})
}

// TestOutside: an existing cluster of three servers.
func TestOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers")
	}
	t.Parallel()
	var routes []*url.URL
	for range 3 {
		routes = append(routes, &url.URL{Scheme: "nats", Host: freeAddress(t)})
	}
	var servers []*server.Server
	for i := range 3 {
		servers = append(servers, outsider(t, func(o *server.Options) {
			o.ServerName = fmt.Sprint("server", i)
			fmt.Sscan(routes[i].Port(), &o.Cluster.Port)
			o.Cluster.Name, o.Cluster.Host, o.Routes = "outside", "127.0.0.1", routes
		}))
	}
	address := servers[0].ClientURL() + "," + servers[1].ClientURL()
	nc, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := nc.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the servers do not meet", func() error {
		_, err := js.AccountInfo()
		return err
	})
	// Streams that somebody has made before, and that would not do.
	for _, test := range []struct {
		name string
		set  func(*nats.StreamConfig)
		want string
	}{
		{"in memory", func(c *nats.StreamConfig) { c.Storage = nats.MemoryStorage }, "LEASES: it is kept in memory"},
		{"one copy", func(c *nats.StreamConfig) { c.Replicas = 1 }, "LEASES: it has 1 replicas and needs 3"},
		{"more than one value", func(c *nats.StreamConfig) { c.MaxMsgsPerSubject = 5 }, "max_msgs_per_subject is 5"},
		{"for an hour", func(c *nats.StreamConfig) { c.MaxAge = time.Hour }, "a limit by number, size or age"},
		{"of others", func(c *nats.StreamConfig) { c.Metadata = nil }, "was not made by hiklua"},
	} {
		config := streams(3)[0]
		config.Metadata = newBase(clock.Real())
		test.set(&config)
		eventually(t, test.name, func() error { // a question that no leader hears has no answer
			_, err := js.AddStream(&config)
			return err
		})
		e, err := startOutside(t.Context(), address)
		if err == nil {
			e.Close()
		}
		if !errors.Is(err, ErrOutside) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		eventually(t, test.name, func() error {
			if err := js.DeleteStream(config.Name); !errors.Is(err, nats.ErrStreamNotFound) {
				return err
			}
			return nil
		})
	}
	e, err := startOutside(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	number, err := e.CAS(t.Context(), "lease.site", 0, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.CAS(t.Context(), "lease.site", 0, []byte("b")); !errors.Is(err, hold.ErrConflict) {
		t.Error(err)
	}
	if err := e.StepAside(t.Context(), "left"); err != nil {
		t.Error(err)
	}
	eventually(t, "the status is wrong", func() error {
		if s := e.Status(); !s.Quorum || !strings.HasPrefix(s.Leader, "server") || len(s.Members) != 3 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	servers[0].Shutdown() // the connection goes to another
	eventually(t, "it does not go on", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		data, n, err := e.Last(ctx, "lease.site")
		if err == nil && (string(data) != "a" || n != number) {
			t.Errorf("%q %d", data, n)
		}
		return err
	})
}

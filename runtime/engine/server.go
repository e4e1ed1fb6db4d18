//go:build !nofleet

package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// pingInterval: a route whose other end does not answer two pings is given up,
	// so that a cut is noticed after 4 to 6 seconds.
	pingInterval = 2 * time.Second
	// startTimeout is how long a server may take to read its store.
	startTimeout = 60 * time.Second
	// endTimeout is how long it may take to end: as a rule that is 0.3 s.
	endTimeout = 20 * time.Second
	// What its store may take on the disk, and its streams in memory, where there
	// are none. A cluster of 64 shares has logs of about 1 GB, when all are full.
	maxDisk   = 4 << 30
	maxMemory = 16 << 20

	systemAccount = "$SYS"
	systemUser    = "system"
	clientUser    = "hiklua"
)

// embedded is the server in this process.
type embedded struct {
	cfg      Config
	cluster  string                 // fingerprint of its secret
	options  func() *server.Options // a server takes them for its own
	password string                 // for this process only

	mu     sync.Mutex
	server *server.Server
	log    *serverLog // of that server
	ended  bool

	looking sync.Mutex      // over what follows, and one stop or start at a time
	stopped clock.Stopwatch // since it was stopped, or tried to start
	hangs   bool
}

// startServer starts the server of a member on what lies in its folder.
func startServer(cfg Config) (*embedded, error) {
	config, fingerprint, err := memberTLS(cfg.Secret)
	if err != nil {
		return nil, err
	}
	own, ok := cfg.Members[cfg.Name]
	if !ok {
		return nil, fmt.Errorf("%s is no member of the cluster", cfg.Name)
	}
	host, portText, err := net.SplitHostPort(own)
	if err != nil {
		return nil, fmt.Errorf("the address of %s: %w", cfg.Name, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("the port of %s: %w", cfg.Name, err)
	}
	if err := markStore(cfg.Dir, fingerprint, cfg.Name); err != nil {
		return nil, err
	}
	var routes []*url.URL
	for _, name := range cfg.names() {
		if name != cfg.Name {
			routes = append(routes, &url.URL{Scheme: "nats", Host: cfg.Members[name]})
		}
	}
	b := &embedded{cfg: cfg, cluster: fingerprint, password: rand.Text()}
	b.options = func() *server.Options {
		system := server.NewAccount(systemAccount)
		options := &server.Options{
			ServerName:    token(cfg.Name),
			DontListen:    true, // clients come through memory
			NoSigs:        true,
			SystemAccount: systemAccount,
			Accounts:      []*server.Account{system},
			Users: []*server.User{
				{Username: clientUser, Password: b.password},
				{Username: systemUser, Password: b.password, Account: system},
			},
			MaxPayload: MaxData + 4096, // and the header
			JetStream:  true,
			StoreDir:   cfg.Dir,
			// An answer to a write means that it is on the disk: by default it is for
			// two minutes in memory only.
			SyncAlways:             true,
			JetStreamMaxMemory:     maxMemory,
			JetStreamMaxStore:      maxDisk,
			DisableJetStreamBanner: true,
			// Who is there and who is not is told by watch.
			ConnectErrorReports:   1 << 30,
			ReconnectErrorReports: 1 << 30,
			PingInterval:          pingInterval,
			MaxPingsOut:           2,
		}
		if len(routes) > 0 {
			options.Routes = routes
			options.Cluster = server.ClusterOpts{
				Name:         "hiklua",
				Host:         bindTo(host),
				Port:         port,
				Advertise:    cmp.Or(cfg.Advertise, own), // known by Routes: no other way is tried
				NoAdvertise:  true,
				TLSConfig:    config,
				TLSTimeout:   5,
				PoolSize:     -1, // one connection between two members
				Compression:  server.CompressionOpts{Mode: server.CompressionOff},
				PingInterval: pingInterval,
				MaxPingsOut:  2,
			}
		}
		return options
	}
	if err := b.start(); err != nil {
		return nil, err
	}
	return b, nil
}

// bindTo is the address that routes are listened to at: all of this machine's, since
// the one in site.yaml may be that of a router in front of it; but a cluster of one
// machine stays on it.
func bindTo(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || host == "localhost" {
		return host
	}
	return "0.0.0.0"
}

// start makes a server and starts it.
func (b *embedded) start() error {
	options := b.options()
	s, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("the engine can't start: %w", err)
	}
	log := &serverLog{log: b.cfg.Log}
	s.SetLoggerV2(log, false, false, false)
	s.Start() // it returns when the store is read
	// A server without a port for clients waits for that port before it begins with the
	// routes, and so for ever. One that has not started must not be told: it counts what
	// it has begun.
	none := make(chan struct{})
	close(none)
	waits := options.Cluster.Port != 0 && !log.failed()
	if err = log.started(); err == nil && waits {
		s.StartRouting(none)
		waits = false
		err = log.started() // the port for routes may be taken
	}
	if err == nil && (!s.ReadyForConnections(startTimeout) || !s.JetStreamEnabled()) {
		err = fmt.Errorf("the engine has not started within %v", startTimeout)
	}
	b.mu.Lock()
	if err == nil && b.ended {
		err = errors.New("the engine was closed")
	}
	if err == nil {
		b.server, b.log = s, log
	}
	b.mu.Unlock()
	if err != nil {
		if waits { // and so does its end; once that has begun, no route does
			b.cfg.Clock.Go(func() {
				for s.Running() && clock.Sleep(context.Background(), b.cfg.Clock, 10*time.Millisecond) == nil {
				}
				s.StartRouting(none)
			})
		}
		b.end(s)
	}
	return err
}

// look sees to it that the server still does what it is for. One that has found its
// store damaged is stopped before it votes for what is not there any more. One that
// could not write, such as to a full disk, has given up in part at least: it is
// stopped, too, and started again after retry.
func (b *embedded) look(retry time.Duration) {
	b.looking.Lock()
	defer b.looking.Unlock()
	b.mu.Lock()
	s, log, ended := b.server, b.log, b.ended
	b.mu.Unlock()
	what, running := log.found(), s.Running()
	switch {
	case ended || b.hangs:
	case what != "" && running:
		b.cfg.Log.Error("engine: this member does not vote any more", "error", damaged(what))
		if err := markDamaged(b.cfg.Dir, b.cluster, b.cfg.Name, what); err != nil {
			b.cfg.Log.Error("engine: " + err.Error())
		}
		b.end(s)
	case what != "":
	case running && (log.hurt() || !s.JetStreamEnabled()):
		b.cfg.Log.Error("engine: this member can't write to its disk and does not vote; that is tried again every "+clock.FormatDuration(lookEvery), "folder", b.cfg.Dir)
		b.end(s)
		b.stopped = clock.NewStopwatch()
	case !running && b.stopped.Elapsed() >= retry:
		b.stopped = clock.NewStopwatch()
		if err := b.start(); err != nil {
			b.cfg.Log.Error("engine: this member can't take part again", "error", err)
		} else {
			b.cfg.Log.Info("engine: this member takes part again")
		}
	}
}

// end stops a server, unless it hangs.
func (b *embedded) end(s *server.Server) {
	ctx, cancel := clock.WithTimeout(b.cfg.Clock, context.Background(), endTimeout)
	defer cancel()
	b.cfg.Clock.Go(func() {
		s.Shutdown()
		s.WaitForShutdown()
		cancel()
	})
	<-ctx.Done()
	if errors.Is(clock.Cause(ctx), context.DeadlineExceeded) {
		b.hangs = true
		b.cfg.Log.Error("engine: its server hangs: this member takes no part until hiklua is started again")
	}
}

// stop ends the server for good. What it leads goes to another member first.
func (b *embedded) stop() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.looking.Lock()
	defer b.looking.Unlock()
	if !b.hangs {
		b.end(b.current())
	}
}

// whole tells whether this member has caught up with the others in all: one with an
// empty store takes no part in an election before that.
func (b *embedded) whole() bool {
	s := b.current()
	if len(b.cfg.Members) == 1 {
		return true
	}
	if !s.JetStreamIsCurrent() {
		return false
	}
	for _, stream := range streams(0) {
		if !s.JetStreamIsStreamCurrent(server.DEFAULT_GLOBAL_ACCOUNT, stream.Name) {
			return false
		}
	}
	return true
}

// current is the server that runs now.
func (b *embedded) current() *server.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.server
}

// InProcessConn is how the connection of this process reaches the server that runs
// now, also after another was started in its place.
func (b *embedded) InProcessConn() (net.Conn, error) { return b.current().InProcessConn() }

// login is how this process logs in to its own server.
func (b *embedded) login() nats.Option { return nats.UserInfo(clientUser, b.password) }

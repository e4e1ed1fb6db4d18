package mqtt

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	keepAlive = 30 // seconds between two signs of life
	// maxWaiting and maxWaitingBytes bound the messages of scripts that the broker
	// has not taken yet.
	maxWaiting      = 256
	maxWaitingBytes = 8 << 20
	// atOnce bounds the messages that the broker sends before it hears that the
	// host has them.
	atOnce = 64
	// tellEvery is how often the log says that messages are dropped.
	tellEvery = 10 * time.Minute
)

// link is the life of one connection.
type link struct {
	bridge *Bridge
	conf   *site.MQTT
	names  names
	conn   *boundedConn
	client *paho.Client
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	most   int        // bytes of the largest packet that the broker takes; 0: any
	down   chan error // why the connection has ended, once
	out    chan luaapi.Message
	births chan struct{} // Home Assistant has started

	mu      sync.Mutex
	waiting int // bytes in out
	full    int // messages of scripts that were dropped since that was told

	incoming incoming // see receive.go
	pictures sync.Map // topics on which there is one

	// Of the goroutine of serve.
	subscribed []string
	published  map[string]string            // states on the broker, by topic
	channels   []head                       // that are published
	configs    map[string]string            // configs on the broker, by topic
	components map[string]map[string]string // in the configs on the broker: their platforms
	tooLarge   map[string]bool              // configs of which it was told that they are too large
	toldAt     time.Time                    // tellDropped has said something
	found      chan foundConfig             // configs that were on the broker before
	shares     shares                       // as they were at the last look
	others     []string                     // what topics begin with that another host publishes, or none
	heldBefore map[string]uint64            // what shares had at the look before
	again      time.Time                    // then all is published once more; zero: it is not
	shareAway  atomic.Bool                  // some share is held by another host, or by none
	actions    sync.Map                     // topic of a command: action
	running    *clock.Group                 // commands, pictures, lists of presets
	busy       chan struct{}                // a place for each command under way
}

// live makes a connection, and serves it until it ends. The error says why it did,
// or why none came about.
func (b *Bridge) live(conf *site.MQTT, story *story) error {
	ctx, cancel := clock.WithCancel(b.ctx)
	defer cancel()
	conn, err := b.dial(ctx, conf)
	if err != nil {
		return err
	}
	defer conn.Close()
	l := &link{
		bridge: b, conf: conf, names: namesOf(b.host.Site()), conn: conn, ctx: ctx, cancel: cancel,
		down: make(chan error, 1), out: make(chan luaapi.Message, maxWaiting), births: make(chan struct{}, 1),
		published: make(map[string]string), configs: make(map[string]string), components: make(map[string]map[string]string), tooLarge: make(map[string]bool),
		found: make(chan foundConfig, 64), running: clock.NewGroup(b.conf.Clock), busy: make(chan struct{}, maxCommands),
	}
	if !b.conf.Scripts {
		st := b.host.Status()
		l.shares = sharesOf(&st)
		l.names.host = l.shares.host
		l.shareAway.Store(l.shares.anyAway())
	}
	if err := l.connect(); err != nil {
		return err
	}
	defer func() {
		conn.Close()
		<-l.client.Done()
		cancel()
		l.running.Wait()
	}()
	b.note(nil)
	story.connected(b.conf.Log, conf)
	return l.serve()
}

// connect has the broker let the host in.
func (l *link) connect() error {
	b := l.bridge
	l.client = paho.NewClient(paho.ClientConfig{
		Conn: l.conn, AuthHandler: noAuth{}, PacketTimeout: connectTimeout,
		OnPublishReceived:  []func(paho.PublishReceived) (bool, error){l.receive},
		OnClientError:      func(err error) { l.end(linkFailure(err, l.conf)) },
		OnServerDisconnect: func(d *paho.Disconnect) { l.end(serverDisconnect(d)) },
	})
	packet := &paho.Connect{
		ClientID: l.names.client(), CleanStart: true, KeepAlive: keepAlive,
		Username: l.conf.Username, UsernameFlag: l.conf.Username != "",
		Password: []byte(l.conf.Password.Reveal()), PasswordFlag: l.conf.Password.Reveal() != "",
		Properties: &paho.ConnectProperties{MaximumPacketSize: new(uint32(maxPacket)), ReceiveMaximum: new(uint16(atOnce))},
	}
	if b.conf.Scripts {
		packet.ClientID = l.names.guest()
	} else {
		packet.WillMessage = &paho.WillMessage{Topic: l.names.status(), Payload: []byte(offline), QoS: 1, Retain: true}
	}
	ctx, cancel := clock.WithTimeout(b.conf.Clock, l.ctx, connectTimeout)
	defer cancel()
	answer, err := l.client.Connect(ctx, packet)
	if err != nil {
		code := byte(0)
		if answer != nil {
			code = answer.ReasonCode
		}
		if clock.Cause(ctx) != nil && clock.Cause(l.ctx) == nil {
			return &Failure{Message: "the broker does not answer", Err: err}
		}
		return connectFailure(err, code, l.conf)
	}
	if p := answer.Properties; p != nil && p.MaximumPacketSize != nil {
		l.most = int(*p.MaximumPacketSize)
	}
	return nil
}

func serverDisconnect(d *paho.Disconnect) error {
	reason := ""
	if d.Properties != nil {
		reason = d.Properties.ReasonString
	}
	return disconnectFailure(d.ReasonCode, reason)
}

// end notes why the connection has ended, the first reason counts, and ends what
// waits for an answer.
func (l *link) end(err error) {
	select {
	case l.down <- err:
	default:
	}
	l.cancel()
}

// noAuth refuses to log in by other ways than a password. Without it the library
// would call nothing where the broker asks for one.
type noAuth struct{}

func (noAuth) Authenticate(*paho.Auth) *paho.Auth { return &paho.Auth{ReasonCode: notAuthorized} }
func (noAuth) Authenticated()                     {}

// notAuthorized is a reason code of MQTT 5.0, 2.4.
const notAuthorized = 0x87

// enqueue takes a message of a script, if there is room.
func (l *link) enqueue(m luaapi.Message) (bool, error) {
	if size := len(m.Topic) + len(m.Payload) + 64; l.most > 0 && size > l.most {
		return false, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("the message has %d bytes, and the broker takes packets of %d bytes", len(m.Payload), l.most)}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting+len(m.Payload) <= maxWaitingBytes {
		select {
		case l.out <- m:
			l.waiting += len(m.Payload)
			return true, nil
		default:
		}
	}
	l.full++
	return false, nil
}

// serve goes on until the connection ends.
func (l *link) serve() error {
	b := l.bridge
	if !b.conf.Scripts {
		l.publish(l.names.status(), l.shares.presence())
	}
	if err := l.subscribe(); err != nil {
		return err
	}
	b.mu.Lock()
	b.link = l
	b.mu.Unlock()
	b.settle()
	defer func() {
		b.mu.Lock()
		b.link = nil
		b.mu.Unlock()
	}()
	if !b.conf.Scripts {
		l.running.Go(l.followPresets)
		if l.conf.Pictures {
			l.running.Go(l.followPictures)
		}
	}
	look := make(chan struct{}, 1)
	var timer clock.Timer
	arm := func() { timer = b.conf.Clock.AfterFunc(b.every, func() { look <- struct{}{} }) }
	arm()
	defer func() { timer.Stop() }()
	// The first look comes a second later: by then the broker has sent the configs
	// that it had.
	for {
		var err error
		select {
		case <-b.ctx.Done():
			l.farewell()
			return nil
		case err = <-l.down:
		case <-l.client.Done():
			err = l.lost(nil)
		case m := <-l.out:
			l.send(m)
		case f := <-l.found:
			l.keepFound(f)
		case <-l.births:
			l.forget()
		case <-b.wake:
			if err = l.subscribe(); err == nil {
				l.refreshChannels()
			}
		case <-look:
			arm()
			if b.changed(l.conf) {
				l.farewell()
				return errChanged
			}
			l.tellDropped()
			if err = l.subscribe(); err == nil {
				l.refresh()
			}
		}
		if err != nil {
			return err
		}
	}
}

// afterFunc is closed after d.
func afterFunc(clk clock.Clock, d time.Duration) <-chan struct{} {
	over := make(chan struct{})
	clk.AfterFunc(d, func() { close(over) })
	return over
}

// send sends a message of a script. An error of the connection ends it.
func (l *link) send(m luaapi.Message) {
	l.mu.Lock()
	l.waiting -= len(m.Payload)
	l.mu.Unlock()
	_, err := l.client.PublishWithOptions(l.ctx, &paho.Publish{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: m.Retain},
		paho.PublishOptions{Method: paho.PublishMethod_AsyncSend})
	if err != nil && clock.Cause(l.ctx) == nil {
		l.bridge.conf.Log.Debug("a message was not sent", "topic", m.Topic, "error", err)
	}
}

// tellDropped logs what was dropped, at most once in tellEvery.
func (l *link) tellDropped() {
	now := l.bridge.conf.Clock.Now()
	if !l.toldAt.IsZero() && now.Sub(l.toldAt) < tellEvery {
		return
	}
	l.mu.Lock()
	full := l.full
	l.full = 0
	l.mu.Unlock()
	log := l.bridge.conf.Log
	if full > 0 {
		l.toldAt = now
		log.Warn("messages of hik.mqtt were dropped: they come faster than the MQTT broker takes them", "dropped", full)
	}
	if n := l.incoming.takeDropped(); n > 0 {
		l.toldAt = now
		log.Warn("messages of the MQTT broker were dropped: they come faster than scripts can be told of them", "dropped", n, "most", maxPerSecond)
	}
}

// farewell sends what waits, says that the host is gone, and ends the connection.
func (l *link) farewell() {
	ctx, cancel := clock.WithTimeout(l.bridge.conf.Clock, context.Background(), farewell)
	defer cancel()
	for sent := false; !sent; {
		select {
		case m := <-l.out:
			l.client.PublishWithOptions(ctx, &paho.Publish{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: m.Retain}, paho.PublishOptions{})
		default:
			sent = true
		}
	}
	if !l.bridge.conf.Scripts {
		l.client.Publish(ctx, &paho.Publish{Topic: l.names.status(), Payload: []byte(offline), QoS: 1, Retain: true})
	}
	l.client.Disconnect(&paho.Disconnect{}) // the broker sends no last will then
}

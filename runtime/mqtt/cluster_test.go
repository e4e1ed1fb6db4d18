package mqtt

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
)

// member is a host of a cluster with a bridge of its own to the broker of a bench.
type member struct {
	*fakeHost
	name   string
	bridge *Bridge
	log    *syncBuffer

	term uint64 // of all shares

	mu   sync.Mutex
	dead bool
	conn net.Conn
}

// newCluster makes the hosts left and right at one broker, and nothing else. holders
// says which of them holds a share.
func newCluster(t *testing.T, holders map[string]string) (b *bench, left, right *member, turn func(share, holder string)) {
	b = newBench(t, func(b *bench) { b.host.site.MQTT = nil }) // its own bridge stays away
	all := make([]*member, 2)
	for i, name := range []string{"left", "right"} {
		m := &member{fakeHost: newFakeHost(t, confOf(t, b.addr)), name: name, log: new(syncBuffer)}
		m.set(holders)
		all[i] = m
		m.start(b)
	}
	var mu sync.Mutex
	return b, all[0], all[1], func(share, holder string) {
		mu.Lock()
		defer mu.Unlock()
		holders[share] = holder
		for _, m := range all {
			m.term++
			m.set(holders)
		}
	}
}

// set has the host be as the holders say: each share has a device of its name, and
// its holder the job night/round.
func (m *member) set(holders map[string]string) {
	st := runtime.Status{Version: "1.2.3", Cluster: &runtime.ClusterStatus{Host: m.name}}
	for _, share := range []string{"east", "site", "west"} {
		holder, there := holders[share]
		if !there {
			continue
		}
		s := runtime.ShareStatus{Name: share, State: "nobody"}
		if holder != "" {
			s.State, s.Holder, s.Term = "held", holder, m.term
		}
		st.Cluster.Shares = append(st.Cluster.Shares, s)
		named := share
		if len(holders) == 1 {
			named = ""
		}
		d := runtime.DeviceStatus{
			Status:   device.Status{Name: "cam-" + share, State: device.StateElsewhere, Events: device.StateElsewhere},
			Channels: []runtime.ChannelStatus{{ID: 1}}, Share: named, Holder: holder,
		}
		if holder == m.name {
			d.State, d.Events, d.Model, d.Holder = "online", "off", "by "+m.name, ""
			d.Channels[0].Head = new(true)
			st.Jobs = append(st.Jobs, runtime.JobStatus{Script: "night", Name: "round", Kind: "cron", Share: named})
		}
		st.Devices = append(st.Devices, d)
	}
	m.change(func() { m.status = st })
}

func (m *member) start(b *bench) {
	m.bridge = New(Config{Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(m.log, nil)), Version: "1.2.3", Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.dead {
			return nil, errors.New("dead")
		}
		var err error
		m.conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return m.conn, err
	}})
	m.bridge.every = 50 * time.Millisecond
	m.bridge.Start(m)
	b.t.Cleanup(m.bridge.Close)
}

// die ends the connection as the end of a process does: without a word.
func (m *member) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
	m.conn.Close()
}

// waitConfig waits until a config has some text in it.
func (b *bench) waitConfig(topic, text string) {
	b.t.Helper()
	topic = "homeassistant/device/hiklua_yard/" + topic + "/config"
	eventually(b.t, topic+" has "+text, func() bool { return strings.Contains(b.at(topic), text) }, b.all)
}

// never fails if a message was seen.
func (b *bench) never(message string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, seen := range b.seen {
		if seen == message {
			b.t.Errorf("somebody published %q", message)
		}
	}
}

// TestStandbyAtTheBroker: the holder tells how devices are; the standby comes and
// goes without a device being away for that.
func TestStandbyAtTheBroker(t *testing.T) {
	b, _, right, _ := newCluster(t, map[string]string{"site": "left"})
	b.wait("hiklua/yard/host/left/status", "online site")
	b.wait("hiklua/yard/host/right/status", "online")
	b.wait("hiklua/yard/device/cam-site/state", "online")
	b.waitConfig("device_cam-site", "host/left/status")
	b.waitConfig("site", "night/round")
	config := b.at("homeassistant/device/hiklua_yard/device_cam-site/config")
	if !strings.Contains(config, `"{{ 'online' if 'site' in value.split()[1:] else 'offline' }}"`) || strings.Contains(config, "right") {
		t.Error(config)
	}
	ids := make(map[string]bool)
	for topic, payload := range b.configs() {
		checkConfig(t, topic, payload, ids)
	}
	right.die()
	b.wait("hiklua/yard/host/right/status", "offline")
	if b.at("homeassistant/device/hiklua_yard/device_cam-site/config") != config || b.at("hiklua/yard/device/cam-site/state") != "online" || b.at("hiklua/yard/host/left/status") != "online site" {
		t.Error(b.all())
	}
	if got := right.said(); len(got) > 0 {
		t.Errorf("the standby was asked for %q", got)
	}
	b.never("hiklua/yard/device/cam-site/state elsewhere")
	b.never("hiklua/yard/device/cam-site/state ")
	b.never("hiklua/yard/status offline")
}

// TestTakeoverAtTheBroker: the next holder publishes what the one before did, and
// that one, when it is back, leaves it alone.
func TestTakeoverAtTheBroker(t *testing.T) {
	b, left, right, turn := newCluster(t, map[string]string{"site": "left"})
	b.wait("hiklua/yard/device/cam-site/state", "online")
	b.waitConfig("device_cam-site", "by left")
	left.die()
	b.wait("hiklua/yard/host/left/status", "offline")
	turn("site", "right")
	b.wait("hiklua/yard/host/right/status", "online site")
	b.waitConfig("device_cam-site", "by right")
	b.waitConfig("device_cam-site", "host/right/status")
	b.waitConfig("site", "host/right/status")

	left.mu.Lock()
	left.dead = false
	left.mu.Unlock()
	b.wait("hiklua/yard/host/left/status", "online")
	b.send("hiklua/yard/job/night/round/run", press, false)
	b.send("hiklua/yard/device/cam-site/1/stop", press, false)
	eventually(t, "the holder carries out commands", func() bool {
		got := strings.Join(right.said(), ", ")
		return strings.Contains(got, "run night/round") && strings.Contains(got, "stop cam-site/1")
	}, b.all)
	if got := left.said(); len(got) > 0 {
		t.Errorf("left does not hold the site, and was asked for %q", got)
	}
	if log := left.log.String(); strings.Contains(log, "not there") {
		t.Errorf("a command for the other host is no mistake: %s", log)
	}
	if !strings.Contains(b.at("homeassistant/device/hiklua_yard/device_cam-site/config"), "by right") {
		t.Error("left has published over what right has")
	}
	b.never("hiklua/yard/device/cam-site/state ")
	b.never("homeassistant/device/hiklua_yard/device_cam-site/config ")
	b.never("homeassistant/device/hiklua_yard/site/config ")

	// Handed back while both are there: no state is ever taken away.
	turn("site", "left")
	b.waitConfig("device_cam-site", "by left")
	b.wait("hiklua/yard/host/right/status", "online")
	b.wait("hiklua/yard/host/left/status", "online site")
	turn("site", "")
	b.wait("hiklua/yard/host/left/status", "online")
	b.never("hiklua/yard/device/cam-site/state ")
	b.never("hiklua/yard/job/night/round ")
	if b.at("hiklua/yard/device/cam-site/state") != "online" {
		t.Error("what is retained of a share without a holder is gone")
	}
}

// TestHeldShareIsToldAgain: what a message of the holder before has overwritten is put
// right some seconds after a takeover.
func TestHeldShareIsToldAgain(t *testing.T) {
	b, _, _, turn := newCluster(t, map[string]string{"site": "right"})
	const topic = "homeassistant/device/hiklua_yard/device_cam-site/config"
	// On a machine that is slow the message comes when all has been told again.
	for range 6 {
		turn("site", "right")
		b.waitConfig("device_cam-site", "by right")
		turn("site", "left")
		b.waitConfig("device_cam-site", "by left")
		b.send(topic, `{"late": true}`, true)
		for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if strings.Contains(b.at(topic), "by left") {
				return
			}
		}
	}
	t.Error(b.all())
}

// TestLostAndTakenBetweenTwoLooks: a host that did not see that it had lost a share
// publishes over what the other has published meanwhile.
func TestLostAndTakenBetweenTwoLooks(t *testing.T) {
	b, _, _, turn := newCluster(t, map[string]string{"site": "left"})
	const topic = "homeassistant/device/hiklua_yard/device_cam-site/config"
	eventually(t, "it is told, and told again", func() bool { return strings.Count(b.all(), topic+" ") >= 2 }, b.all)
	b.send(topic, `{"by": "right"}`, true)
	turn("site", "left") // under another term
	b.waitConfig("device_cam-site", "by left")
}

// TestSharesAtTheBroker: each holder tells of its share, and jobs of one script go by
// the share.
func TestSharesAtTheBroker(t *testing.T) {
	b, left, right, turn := newCluster(t, map[string]string{"east": "left", "west": "right"})
	b.wait("hiklua/yard/host/left/status", "online east")
	b.wait("hiklua/yard/host/right/status", "online west")
	b.waitConfig("device_cam-east", "by left")
	b.waitConfig("device_cam-west", "by right")
	b.waitConfig("share_east", "hiklua/yard/share/east/job/night/round")
	b.waitConfig("share_west", "hiklua/yard/share/west/job/night/round")
	ids := make(map[string]bool)
	for topic, payload := range b.configs() {
		checkConfig(t, topic, payload, ids)
	}
	b.send("hiklua/yard/share/west/job/night/round/run", press, false)
	eventually(t, "right runs the job of west", func() bool { return strings.Join(right.said(), ", ") == "run west/night/round" }, b.all)
	if got := left.said(); len(got) > 0 {
		t.Errorf("%q", got)
	}
	turn("west", "left")
	b.wait("hiklua/yard/host/left/status", "online east west")
	b.wait("hiklua/yard/host/right/status", "online")
	b.waitConfig("device_cam-west", "by left")
	b.waitConfig("share_west", "host/left/status")
	b.send("hiklua/yard/share/west/job/night/round/run", press, false)
	eventually(t, "left runs the job of west", func() bool { return strings.Join(left.said(), ", ") == "run west/night/round" }, b.all)
	b.never("homeassistant/device/hiklua_yard/share_west/config ")
	b.never("homeassistant/device/hiklua_yard/share_east/config ")
}

// TestAloneNoMore: what a host that ran the site alone has left at the broker goes.
func TestAloneNoMore(t *testing.T) {
	b, _, _, _ := newCluster(t, map[string]string{"east": "left", "west": "right"})
	b.waitConfig("share_east", "job")
	b.waitConfig("share_west", "job")
	b.waitConfig("device_cam-west", "by right")
	b.send("hiklua/yard/status", "offline", true)
	b.send("homeassistant/device/hiklua_yard/site/config", `{"cmps":{}}`, true)
	late := &member{fakeHost: newFakeHost(t, confOf(t, b.addr)), name: "third", log: new(syncBuffer)}
	late.set(map[string]string{"east": "left", "west": "right"})
	late.start(b)
	b.wait("hiklua/yard/host/third/status", "online")
	b.wait("hiklua/yard/status", "")
	b.wait("homeassistant/device/hiklua_yard/site/config", "")
	if !strings.Contains(b.at("homeassistant/device/hiklua_yard/device_cam-west/config"), "by right") || !strings.Contains(b.at("homeassistant/device/hiklua_yard/share_west/config"), "job") {
		t.Error(b.all())
	}
}

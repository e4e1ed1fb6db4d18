package sim

import (
	"fmt"
	"hash/fnv"
	"image"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Device is one simulated device. It is safe for concurrent use.
type Device struct {
	// Fixed by New.
	o        Options
	clk      clock.Clock
	zone     *time.Location
	form     form
	realm    string
	nameHash uint64
	started  time.Time

	// Everything below is guarded by mu, which is never held over a wait.
	mu       sync.Mutex
	channels []*channel
	accounts []account
	journal  journal
	counts   Counts

	nonces     map[string]*nonce
	nonceOrder []string
	nonceCount uint64
	wrong      int // wrong logins in a row
	lockedTill time.Time

	faults    []Fault
	downTill  time.Time // after a reboot or an overload
	bootedAt  time.Time
	offset    time.Duration // of the device's clock, set by PUT System/time
	timeMode  string
	posixZone string // as it was PUT; "" until then

	inputs   []ioPort
	outputs  []ioPort
	triggers map[string][]string // notification methods by trigger id
	streams  []*stream
	alarms   []*alarm
}

// channel is one video input.
type channel struct {
	o       ChannelOptions
	name    string
	enabled bool
	online  bool
	head    *head // nil: fixed
	motion  motion
	busy    int          // pictures being drawn
	given   int          // of the small pictures
	small   *image.YCbCr // nil: not drawn yet
}

// New makes a device. Its clock starts to count at once: presets, patrols and
// faults go by it.
func New(o Options) *Device {
	o = o.withDefaults()
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s/%s", o.Model, o.Name)
	d := &Device{o: o, clk: o.Clock, zone: o.Zone, started: o.Clock.Now(), nameHash: hash.Sum64(), timeMode: "NTP"}
	d.bootedAt = d.started
	d.journal.size = o.JournalSize
	d.form = form{"2.0", "http://www.hikvision.com/ver20/XMLSchema", "\r\n"}
	switch o.Model {
	case NVR:
		d.form = form{"2.0", "http://www.isapi.org/ver20/XMLSchema", "\n"}
	case DVR:
		d.form = form{"1.0", "http://www.hikvision.com/ver20/XMLSchema", "\n"}
	}
	d.realm = fmt.Sprintf("IP Camera(%05d)", d.random(0)%100000)
	if d.recorder() {
		d.realm = fmt.Sprintf("%016x%08x", d.random(0), uint32(d.random(1)))
	}
	d.nonceCount = 16
	for _, c := range o.Channels {
		ch := &channel{o: c, name: c.Name, enabled: !c.Disabled, online: !c.Offline, motion: motion{!c.MotionOff, 60, wholeGrid}}
		if c.NoRegion {
			ch.motion.grid = strings.Repeat("0", len(wholeGrid))
		}
		if c.PTZ {
			ch.head = newHead(o.Head, c.Gear, d.started)
		}
		d.channels = append(d.channels, ch)
	}
	d.accounts = []account{{id: 1, name: o.Username, password: o.Password, level: "Administrator"}}
	for i, u := range o.Users {
		if u.Level == "" {
			u.Level = "Operator"
		}
		d.accounts = append(d.accounts, account{i + 2, u.Name, u.Password, u.Level, u.NoPTZ, u.NoEvents})
	}
	d.setUpPorts()
	d.SetFaults(o.Faults...)
	return d
}

func (d *Device) recorder() bool { return d.o.Model == NVR || d.o.Model == DVR }

// channel finds a video input by its human number.
func (d *Device) channel(id int) *channel {
	if i := slices.IndexFunc(d.channels, func(c *channel) bool { return c.o.ID == id }); i >= 0 {
		return d.channels[i]
	}
	return nil
}

// deviceTime is what the device's own clock shows at now.
func (d *Device) deviceTime(now time.Time) time.Time {
	t := now.Add(d.offset).In(d.zone)
	if f, wrong := d.fault("clock-wrong", now); wrong {
		t = t.Add(f.span(time.Hour))
	}
	return t
}

// down reports whether nothing answers at now.
func (d *Device) down(now time.Time) bool {
	_, off := d.fault("offline", now)
	return off || d.downTill.After(now)
}

// Name is the device's name.
func (d *Device) Name() string { return d.o.Name }

// Model is the device's class.
func (d *Device) Model() Model { return d.o.Model }

// Journal is a copy of the requests that are remembered, in order of their
// arrival.
func (d *Device) Journal() []Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.journal.list()
}

// Counts are the totals until now.
func (d *Device) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// Head is where the head of a channel (human number) looks now. A fixed or
// unknown channel gives the zero Pose.
func (d *Device) Head(channel int) Pose {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.head(channel); h != nil {
		return h.pose(d.clk.Now())
	}
	return Pose{}
}

// PresetName is the name of a preset of a channel's head; "" if there is none.
func (d *Device) PresetName(channel, id int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.head(channel); h != nil {
		return h.presets[id].name
	}
	return ""
}

// Moving reports whether any axis of a channel's head turns at this moment,
// for whatever reason, coasting after a stop included.
func (d *Device) Moving(channel int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.head(channel)
	return h != nil && h.moving(d.clk.Now())
}

// Driven reports whether a continuous or momentary command is in force that
// no stop has ended. It turns false with the stop, while Moving still sees
// the head coast for a moment.
func (d *Device) Driven(channel int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.head(channel)
	return h != nil && h.drivenTill.After(d.clk.Now())
}

func (d *Device) head(id int) *head {
	if c := d.channel(id); c != nil {
		return c.head
	}
	return nil
}

// SetOnline connects or disconnects the camera behind a recorder's channel.
func (d *Device) SetOnline(channel int, online bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.channel(channel); c != nil {
		c.online = online
		d.wakeStreams()
	}
}

// SetPassword changes the password of an account, as an administrator would
// at the device.
func (d *Device) SetPassword(user, password string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.accounts {
		if d.accounts[i].name == user {
			d.accounts[i].password = password
		}
	}
}

// SetFaults replaces all faults. Their places in time count from now.
func (d *Device) SetFaults(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clk.Now()
	d.faults = nil
	for _, f := range faults {
		f.since = now
		d.faults = append(d.faults, f)
	}
	d.wakeStreams()
}

// AddFault adds a fault to those that are set; its places in time count from now.
func (d *Device) AddFault(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clk.Now()
	d.faults = slices.DeleteFunc(d.faults, func(old Fault) bool {
		return !old.Daily && old.To != 0 && now.Sub(old.since) >= old.To
	})
	f.since = now
	d.faults = append(d.faults, f)
	d.wakeStreams()
}

// RemoveFault ends the faults of a name.
func (d *Device) RemoveFault(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = slices.DeleteFunc(d.faults, func(f Fault) bool { return f.Name == name })
	d.wakeStreams()
}

// InForce reports whether a fault is in force that Faults has given.
func (d *Device) InForce(f Fault) bool { return f.active(d.clk.Now(), d.o.Zone) }

// HasChannel reports whether the device has a video input of that human number.
func (d *Device) HasChannel(number int) bool { return !d.hasNot(number) }

// Faults are those that are set, whether in force at this moment or not.
func (d *Device) Faults() []Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.faults)
}

// rebootTime is how long a device does not answer after a reboot.
const rebootTime = 40 * time.Second

// reboot needs d.mu. Heads stop, logins are forgotten as far as nonces go.
func (d *Device) reboot(now time.Time) {
	d.counts.Reboots++
	d.downTill = now.Add(rebootTime)
	d.bootedAt = d.downTill
	for _, c := range d.channels {
		if c.head != nil {
			c.head.stop(now)
		}
	}
	d.nonces, d.nonceOrder, d.alarms = nil, nil, nil
	d.wakeStreams()
}

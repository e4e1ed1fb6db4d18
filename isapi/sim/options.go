package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Model is a class of device.
type Model string

// The four models.
const (
	IPC Model = "ipc" // a fixed camera
	PTZ Model = "ptz" // a dome with a moving head
	NVR Model = "nvr" // a recorder of network cameras
	DVR Model = "dvr" // a hybrid recorder: analog inputs, and network cameras after them
)

// PTZID says by which number a device knows a head.
type PTZID int

const (
	// PTZByChannel: /ISAPI/PTZCtrl/channels/1.
	PTZByChannel PTZID = iota
	// PTZByStream: /ISAPI/PTZCtrl/channels/101.
	PTZByStream
)

// Relative says how a device reads the position of PUT .../relative.
type Relative int

const (
	// RelativeCentred: 0..255 across the picture, 127 and 128 stay where they are.
	RelativeCentred Relative = iota
	// RelativeSigned: -255..255 around 0, one picture's width to each side.
	RelativeSigned
	// RelativeNone: 404, as some domes answer.
	RelativeNone
)

// Algorithm is what a device offers in its challenge.
type Algorithm int

// The algorithms that were seen in challenges.
const (
	MD5           Algorithm = iota
	SHA256                  // SHA-256 alone
	MD5AndSHA256            // two challenges in one answer
	MD5WithoutQOP           // RFC 2069: neither qop nor algorithm
)

// Auth is the login scheme of a device.
type Auth int

// The schemes that were seen.
const (
	AuthDigest Auth = iota
	AuthBasic       // very old firmware: Basic alone
	AuthBoth        // "digest/basic"
)

// Dialect says how a device writes its event stream.
type Dialect int

// The dialects that were recorded.
const (
	DialectOfModel Dialect = iota // DialectIPC for IPC, DialectPTZ for PTZ, DialectNVR for recorders
	DialectIPC                    // heartbeats, inactive at the end, channelID
	DialectPTZ                    // heartbeats, never inactive, repeats faster, empty region lists
	DialectNVR                    // no heartbeats, never inactive, dynChannelID
)

// User is an account of a device.
type User struct {
	Name     string
	Password string
	Level    string // Administrator, Operator or Viewer; default Operator
	NoPTZ    bool   // PTZ answers 403 lowPrivilege
	NoEvents bool   // alertStream answers 401 although the password is right
}

// ChannelOptions describe one video input.
type ChannelOptions struct {
	ID        int    // human number; default: in order, 1, 2, 3 ...
	Name      string // default "Camera 01" and so on
	PTZ       bool   // has a moving head
	Analog    bool   // an input of a DVR's own; IP channels follow the analog ones
	Offline   bool   // no camera behind it at the start
	Disabled  bool   // not enabled
	MotionOff bool   // motion detection is not enabled
	NoRegion  bool   // motion detection has no region drawn
	Protocol  string // of a camera behind a recorder: HIKVISION (default) or ONVIF
	IP        string // of a camera behind a recorder

	MainWidth, MainHeight int // picture and stream size; default 1280 x 720
	SubWidth, SubHeight   int // default 640 x 360

	Gear Gear // of its head
}

// Gear is what one head has and how far it goes. A field that is left out has
// the default of every simulated head.
type Gear struct {
	Pan, Tilt, Zoom isapi.Range    // in the units of Pose; default 0 to 360, -60 to 50, 1 to 25
	NoPosition      bool           // it does not tell where it looks, and takes no absolute position
	Presets         []Preset       // nil: 1 to 8, gate to overview; empty: none
	Specials        map[int]string // names of the functions among its presets; nil: Hikvision's
	MaxPresets      int            // default 300
}

// Preset is a position that a head remembers.
type Preset struct {
	ID   int
	Name string
	Pose Pose
}

// HeadOptions are the mechanics of every head of a device. Zero is the default.
type HeadOptions struct {
	PanSpeed     float64 // degrees a second at speed 100; default 60
	TiltSpeed    float64 // degrees a second at speed 100; default 30
	ZoomSpeed    float64 // doublings of the zoom factor a second at 100; default 1.2
	PresetSpeed  float64 // degrees a second to presets and absolute positions; default 120
	Acceleration float64 // degrees a second, per second; default 240
}

// Options make a Device. The zero value is a fixed camera with the account
// admin, password "simulated", on the real clock.
type Options struct {
	Name     string // deviceName; default by model
	Model    Model  // default IPC
	Brand    string // another maker's name on the same device, such as "LTS"; default Hikvision's own
	Username string // default admin
	Password string // default simulated
	Users    []User // further accounts
	Clock    clock.Clock
	Zone     *time.Location   // default: that of the clock's time
	Seed     uint64           // of nonces and serial numbers
	Channels []ChannelOptions // nil: by model; empty: a recorder without cameras
	Head     HeadOptions

	Auth         Auth
	Algorithm    Algorithm
	LockAfter    int           // wrong logins until the account is locked; default 5
	LockTime     time.Duration // default 30 minutes
	QuietLock    bool          // old firmware: a 401 tells neither tries nor lock
	NonceLife    time.Duration // 0: for ever
	NonceUses    int           // 0: any number
	NonceURL     bool          // a nonce serves only the URL that it was issued for
	BareExpiry   bool          // an outdated nonce is answered without a challenge
	OpenPictures bool          // pictures need no login
	Inactive     bool          // not activated yet: only deviceInfo answers, with notActivated

	PTZID          PTZID
	Relative       Relative
	SelfStop       time.Duration // a continuous move ends by itself after that; 0: never
	NoPTZProxy     bool          // a recorder answers 403 on ContentMgmt/PTZCtrlProxy
	ProxyPictures  bool          // a recorder answers 400 on Streaming pictures; StreamingProxy works
	SmallPictures  bool          // pictures are 64 pixels wide and by day, no two the same: quick to make
	SubPictures    bool          // a recorder gives the sub stream's picture for the main one, unless a size is asked for
	PatrolInMillis bool          // patrol delays are milliseconds
	NoSpecials     bool          // has no special presets: 33-46, 90-105 are ordinary ones
	OnePicture     bool          // a second picture of a channel at the same time is refused with 503
	MaxParallel    int           // more requests at once bring the web server down; 0: any number
	OverloadDown   time.Duration // for how long; default 9 minutes
	Latency        time.Duration // before every answer
	PictureLatency time.Duration // in addition, before a picture
	MaxStreams     int           // event streams at once; default 4, then 403
	Dialect        Dialect
	Heartbeat      time.Duration // of the event stream; default 10 s
	LossRepeat     time.Duration // videoloss of an offline channel in the NVR dialect; default 5 s (real ones: 0.4 s)
	SDKNumbers     bool          // alarms carry 32 + the number of the IP channel
	NoCenter       []string      // event types whose centre notification is off: they never reach the stream
	TriggersBroken bool          // the whole list of Event/triggers answers 500; one by one works
	HTTPSOnly      bool          // plain HTTP is redirected, and adminAccesses says so
	NoISAPI        bool          // ISAPI is switched off: everything below /ISAPI is 404

	JournalSize int // entries kept; default 10,000. Counters go on
	Faults      []Fault
}

func (o Options) withDefaults() Options {
	o.Model = cmp.Or(o.Model, IPC)
	o.Name = cmp.Or(o.Name, map[Model]string{IPC: "IP CAMERA", PTZ: "IP DOME", NVR: "Network Video Recorder", DVR: "Embedded Net DVR"}[o.Model])
	o.Username = cmp.Or(o.Username, "admin")
	o.Password = cmp.Or(o.Password, "simulated")
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Zone == nil {
		o.Zone = o.Clock.Now().Location()
	}
	o.LockAfter = cmp.Or(o.LockAfter, 5)
	o.LockTime = cmp.Or(o.LockTime, 30*time.Minute)
	o.OverloadDown = cmp.Or(o.OverloadDown, 9*time.Minute)
	o.MaxStreams = cmp.Or(o.MaxStreams, 4)
	o.Heartbeat = cmp.Or(o.Heartbeat, 10*time.Second)
	o.LossRepeat = cmp.Or(o.LossRepeat, 5*time.Second)
	if o.Dialect == DialectOfModel {
		o.Dialect = map[Model]Dialect{IPC: DialectIPC, PTZ: DialectPTZ, NVR: DialectNVR, DVR: DialectNVR}[o.Model]
	}
	o.JournalSize = cmp.Or(o.JournalSize, 10_000)
	o.Head = o.Head.withDefaults()
	o.Channels = defaultChannels(o)
	return o
}

func (h HeadOptions) withDefaults() HeadOptions {
	set := func(v *float64, d float64) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&h.PanSpeed, 60)
	set(&h.TiltSpeed, 30)
	set(&h.ZoomSpeed, 1.2)
	set(&h.PresetSpeed, 120)
	set(&h.Acceleration, 240)
	return h
}

// defaultChannels fills in what the options leave open: one channel for a
// camera, four for a recorder of which the first has a head.
func defaultChannels(o Options) []ChannelOptions {
	list := append([]ChannelOptions(nil), o.Channels...)
	if o.Channels == nil || len(list) == 0 && o.Model != NVR && o.Model != DVR {
		switch o.Model {
		case IPC, PTZ:
			list = []ChannelOptions{{Name: o.Name, PTZ: o.Model == PTZ}}
		case NVR:
			list = []ChannelOptions{{Name: "yard", PTZ: true}, {Name: "gate"}, {Name: "ramp"}, {Name: "store"}}
		case DVR:
			list = []ChannelOptions{{Name: "entrance", Analog: true}, {Name: "till", Analog: true}, {Name: "stairs", Analog: true}, {Name: "cellar", Analog: true}}
		}
	}
	if o.Model == PTZ && !slices.ContainsFunc(list, func(c ChannelOptions) bool { return c.PTZ }) {
		list[0].PTZ = true
	}
	allAnalog := o.Model == DVR && !slices.ContainsFunc(list, func(c ChannelOptions) bool { return c.Analog })
	for i := range list {
		c := &list[i]
		c.Analog = o.Model == DVR && (c.Analog || allAnalog)
		c.ID = cmp.Or(c.ID, i+1)
		c.Name = cmp.Or(c.Name, fmt.Sprintf("Camera %02d", c.ID))
		c.Protocol = cmp.Or(c.Protocol, "HIKVISION")
		c.IP = cmp.Or(c.IP, fmt.Sprintf("192.0.2.%d", 20+c.ID))
		if c.MainWidth == 0 || c.MainHeight == 0 {
			c.MainWidth, c.MainHeight = 1280, 720
		}
		if c.SubWidth == 0 || c.SubHeight == 0 {
			c.SubWidth, c.SubHeight = 640, 360
		}
	}
	return list
}

package site

import (
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/isapi"
)

// FileName is the name of the file in a site's folder.
const FileName = "site.yaml"

// Site is what site.yaml says, checked and with its defaults filled in.
type Site struct {
	Dir string // the folder, as it was given to Load

	Timezone      *time.Location // never nil
	TimezoneName  string         // IANA name; "Local" if the machine does not tell its own
	TimezoneGiven bool           // false: the machine's zone counts

	Location *Place // nil: not given, sun times are then refused

	// Vars holds string, float64, bool, []any and map[string]any.
	Vars map[string]any

	Devices []Device // in the order of the file
	Archive *Archive // nil: not given
	Notify  []Target // in the order of the file
	MQTT    *MQTT    // nil: not given
	Web     *Web     // nil: not given
	Cluster *Cluster // nil: one host runs the site
	Limits  Limits

	Warnings Problems // what is no mistake and may not be meant so
	Unserved Problems // what keeps the page from being served, and not the site from running
}

// Place is a point on the earth in degrees; north and east are positive.
type Place struct {
	Lat float64 // -90 to 90
	Lon float64 // -180 to 180
}

// Device is one camera, NVR or DVR.
type Device struct {
	Name     string
	Host     string // address or host name, IPv6 without brackets; empty only if simulated
	Username string
	Password isapi.Secret
	Port     int // 1-65535
	Scheme   string

	AuthMode       AuthMode
	StatusInterval time.Duration // between two liveness polls
	Timeout        time.Duration // of one command
	Concurrency    int           // commands at once
	MaxRate        float64       // commands a second; 0: no limit
	PTZID          PTZIDMode
	TLS            TLSMode
	Simulate       Model // empty: a real device

	Channels []Channel // in the order of the file

	Saved *SavedDevice // what devices.yaml says of it, after UseSaved; nil: nothing
}

// Channel is one video input of a device, under the site's name for it.
type Channel struct {
	Name      string
	Address   int // the human number: 1, 2, 3
	Stream    Stream
	StreamURL string // without the password that site.yaml may have in it; empty: not given
}

// AuthMode says which login a device is offered.
type AuthMode string

// The words of auth_mode.
const (
	AuthDigest AuthMode = "digest"
	AuthBasic  AuthMode = "basic"
	AuthAuto   AuthMode = "auto" // basic only where nothing else is offered
)

// TLSMode says how far a device's certificate is trusted.
type TLSMode string

// The words of tls.
const (
	TLSAny    TLSMode = "any"    // self-signed is tolerated
	TLSPin    TLSMode = "pin"    // trust on first use, refuse a change
	TLSVerify TLSMode = "verify" // as a browser does
)

// PTZIDMode says which number a device wants in the path of PTZ commands.
type PTZIDMode string

// The words of ptz_id.
const (
	PTZIDAuto    PTZIDMode = "auto"
	PTZIDChannel PTZIDMode = "channel" // 1
	PTZIDStream  PTZIDMode = "stream"  // 101
)

// Model is the kind of a simulated device.
type Model string

// The words of simulate.
const (
	ModelIPC Model = "ipc"
	ModelPTZ Model = "ptz"
	ModelNVR Model = "nvr"
	ModelDVR Model = "dvr"
)

// Stream is the stream that snapshots are taken from.
type Stream string

// The words of stream.
const (
	StreamMain Stream = "main"
	StreamSub  Stream = "sub"
)

// Limits bounds what scripts may use.
type Limits struct {
	Load    time.Duration // of a script's load
	Compute time.Duration // without waiting
	Motion  time.Duration // a head that no command stops
	Tasks   int           // alive at once, of one script
	Memory  int64         // bytes, of the whole host
}

// Device returns the device of that name.
func (s *Site) Device(name string) (Device, bool) {
	for _, d := range s.Devices {
		if d.Name == name {
			return d, true
		}
	}
	return Device{}, false
}

// UseSaved gives each device what was saved of it, for the simulated device that
// takes its place.
func (s *Site) UseSaved(saved *Saved) {
	for i := range s.Devices {
		s.Devices[i].Saved = saved.Of(s.Devices[i])
	}
}

// DeviceNames lists the devices in the order of the file.
func (s *Site) DeviceNames() []string {
	names := make([]string, len(s.Devices))
	for i, d := range s.Devices {
		names[i] = d.Name
	}
	return names
}

// Path gives the place of a file of the site; an absolute path stays as it is.
func (s *Site) Path(path string) string { return inFolder(s.Dir, path) }

func inFolder(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

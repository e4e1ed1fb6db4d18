package isapi

import "context"

// Class is what kind of device one is, by what it answers.
type Class int

const (
	ClassCamera Class = iota
	ClassNVR          // cameras on the network only
	ClassDVR          // inputs of its own, and maybe cameras on the network
)

// String gives camera, nvr or dvr.
func (c Class) String() string {
	switch c {
	case ClassNVR:
		return "nvr"
	case ClassDVR:
		return "dvr"
	}
	return "camera"
}

// Profile is what can be known about a device by asking.
type Profile struct {
	Info         *DeviceInfo
	Class        Class
	Channels     []Channel
	Capabilities *Capabilities // nil: the device does not say
	Clock        *DeviceTime   // nil: the device does not say
	Inputs       []IOPort
	Outputs      []IOPort
	Disks        []Disk
}

// Probe asks a device what it is and has. Only deviceInfo and the channels
// are needed; every other answer may be missing. The class comes from what
// the device answers, never from its model's name.
func (c *Client) Probe(ctx context.Context) (*Profile, error) {
	p := &Profile{}
	var err error
	if p.Info, err = c.DeviceInfo(ctx); err != nil {
		return nil, err
	}
	if p.Channels, err = c.Channels(ctx); err != nil {
		return nil, err
	}
	if in := know(c.known, &c.known.inputs); in != nil && in.recorder {
		p.Class = ClassNVR
		if in.analog > 0 {
			p.Class = ClassDVR
		}
	}
	for _, ask := range []func() error{
		func() (err error) { p.Capabilities, err = c.Capabilities(ctx); return err },
		func() (err error) { p.Clock, err = c.Time(ctx); return err },
		func() (err error) { p.Inputs, err = c.Inputs(ctx); return err },
		func() (err error) { p.Outputs, err = c.Outputs(ctx); return err },
		func() (err error) { p.Disks, err = c.Storage(ctx); return err },
	} {
		if err := ask(); err != nil && !optional(err) {
			return nil, err
		}
	}
	return p, nil
}

// optional reports an answer that a device may leave out or garble without
// being of less use.
func optional(err error) bool {
	e := asError(err)
	return e != nil && (absent(err) || e.Kind() == "bad_answer" || e.transient())
}

package site

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"github.com/hiklua/hiklua/isapi"
)

// SavedName is the name of the file beside site.yaml in which "hiklua devices
// --save" keeps what the devices can do.
const SavedName = "devices.yaml"

// maxSavedFile is beyond 500 domes with 300 presets each.
const maxSavedFile = 16 << 20

// Saved is what devices.yaml says: what the real devices of a site can do, as
// they told it. It holds no addresses and no accounts.
type Saved struct {
	Devices []SavedDevice // by name
}

// SavedDevice is what one device told of itself.
type SavedDevice struct {
	Name     string // in site.yaml
	Kind     Model  // a camera without (ipc) or with a head (ptz), a recorder (nvr), one with inputs of its own (dvr)
	Model    string // as the device calls itself; may be empty
	Firmware string // may be empty
	Channels []SavedChannel

	Line, Col int // where its name stands in devices.yaml; 0: it was not read from there
}

// SavedChannel is one video input as the device told of it.
type SavedChannel struct {
	ID      int    // the human number: 1, 2, 3
	Name    string // the device's own; may be empty
	Analog  bool   // an input of a recorder's own
	Off     bool   // not enabled
	Offline bool   // nothing is connected to it
	Main    Pixels // of its main stream; zero: not told
	Sub     Pixels
	Head    *SavedHead // nil: a fixed camera, or nothing is known of one that is offline
}

// Pixels is the size of a picture.
type Pixels struct{ Width, Height int }

// SavedHead is what the head of a channel can do.
type SavedHead struct {
	Position        *bool          // it tells where it looks, so that absolute and relative moves work; nil: not told
	Pan, Tilt, Zoom isapi.Range    // how far it goes, in the units of isapi.Pose; zero: not told
	MaxPresets      int            // 0: not told
	Presets         []isapi.Preset // that are set and are positions, by number; nil: not told
	Special         map[int]string // names of the functions among its presets, by number; nil: not told
}

// LoadSaved reads DIR/devices.yaml. A site without the file has nothing saved.
// The error is of type Problems.
func LoadSaved(dir string) (*Saved, error) {
	data, err := readFile(dir, SavedName, maxSavedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &Saved{}, nil
	}
	if err != nil {
		return nil, err
	}
	r := &reader{file: SavedName, dir: dir}
	root, err := parseYAML(data, SavedName)
	if err != nil {
		return nil, err
	}
	s := &Saved{}
	readMap(r, root, savedFields, s)
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	s.sort()
	return s, nil
}

// Device is what was saved of the device of that name. A nil Saved holds nothing.
func (s *Saved) Device(name string) (*SavedDevice, bool) {
	if s == nil {
		return nil, false
	}
	i := slices.IndexFunc(s.Devices, func(d SavedDevice) bool { return d.Name == name })
	if i < 0 {
		return nil, false
	}
	return &s.Devices[i], true
}

// Of is what was saved of a device of site.yaml; nil: nothing, or site.yaml says
// that it is a simulated one.
func (s *Saved) Of(d Device) *SavedDevice {
	if d.Simulate != "" {
		return nil
	}
	saved, _ := s.Device(d.Name)
	return saved
}

// Channel is the channel of a number; nil: the device has none.
func (d *SavedDevice) Channel(id int) *SavedChannel {
	i := slices.IndexFunc(d.Channels, func(c SavedChannel) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Channels[i]
}

func (s *Saved) sort() {
	slices.SortFunc(s.Devices, func(a, b SavedDevice) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range s.Devices {
		slices.SortFunc(d.Channels, func(a, b SavedChannel) int { return a.ID - b.ID })
		for _, c := range d.Channels {
			if c.Head != nil {
				slices.SortFunc(c.Head.Presets, func(a, b isapi.Preset) int { return a.ID - b.ID })
			}
		}
	}
}

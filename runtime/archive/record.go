package archive

import (
	"encoding/hex"
	"fmt"
	"time"
)

// ChannelPath is how the channel of a picture is called: gate/yard, or gate/1
// if it had no name.
func (e *Entry) ChannelPath() string {
	if e.Name != "" {
		return e.Device + "/" + e.Name
	}
	return fmt.Sprintf("%s/%d", e.Device, e.Channel)
}

// Record is an entry as JSON has it: what programs are given, and what stands
// in the manifest of an export.
type Record struct {
	Path    string `json:"path"` // below the archive's folder, with slashes
	Device  string `json:"device"`
	Channel int    `json:"channel"`
	Name    string `json:"name,omitempty"`  // of the channel in site.yaml
	Label   string `json:"label,omitempty"` // of the schedule or the script
	Event   string `json:"event,omitempty"` // type of the event for which it was taken

	Taken      time.Time   `json:"taken"`                 // by the host's clock
	DeviceTime *time.Time  `json:"device_time,omitempty"` // by the device's
	Head       *HeadRecord `json:"head,omitempty"`        // where the head looked

	Size   int64  `json:"size"`            // bytes
	Width  int    `json:"width,omitempty"` // pixels
	Height int    `json:"height,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the file, in hexadecimal
}

// HeadRecord is a Head as JSON has it.
type HeadRecord struct {
	Pan    float64 `json:"pan"`  // degrees
	Tilt   float64 `json:"tilt"` // degrees
	Zoom   float64 `json:"zoom"` // factor
	Preset string  `json:"preset,omitempty"`
}

// Record gives the entry as JSON has it, with times in zone.
func (e *Entry) Record(zone *time.Location) Record {
	r := Record{
		Path: e.Path, Device: e.Device, Channel: e.Channel, Name: e.Name, Label: e.Label, Event: e.Event,
		Taken: e.Taken.In(zone), Size: e.Size, Width: e.Width, Height: e.Height,
	}
	if !e.DeviceTime.IsZero() {
		t := e.DeviceTime.In(zone)
		r.DeviceTime = &t
	}
	if h := e.Head; h != nil {
		r.Head = &HeadRecord{h.Pan, h.Tilt, h.Zoom, h.Preset}
	}
	if e.SHA256 != [32]byte{} {
		r.SHA256 = hex.EncodeToString(e.SHA256[:])
	}
	return r
}

// Entry gives what the record was made of. A hash that is none is left out.
func (r *Record) Entry() Entry {
	e := Entry{
		Path: r.Path, Device: r.Device, Channel: r.Channel, Name: r.Name, Label: r.Label, Event: r.Event,
		Taken: r.Taken, Size: r.Size, Width: r.Width, Height: r.Height,
	}
	if r.DeviceTime != nil {
		e.DeviceTime = *r.DeviceTime
	}
	if h := r.Head; h != nil {
		e.Head = &Head{h.Pan, h.Tilt, h.Zoom, h.Preset}
	}
	if sum, err := hex.DecodeString(r.SHA256); err == nil {
		copy(e.SHA256[:], sum)
	}
	return e
}

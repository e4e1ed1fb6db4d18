package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Alert is something that a device notices.
type Alert struct {
	// Type is the device's own eventType, such as VMD, linedetection,
	// fielddetection, shelteralarm, IO or videoloss, or one of hiklua's words
	// for it: motion, line_crossing, intrusion, tamper, io, video_loss ...
	Type    string        `json:"type"`
	Channel int           `json:"channel"` // human number; 0: the device itself
	Port    int           `json:"port"`    // of an IO alarm
	Region  int           `json:"region"`  // of a rule
	Target  string        `json:"target"`  // human or vehicle
	Picture bool          `json:"picture"` // a JPEG follows the first message
	For     time.Duration `json:"-"`       // it ends by itself after that; 0: with Clear
}

// nativeTypes translates hiklua's words.
var nativeTypes = map[string]string{
	"motion": "VMD", "line_crossing": "linedetection", "intrusion": "fielddetection",
	"region_enter": "regionEntrance", "region_exit": "regionExiting", "tamper": "shelteralarm",
	"video_loss": "videoloss", "scene_change": "scenechangedetection", "face": "facedetection",
	"audio": "audioexception", "io": "IO", "storage_full": "diskfull", "storage_error": "diskerror",
	"login_failed": "illaccess",
}

// alarm is an alert that goes on.
type alarm struct {
	Alert
	ended bool
}

func (a Alert) same(b Alert) bool {
	return strings.EqualFold(a.Type, b.Type) && a.Channel == b.Channel && a.Port == b.Port && a.Region == b.Region
}

func (a Alert) native() Alert {
	if t, ok := nativeTypes[a.Type]; ok {
		a.Type = t
	}
	return a
}

// Raise begins an alarm. It reaches the event streams if its trigger has the
// centre notification on and, for motion, if the detection is on and has a
// region; the result says whether it does.
func (d *Device) Raise(a Alert) bool {
	a = a.native()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(a)
	fresh := &alarm{Alert: a}
	d.alarms = append(d.alarms, fresh)
	if a.For > 0 {
		d.clk.AfterFunc(a.For, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			if !fresh.ended {
				d.finish(fresh)
			}
		})
	}
	if !d.notifies(a) {
		return false
	}
	for _, s := range d.streams {
		s.push(message{fresh, true})
	}
	return true
}

// Clear ends an alarm, if it goes on.
func (d *Device) Clear(a Alert) {
	a = a.native()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, other := range slices.Clone(d.alarms) {
		if other.same(a) {
			d.finish(other)
		}
	}
}

// Alarms are those that go on.
func (d *Device) Alarms() []Alert {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []Alert{}
	for _, a := range d.alarms {
		list = append(list, a.Alert)
	}
	return list
}

func (d *Device) finish(a *alarm) {
	d.drop(a.Alert)
	if d.o.Dialect == DialectIPC && d.notifies(a.Alert) {
		for _, s := range d.streams {
			s.push(message{a, false})
		}
	}
}

// drop takes an alarm off the list without a word.
func (d *Device) drop(a Alert) {
	d.alarms = slices.DeleteFunc(d.alarms, func(other *alarm) bool {
		if other.same(a) {
			other.ended = true
			return true
		}
		return false
	})
}

// notifies reports whether an alarm leaves the device.
func (d *Device) notifies(a Alert) bool {
	if strings.EqualFold(a.Type, "VMD") {
		if c := d.channel(a.Channel); c != nil && !c.motion.effective() {
			return false
		}
	}
	return slices.Contains(d.methods(triggerID(a)), "center")
}

// triggerID is the name of the trigger that an alarm belongs to. That of
// tampering differs from the words of its alarm.
func triggerID(a Alert) string {
	kind := a.Type
	switch strings.ToLower(kind) {
	case "shelteralarm", "tamperdetection":
		kind = "tamper"
	case "io":
		return fmt.Sprintf("IO-%d", a.Port)
	case "diskfull", "diskerror", "nicbroken", "ipconflict", "illaccess":
		return strings.ToLower(kind)
	}
	if a.Channel == 0 {
		return kind
	}
	return fmt.Sprintf("%s-%d", kind, a.Channel)
}

// methods are the notifications of a trigger: centre alone unless it was
// configured otherwise.
func (d *Device) methods(id string) []string {
	id = strings.ToLower(id)
	if m, ok := d.triggers[id]; ok {
		return m
	}
	kind, _, _ := strings.Cut(id, "-")
	for _, off := range d.o.NoCenter {
		off = Alert{Type: off}.native().Type
		if t, _, _ := strings.Cut(strings.ToLower(triggerID(Alert{Type: off})), "-"); t == kind {
			return nil
		}
	}
	return []string{"center"}
}

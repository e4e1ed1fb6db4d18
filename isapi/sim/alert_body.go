package sim

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"strings"
	"time"
)

// part frames a document for the stream.
func (s *stream) part(body []byte) []byte {
	head := fmt.Sprintf("--%s\r\nContent-Type: application/xml; charset=\"UTF-8\"\r\nContent-Length: %d\r\n\r\n", s.boundary, len(body))
	return append([]byte(head), body...)
}

func (s *stream) picturePart(v view) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, draw(v), &jpeg.Options{Quality: 70}); err != nil {
		return nil
	}
	head := fmt.Sprintf("--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", s.boundary, b.Len())
	return append(append([]byte(head), b.Bytes()...), "\r\n"...)
}

func (s *stream) heartbeat(now time.Time) []byte {
	return s.document(Alert{Type: "videoloss", Channel: s.d.channels[0].o.ID}, "inactive", 0, now)
}

// body is one message about an alarm. Cameras count over all types, others
// by type.
func (s *stream) body(a Alert, active bool, now time.Time) []byte {
	counter := ""
	if s.d.o.Dialect != DialectIPC {
		counter = strings.ToLower(a.Type)
	}
	s.posts[counter]++
	state := "active"
	if !active {
		state = "inactive"
	}
	return s.document(a, state, s.posts[counter], now)
}

var descriptions = map[string]string{"vmd": "Motion alarm", "io": "IO alarm"}

// regional are the types that name a region of the picture.
var regional = map[string]bool{"linedetection": true, "fielddetection": true, "regionentrance": true, "regionexiting": true}

func (s *stream) document(a Alert, state string, count int, now time.Time) []byte {
	d := s.d
	nvr := d.o.Dialect == DialectNVR
	kind := strings.ToLower(a.Type)
	description := descriptions[kind]
	if description == "" {
		description = a.Type + " alarm"
	}
	f := d.form
	if nvr {
		f = form{"1.0", "http://www.hikvision.com/ver20/XMLSchema", "\n"}
	}
	e := el("EventNotificationAlert", root{}, el("ipAddress", "127.0.0.1"), el("portNo", 80), el("protocol", "HTTP"), el("macAddress", d.mac()))
	number := a.Channel
	if c := d.channel(a.Channel); c != nil && d.o.SDKNumbers && d.proxied(c) {
		number = 32 + a.Channel - d.analogInputs()
	}
	if nvr && !d.o.SDKNumbers {
		e.kids = append(e.kids, el("dynChannelID", number))
	} else {
		e.kids = append(e.kids, el("channelID", number))
	}
	e.kids = append(e.kids, el("dateTime", d.deviceTime(now).Format(time.RFC3339)), el("activePostCount", count),
		el("eventType", a.Type), el("eventState", state), el("eventDescription", description))
	if kind == "io" {
		name := "inputIOPortID"
		if a.Port > 100 {
			name = "dynInputIOPortID"
		}
		e.kids = append(e.kids, el(name, a.Port))
	}
	if !nvr {
		name := ""
		if c := d.channel(a.Channel); c != nil {
			name = c.name
		}
		e.kids = append(e.kids, el("channelName", name))
	}
	if regional[kind] || a.Target != "" {
		list := el("DetectionRegionList")
		if d.o.Dialect != DialectPTZ || a.Target != "" || a.Region != 0 {
			entry := el("DetectionRegionEntry", el("regionID", max(1, a.Region)), el("sensitivityLevel", 50))
			if a.Target != "" {
				entry.kids = append(entry.kids, el("detectionTarget", a.Target))
			}
			list.kids = append(list.kids, entry)
		}
		e.kids = append(e.kids, list)
	}
	return f.fragment(e)
}

func (d *Device) analogInputs() int {
	n := 0
	for _, c := range d.channels {
		if c.o.Analog {
			n++
		}
	}
	return n
}

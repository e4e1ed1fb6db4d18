package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// rehearsedDevices are the simulated devices of a rehearsal, by name.
type rehearsedDevices map[string]rehearsedDevice

type rehearsedDevice struct {
	*sim.Device
	channels []sim.ChannelOptions
}

// rehearsedLatency is how long a device takes to answer.
const rehearsedLatency = 2 * time.Millisecond

func (r rehearsedDevices) transport(d site.Device, clk clock.Clock) http.RoundTripper {
	o := rehearsedOptions(d, clk)
	device := sim.New(o)
	r[d.Name] = rehearsedDevice{device, o.Channels}
	return device.Transport()
}

// rehearsedOptions are those of a simulated device in virtual time: it keeps no
// record of its own, and its pictures cost little.
func rehearsedOptions(d site.Device, clk clock.Clock) sim.Options {
	o := simOptions(d, clk)
	o.JournalSize, o.SmallPictures = 1, true
	o.Latency = rehearsedLatency
	return o
}

// preset is the name of a preset as the device has it at this moment.
func (r rehearsedDevices) preset(device string, channel int, id string) string {
	number, err := strconv.Atoi(id)
	if d, ok := r[device]; ok && err == nil {
		return d.PresetName(channel, number)
	}
	return ""
}

const (
	// What a picture of a real camera has of pixels, where it is not known, and of
	// bytes for each.
	usualPixels    = 1920 * 1080
	usualSubPixels = 640 * 360
	bytesEachPixel = 0.2
)

// pictureSize is about what a picture of a real device has of bytes.
func (r rehearsedDevices) pictureSize(device string, channel int, sub bool) int64 {
	pixels := usualPixels
	if sub {
		pixels = usualSubPixels
	}
	for _, c := range r[device].channels {
		switch {
		case c.ID != channel:
		case sub && c.SubWidth*c.SubHeight > 0:
			pixels = c.SubWidth * c.SubHeight
		case !sub && c.MainWidth*c.MainHeight > 0:
			pixels = c.MainWidth * c.MainHeight
		}
	}
	return int64(float64(pixels) * bytesEachPixel)
}

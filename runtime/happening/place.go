package happening

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

// place is a device, and a channel if one is named.
type place struct {
	device  site.Device
	channel int // 0: none was named
	at      word
}

// place reads DEVICE or DEVICE/CHANNEL.
func (p *parser) place() (pl place) {
	w, ok := p.next()
	if !ok {
		p.refuse(w, `which device? "23:10 gate motion", or "23:10 emit NAME"`)
		return pl
	}
	pl.at = w
	name, channel, found := strings.Cut(w.text, "/")
	d, known := p.site.Device(name)
	if !known {
		p.refuse(w, "site.yaml has no device %q%s", name, p.deviceHint(name))
		return pl
	}
	pl.device = d
	if found {
		pl.channel = p.channel(d, channel, word{channel, w.at + len(name) + 1})
	}
	return pl
}

func (p *parser) deviceHint(name string) string {
	names := p.site.DeviceNames()
	for _, d := range p.site.Devices {
		for _, c := range d.Channels {
			if strings.EqualFold(c.Name, name) {
				return fmt.Sprintf(" (did you mean %q?)", d.Name+"/"+c.Name)
			}
		}
	}
	if hint := nearest.Hint(name, names); hint != "" || len(names) == 0 {
		return hint
	}
	return "; it has " + strings.Join(names, ", ")
}

// channel finds a channel by its number or its name in site.yaml.
func (p *parser) channel(d site.Device, text string, at word) int {
	if n, err := strconv.Atoi(text); err == nil {
		if n < 1 {
			p.refuse(at, "%d is no channel: they count from 1", n)
		}
		return n
	}
	var names []string
	for _, c := range d.Channels {
		if c.Name == text {
			return c.Address
		}
		names = append(names, c.Name)
	}
	for _, c := range d.Channels {
		if strings.EqualFold(c.Name, text) {
			return c.Address
		}
	}
	p.refuse(at, "%s has no channel %q%s", d.Name, text, nearest.Hint(text, names))
	return 0
}

// only is the channel of a device that was named without one.
func (p *parser) only(pl place) int {
	d := pl.device
	switch recorder := d.Simulate == "nvr" || d.Simulate == "dvr"; {
	case len(d.Channels) == 1:
		return d.Channels[0].Address
	case len(d.Channels) > 1:
		var all []string
		for _, c := range d.Channels {
			all = append(all, d.Name+"/"+c.Name)
		}
		p.refuse(pl.at, "which channel of %s: %s?", d.Name, strings.Join(all, ", "))
	case recorder:
		p.refuse(pl.at, "which channel of %s: %[1]s/1, %[1]s/2 ...?", d.Name)
	}
	return 1
}

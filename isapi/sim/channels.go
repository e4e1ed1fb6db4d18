package sim

import (
	"fmt"
	"strings"
)

func channelRoutes() []route {
	var list []route
	add := func(pattern string, methods map[string]handler, only string) {
		list = append(list, route{pattern, methods, only})
	}
	add("/ISAPI/System/Video/inputs/channels", get(videoInputs), "ipd")
	add("/ISAPI/System/Video/inputs/channels/{ch}", get(videoInput), "ipd")
	add("/ISAPI/ContentMgmt/InputProxy/channels", get(inputProxies), "nd")
	add("/ISAPI/ContentMgmt/InputProxy/channels/status", get(inputProxyStates), "nd")
	add("/ISAPI/ContentMgmt/InputProxy/channels/{ch}", get(inputProxy), "nd")
	add("/ISAPI/ContentMgmt/InputProxy/channels/{ch}/status", get(inputProxyState), "nd")
	add("/ISAPI/Streaming/channels", get(streamingChannels), "")
	add("/ISAPI/Streaming/channels/{id}", get(streamingChannel), "")
	add("/ISAPI/Streaming/channels/{id}/picture", get(picture), "")
	add("/ISAPI/ContentMgmt/StreamingProxy/channels/{id}/picture", get(pictureByProxy), "nd")
	for _, lens := range []struct{ base, only string }{
		{"/ISAPI/System/Video/inputs/channels/{ch}", "ipd"},
		{"/ISAPI/Image/channels/{ch}", "ipd"},
		{"/ISAPI/ContentMgmt/ImageProxy/channels/{ch}", "nd"},
		{"/ISAPI/ContentMgmt/InputProxy/channels/{ch}/video", "nd"},
	} {
		add(lens.base+"/focus", put(setLens("focus", "FocusData", func(h *head) *int { return &h.focus })), lens.only)
		add(lens.base+"/iris", put(setLens("iris", "IrisData", func(h *head) *int { return &h.iris })), lens.only)
	}
	return list
}

// proxied reports whether a channel of this device is a network camera behind it.
func (d *Device) proxied(c *channel) bool { return d.recorder() && !c.o.Analog }

func videoInputs(x *exchange) {
	x.entry.What = "video inputs"
	list := el("VideoInputChannelList", root{})
	for _, c := range x.d.channels {
		if !x.d.proxied(c) {
			list.kids = append(list.kids, x.d.videoInputElem(c))
		}
	}
	x.send(list)
}

func videoInput(x *exchange) {
	c := x.d.channel(x.number("ch"))
	if c == nil || x.d.proxied(c) {
		x.refuse("invalidChannel")
		return
	}
	x.entry.What, x.entry.Channel = "video input", c.o.ID
	x.send(x.d.videoInputElem(c))
}

func (d *Device) videoInputElem(c *channel) *elem {
	e := el("VideoInputChannel", root{}, el("id", c.o.ID), el("inputPort", c.o.ID))
	if d.o.Model != DVR {
		e.kids = append(e.kids, el("name", c.name), el("videoFormat", "PAL"))
		if len(d.channels) > 1 {
			e.kids = append(e.kids, el("channelDescription", map[bool]string{true: "PTZ", false: "Panoramic"}[c.head != nil]))
		}
		return e
	}
	resolution := "NO VIDEO"
	if c.online {
		resolution = fmt.Sprintf("%d*%dP25", c.o.MainWidth, c.o.MainHeight)
	}
	e.kids = append(e.kids, el("videoInputEnabled", c.enabled), el("name", c.name), el("videoFormat", "PAL"), el("resDesc", resolution))
	return e
}

// inputProxies lists network cameras. A hybrid recorder without any says a
// size and lists none, as recorded.
func inputProxies(x *exchange) {
	x.entry.What = "channels"
	list := x.d.proxyList("InputProxyChannelList", x.d.proxyElem)
	size := len(list.kids)
	if size == 0 {
		size = 2
	}
	list.attrs = append(list.attrs, attr{"size", fmt.Sprint(size)})
	x.send(list)
}

func (x *exchange) proxiedChannel() *channel {
	c := x.d.channel(x.number("ch"))
	if c == nil || !x.d.proxied(c) {
		x.refuse("invalidChannel")
		return nil
	}
	x.entry.Channel = c.o.ID
	return c
}

func inputProxy(x *exchange) {
	if c := x.proxiedChannel(); c != nil {
		x.entry.What = "channel"
		x.send(x.d.proxyElem(c))
	}
}

func (d *Device) source(c *channel) *elem {
	port, model, firmware := 8000, "DS-2CD2145SIM-I", "V5.7.21 build 250220"
	serial := fmt.Sprintf("DS-2CD2145SIM-I20250301AAWR%09d", d.random(uint64(100+c.o.ID))%1_000_000_000)
	if c.head != nil {
		model = "DS-2DE4425SIM-DE"
	}
	if c.o.Protocol == "ONVIF" {
		port, model, serial = 80, "IPC", "0000000000000000"
	}
	if !c.online {
		model, serial, firmware = "", "", ""
	}
	return el("sourceInputPortDescriptor", el("proxyProtocol", c.o.Protocol), el("addressingFormatType", "ipaddress"),
		el("ipAddress", c.o.IP), el("managePortNo", port), el("srcInputPort", 1), el("userName", "admin"), el("connMode", "plugplay"),
		el("streamType", "auto"), el("model", model), el("serialNumber", serial), el("firmwareVersion", firmware), el("deviceID"))
}

func (d *Device) proxyElem(c *channel) *elem {
	e := el("InputProxyChannel", el("id", c.o.ID), el("name", c.name), d.source(c), el("enableAnr", false), el("enableTiming", true))
	if c.online && c.o.Protocol != "ONVIF" {
		n := d.random(uint64(200 + c.o.ID))
		e.kids = append(e.kids, el("devIndex", fmt.Sprintf("%08x-%04x-4000-8000-%012x", uint32(n), uint16(n>>32), n>>16)))
	}
	return e
}

func (d *Device) proxyState(c *channel) *elem {
	return el("InputProxyChannelStatus", el("id", c.o.ID), d.source(c), el("online", c.online),
		el("streamingProxyChannelIdList", el("streamingProxyChannelId", c.o.ID*100+1), el("streamingProxyChannelId", c.o.ID*100+2)))
}

func inputProxyStates(x *exchange) {
	x.entry.What = "channel states"
	x.send(x.d.proxyList("InputProxyChannelStatusList", x.d.proxyState))
}

// proxyList is an element of each network camera.
func (d *Device) proxyList(name string, of func(*channel) *elem) *elem {
	list := el(name, root{})
	for _, c := range d.channels {
		if d.proxied(c) {
			list.kids = append(list.kids, of(c))
		}
	}
	return list
}

func inputProxyState(x *exchange) {
	if c := x.proxiedChannel(); c != nil {
		x.entry.What = "channel state"
		x.send(x.d.proxyState(c))
	}
}

// lens finds the head whose lens a focus or iris command names.
func (x *exchange) lens() *head {
	c := x.d.channel(x.number("ch"))
	proxyPath := strings.Contains(strings.ToLower(x.r.URL.Path), "proxy")
	switch {
	case c == nil || proxyPath != x.d.proxied(c):
		x.refuse("invalidChannel")
	case c.head == nil:
		x.refuse("notSupport")
	case x.user.noPTZ || x.user.level == "Viewer":
		x.refuse("lowPrivilege")
	case !c.online:
		x.refuse("reConnectIpc")
	default:
		x.entry.Channel = c.o.ID
		return c.head
	}
	return nil
}

// setLens takes the speed of a part of the lens.
func setLens(part, root string, of func(*head) *int) handler {
	return func(x *exchange) {
		h := x.lens()
		if h == nil {
			return
		}
		if e, ok := x.read(group(map[string]shape{part: whole(-100, 100)}, part), root); ok {
			*of(h) = int(e.child(part).number())
			x.entry.What = fmt.Sprintf("%s %d", part, *of(h))
			x.ok()
		}
	}
}

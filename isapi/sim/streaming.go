package sim

import "net/http"

// streamOf splits a streaming id into channel and stream: 101 is the main
// stream of channel 1, 1802 the sub stream of channel 18.
func streamOf(id int) (channel, stream int) { return id / 100, id % 100 }

func streamingChannels(x *exchange) {
	x.entry.What = "streams"
	list := el("StreamingChannelList", root{})
	for _, c := range x.d.channels {
		if x.d.proxied(c) && !c.online {
			continue
		}
		list.kids = append(list.kids, x.d.streamElem(c, 1), x.d.streamElem(c, 2))
	}
	x.send(list)
}

// streamingChannel answers for streams that do not exist as each class does:
// cameras know 103 and 104 although they list two, an NVR refuses them, a DVR
// says 400 for the third.
func streamingChannel(x *exchange) {
	id, stream := streamOf(x.number("id"))
	c := x.d.channel(id)
	switch {
	case c == nil || stream < 1 || stream > 4, x.d.proxied(c) && !c.online:
		x.refuse("notSupport")
	case stream == 3 && x.d.o.Model == DVR:
		x.refuse(badParameters)
	case stream > 2 && x.d.recorder():
		x.refuse("notSupport")
	default:
		x.entry.What, x.entry.Channel = "stream", id
		x.send(x.d.streamElem(c, stream))
	}
}

func (d *Device) streamElem(c *channel, stream int) *elem {
	width, height, codec := c.o.MainWidth, c.o.MainHeight, "H.265"
	if stream > 1 {
		width, height, codec = c.o.SubWidth, c.o.SubHeight, "H.264"
	}
	id := c.o.ID*100 + stream
	var name any = c.name
	rate := 2500
	if d.recorder() {
		name, rate = id, 0
	}
	protocols := el("ControlProtocolList", el("ControlProtocol", el("streamingTransport", "RTSP")))
	transport := el("Transport", protocols)
	if !d.recorder() {
		protocols.kids = append(protocols.kids, el("ControlProtocol", el("streamingTransport", "HTTP")))
		transport.kids = append(transport.kids, el("Unicast", el("enabled", true), el("rtpTransportType", "RTP/TCP")),
			el("Security", el("enabled", true), el("certificateType", "digest")))
	}
	return el("StreamingChannel", root{}, el("id", id), el("channelName", name), el("enabled", c.enabled), transport,
		el("Video", el("enabled", true), el("videoInputChannelID", c.o.ID), el("videoCodecType", codec), el("videoScanType", "progressive"),
			el("videoResolutionWidth", width), el("videoResolutionHeight", height), el("videoQualityControlType", "VBR"),
			el("fixedQuality", 90), el("vbrUpperCap", 2048), el("vbrLowerCap", 32), el("maxFrameRate", rate),
			el("snapShotImageType", "JPEG"), el("GovLength", 50)),
		el("Audio", el("enabled", false), el("audioInputChannelID", 1), el("audioCompressionType", "G.711ulaw")))
}

func pictureByProxy(x *exchange) { x.requestPicture(true) }

func picture(x *exchange) { x.requestPicture(false) }

// requestPicture accepts 101 and, on cameras, the plain channel number.
func (x *exchange) requestPicture(byProxy bool) {
	d := x.d
	n := x.number("id")
	id, stream := streamOf(n)
	if n > 0 && n < 100 && !d.recorder() {
		id, stream = n, 1
	}
	c := d.channel(id)
	if c != nil {
		x.entry.Channel = id
	}
	switch {
	case d.o.ProxyPictures && d.recorder() && !byProxy:
		x.refuse(badContent)
		return
	case c == nil || stream < 1 || stream > 2 || !c.enabled || byProxy && !d.proxied(c):
		x.refuse("notSupport")
		if !d.recorder() {
			x.status = http.StatusNotFound
		}
		return
	case !c.online:
		x.refuse("deviceError")
		return
	case d.o.OnePicture && c.busy > 0:
		x.refuse("deviceBusy")
		return
	}
	width, height := c.o.MainWidth, c.o.MainHeight
	if stream == 2 || d.o.SubPictures && d.recorder() {
		width, height = c.o.SubWidth, c.o.SubHeight
	}
	width, height = wanted(x.query, width, height)
	c.busy++
	x.status = http.StatusOK
	x.entry.What = "picture"
	x.shot = &shot{channel: c, width: width, height: height}
}

package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func ptzRoutes() []route {
	const base = "/ISAPI/PTZCtrl/channels"
	ch := base + "/{ch}"
	all := func(g, p, del handler) map[string]handler {
		return map[string]handler{http.MethodGet: g, http.MethodPut: p, http.MethodDelete: del}
	}
	return []route{
		{base, get(ptzChannels), "pnd"},
		{ch, get(headed(ptzChannel)), "pnd"},
		{ch + "/capabilities", get(headed(ptzCapabilities)), "pnd"},
		{ch + "/continuous", put(headed(continuous)), "pnd"},
		{ch + "/momentary", put(headed(momentary)), "pnd"},
		{ch + "/absolute", put(headed(absolute)), "pnd"},
		{ch + "/absoluteEx", getPut(headed(getAbsoluteEx), headed(putAbsoluteEx)), "pnd"},
		{ch + "/absoluteEx/capabilities", get(headed(absoluteExCapabilities)), "pnd"},
		{ch + "/relative", put(headed(relative)), "pnd"},
		{ch + "/position3D", put(headed(position3D)), "pnd"},
		{ch + "/status", get(headed(ptzStatus)), "pnd"},
		{ch + "/presets", get(headed(listPresets)), "pnd"},
		{ch + "/presets/{id}", all(headed(getPreset), headed(setPreset), headed(deletePreset)), "pnd"},
		{ch + "/presets/{id}/goto", put(headed(gotoPreset)), "pnd"},
		{ch + "/homeposition", map[string]handler{http.MethodPut: headed(setHome), http.MethodDelete: headed(deleteHome)}, "pnd"},
		{ch + "/homeposition/goto", put(headed(gotoHome)), "pnd"},
		{ch + "/patrols", get(headed(listPatrols)), "pnd"},
		{ch + "/patrols/{id}", all(headed(getPatrol), headed(putPatrol), headed(deletePatrol)), "pnd"},
		{ch + "/patrols/{id}/capabilities", get(headed(patrolCapabilities)), "pnd"},
		{ch + "/patrols/{id}/start", put(headed(patrolVerb("start", func(x *exchange, h *head, id int) bool { return h.startPatrol(id, x.now, x.d.patrolUnit()) }))), "pnd"},
		{ch + "/patrols/{id}/stop", put(headed(patrolVerb("stop", func(x *exchange, h *head, id int) bool { return h.stopPatrol(id, x.now) }))), "pnd"},
		{ch + "/patrols/{id}/pause", put(headed(patrolVerb("pause", func(x *exchange, h *head, id int) bool { return h.pausePatrol(id, x.now) }))), "pnd"},
		{ch + "/autoPan", put(headed(autoPan)), "pnd"},
		{ch + "/auxcontrols/{aux}", put(headed(auxControl)), "pnd"},
	}
}

// headed resolves the head that a path names and checks the right to move it.
func headed(f func(*exchange, *head)) handler {
	return func(x *exchange) {
		c := x.ptzTarget(x.number("ch"))
		switch {
		case c == nil:
			x.refuse("invalidChannel")
		case c.head == nil:
			x.refuse("notSupport")
		case x.r.Method != http.MethodGet && (x.user.noPTZ || x.user.level == "Viewer"):
			x.entry.Channel = c.o.ID
			x.refuse("lowPrivilege")
		case !c.online:
			x.entry.Channel = c.o.ID
			x.refuse("reConnectIpc")
		default:
			x.entry.Channel = c.o.ID
			c.head.advance(x.now)
			f(x, c.head)
		}
	}
}

// ptzTarget is the channel behind a PTZ id: 1, or 101 on devices that count so.
func (x *exchange) ptzTarget(id int) *channel {
	if x.d.o.PTZID == PTZByStream {
		if id%100 != 1 {
			return nil
		}
		id /= 100
	}
	return x.d.channel(id)
}

func (d *Device) ptzID(c *channel) int {
	if d.o.PTZID == PTZByStream {
		return c.o.ID*100 + 1
	}
	return c.o.ID
}

func ptzChannels(x *exchange) {
	list := el("PTZChannelList", root{})
	for _, c := range x.d.channels {
		if c.head != nil {
			list.kids = append(list.kids, x.d.ptzChannelElem(c))
		}
	}
	if len(list.kids) == 0 && !x.d.recorder() {
		x.refuse("notSupport")
		return
	}
	x.entry.What = "ptz channels"
	x.send(list)
}

func ptzChannel(x *exchange, _ *head) {
	x.entry.What = "ptz channel"
	x.send(x.d.ptzChannelElem(x.ptzTarget(x.number("ch"))))
}

func (d *Device) ptzChannelElem(c *channel) *elem {
	o := d.o.Head
	return el("PTZChannel", root{}, el("id", d.ptzID(c)), el("enabled", true), el("videoInputID", c.o.ID),
		el("panMaxSpeed", int(o.PanSpeed*10)), el("tiltMaxSpeed", int(o.TiltSpeed*10)), el("presetSpeed", 4), el("autoPatrolSpeed", 70),
		el("keyBoardControlSpeed", "normal"), el("controlProtocol", "PELCO-D"),
		el("controlAddress", el("enabled", true), el("Address", 0)), el("defaultPresetID", 1),
		el("panSupport", true), el("tiltSupport", true), el("zoomSupport", true), el("manualControlSpeed", "compatible"))
}

var velocity = map[string]shape{"pan": whole(-100, 100), "tilt": whole(-100, 100), "zoom": whole(-100, 100)}

// speeds reads the axes of a continuous command. An empty document stops all.
func speeds(e *elem) (pan, tilt, zoom *int) {
	axis := func(name string) *int {
		k := e.child(name)
		if k == nil {
			return nil
		}
		n := int(k.number())
		return &n
	}
	pan, tilt, zoom = axis("pan"), axis("tilt"), axis("zoom")
	if pan == nil && tilt == nil && zoom == nil {
		zero := 0
		return &zero, &zero, &zero
	}
	return pan, tilt, zoom
}

func continuous(x *exchange, h *head) {
	e, ok := x.read(group(velocity), "PTZData")
	if !ok {
		return
	}
	pan, tilt, zoom := speeds(e)
	span := never
	if x.d.o.SelfStop > 0 {
		span = x.d.o.SelfStop
	}
	x.entry.What = "continuous " + words(pan, tilt, zoom)
	h.drive(x.now, pan, tilt, zoom, span)
	if nonzero(pan) || nonzero(tilt) || nonzero(zoom) {
		x.d.counts.Moves++
	} else {
		x.d.counts.Stops++
	}
	x.ok()
}

func words(axes ...*int) string {
	list := make([]string, len(axes))
	for i, a := range axes {
		if list[i] = "-"; a != nil {
			list[i] = strconv.Itoa(*a)
		}
	}
	return strings.Join(list, " ")
}

func momentary(x *exchange, h *head) {
	kids := map[string]shape{"Momentary": group(map[string]shape{"duration": whole(1, 1<<31-1)}, "duration")}
	for name, s := range velocity {
		kids[name] = s
	}
	e, ok := x.read(group(kids, "Momentary"), "PTZData")
	if !ok {
		return
	}
	pan, tilt, zoom := speeds(e)
	span := time.Duration(e.at("Momentary", "duration").number()) * time.Millisecond
	x.entry.What = fmt.Sprintf("momentary %s %s", words(pan, tilt, zoom), span)
	h.drive(x.now, pan, tilt, zoom, span)
	x.d.counts.Moves++
	x.ok()
}

func ptzStatus(x *exchange, h *head) {
	x.entry.What = "ptz status"
	status := el("PTZStatus", root{})
	if !h.gear.NoPosition {
		status.kids = append(status.kids, absoluteHigh(h.pose(x.now)))
	}
	x.send(status)
}

// absoluteHigh is a pose in tenths. Positive elevation points down: the trap
// that real devices set.
func absoluteHigh(p Pose) *elem {
	elevation, azimuth, zoom := p.tenths()
	return el("AbsoluteHigh", el("elevation", elevation), el("azimuth", azimuth), el("absoluteZoom", zoom))
}

package sim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

func ptzCapabilities(x *exchange, h *head) {
	between := func(name string, low, high int) *elem {
		return el(name, el("Min", low), el("Max", high))
	}
	names := el("PresetNameCap", el("presetNameSupport", true), el("maxPresetNameLen", attr{"max", fmt.Sprint(maxPresetName)}))
	if !x.d.o.NoSpecials {
		names.kids = append(names.kids, el("specialNo", opt(h.gear.specialList())))
	}
	x.entry.What = "ptz capabilities"
	g := h.gear
	tenths := func(name string, low, high float64) *elem {
		return between(name, int(math.Round(10*low)), int(math.Round(10*high)))
	}
	x.send(el("PTZChanelCap", root{},
		el("AbsolutePanTiltPositionSpace", tenths("XRange", g.Pan.Min, g.Pan.Max), tenths("YRange", -g.Tilt.Max, -g.Tilt.Min)),
		el("AbsoluteZoomPositionSpace", tenths("ZRange", g.Zoom.Min, g.Zoom.Max)),
		el("ContinuousPanTiltSpace", between("XRange", -100, 100), between("YRange", -100, 100)),
		el("ContinuousZoomSpace", between("ZRange", -100, 100)),
		el("maxPresetNum", g.MaxPresets), el("maxPatrolNum", maxPatrol), el("maxPatternNum", 0), el("maxLimitesNum", 1), el("maxTimeTaskNum", 0),
		el("controlProtocol", opt("HIKVISION,PELCO-P,PELCO-D"), "PELCO-D"), el("controlAddress", 0), names,
		el("wiperStatusSupport", false), el("isSupportPosition3D", true), el("isSupportManualTrack", false),
		el("manualControlSpeed", opt("compatible"), "compatible"), el("isSpportPtzlimiteds", true)))
}

func (x *exchange) special(h *head, id int) (string, bool) {
	name, ok := h.gear.Specials[id]
	return name, ok && !x.d.o.NoSpecials
}

// presetElem is one preset. Items of the list carry no namespace of their own.
func (h *head) presetElem(id int, p preset, own ...any) *elem {
	e := el("PTZPreset", own, el("enabled", true), el("id", id), el("presetName", p.name))
	if !h.gear.NoPosition {
		e.kids = append(e.kids, absoluteHigh(p.pose))
	}
	return e
}

// specialPose is what devices say for special presets: 0, 0, 1x.
var specialPose = Pose{Zoom: 1}

func listPresets(x *exchange, h *head) {
	ids := slices.Collect(maps.Keys(h.presets))
	if !x.d.o.NoSpecials {
		ids = append(ids, h.gear.specialIDs()...)
	}
	slices.Sort(ids)
	list := el("PTZPresetList", root{})
	for _, id := range ids {
		p := h.presets[id]
		if name, ok := x.special(h, id); ok {
			p = preset{name, specialPose}
		}
		list.kids = append(list.kids, h.presetElem(id, p))
	}
	x.entry.What = "presets"
	x.send(list)
}

// presetID reads the id of the path and refuses what is none.
func (x *exchange) presetID(h *head) (int, bool) {
	id := x.number("id")
	if id < 1 || id > h.gear.MaxPresets {
		x.refuse(badParameters)
		return 0, false
	}
	return id, true
}

func getPreset(x *exchange, h *head) {
	id, ok := x.presetID(h)
	if !ok {
		return
	}
	x.entry.What = fmt.Sprintf("preset %d", id)
	if name, ok := x.special(h, id); ok {
		x.send(h.presetElem(id, preset{name, specialPose}, root{}))
	} else if p, ok := h.presets[id]; ok {
		x.send(h.presetElem(id, p, root{}))
	} else {
		x.refuse("invalidOperation")
	}
}

func setPreset(x *exchange, h *head) {
	id, ok := x.presetID(h)
	if !ok {
		return
	}
	pose := group(h.gear.tenths())
	e, ok := x.read(group(map[string]shape{"enabled": truth(), "id": whole(1, h.gear.MaxPresets), "presetName": plain(maxPresetName),
		"AbsoluteHigh": pose}), "PTZPreset")
	if !ok {
		return
	}
	if k := e.child("id"); k != nil && int(k.number()) != id {
		x.refuse(badParameters)
		return
	}
	if !x.changesPreset(h, "set", id) {
		return
	}
	name := e.child("presetName").value()
	if name == "" {
		name = fmt.Sprintf("preset %d", id)
	}
	h.presets[id] = preset{name, h.pose(x.now)}
	x.ok()
}

// changesPreset notes what is done to a preset, and refuses to do it to one of
// the device's own.
func (x *exchange) changesPreset(h *head, verb string, id int) bool {
	x.entry.What = fmt.Sprintf("%s preset %d", verb, id)
	_, special := x.special(h, id)
	if special {
		x.refuse("invalidOperation")
	}
	return !special
}

func deletePreset(x *exchange, h *head) {
	id, ok := x.presetID(h)
	if !ok {
		return
	}
	if !x.changesPreset(h, "delete", id) {
		return
	}
	delete(h.presets, id)
	x.ok()
}

func gotoPreset(x *exchange, h *head) {
	id, ok := x.presetID(h)
	if !ok {
		return
	}
	x.entry.What = fmt.Sprintf("goto %d", id)
	if name, ok := x.special(h, id); ok {
		x.entry.What += " (" + name + ")"
		x.callSpecial(id, h)
		return
	}
	p, ok := h.presets[id]
	if !ok {
		x.refuse("invalidOperation")
		return
	}
	x.recall(h, p.pose)
}

// recall sends the head to a pose that it remembers.
func (x *exchange) recall(h *head, to Pose) {
	h.interrupt(x.now)
	h.travel(x.now, to, 1)
	x.d.counts.Presets++
	x.ok()
}

// callSpecial does what can be seen from outside; the rest is accepted.
func (x *exchange) callSpecial(id int, h *head) {
	slow := 10
	switch id {
	case 33:
		p := h.pose(x.now)
		x.recall(h, Pose{p.Pan + 180, p.Tilt, p.Zoom})
		return
	case 34:
		x.recall(h, h.home)
		return
	case 35, 36, 37, 38:
		h.startPatrol(id-34, x.now, x.d.patrolUnit())
	case 102, 103, 104, 105:
		h.startPatrol(id-97, x.now, x.d.patrolUnit())
	case 45:
		h.startPatrol(1, x.now, x.d.patrolUnit())
	case 96:
		h.stop(x.now)
	case 97, 98, 99, 101:
		h.drive(x.now, &slow, nil, nil, never)
	case 100:
		h.drive(x.now, nil, &slow, nil, never)
	case 94:
		x.d.reboot(x.now)
	}
	x.d.counts.Presets++
	x.ok()
}

func (d *Device) patrolUnit() time.Duration {
	if d.o.PatrolInMillis {
		return time.Millisecond
	}
	return time.Second
}

func setHome(x *exchange, h *head) {
	x.entry.What = "set home"
	h.home = h.pose(x.now)
	x.ok()
}

func deleteHome(x *exchange, h *head) {
	x.entry.What = "delete home"
	h.home = Pose{Tilt: -5, Zoom: 1}
	x.ok()
}

func gotoHome(x *exchange, h *head) {
	x.entry.What = "goto home"
	x.recall(h, h.home)
}

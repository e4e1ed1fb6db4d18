package sim

import "fmt"

func (x *exchange) delayScale() int {
	if x.d.o.PatrolInMillis {
		return 1000
	}
	return 1
}

func (x *exchange) patrolElem(id int, p patrol) *elem {
	list := el("PatrolSequenceList")
	for i := range patrolSlots {
		s := patrolStep{speed: 30, delay: 15 * x.delayScale()}
		if i < len(p.steps) {
			s = p.steps[i]
		}
		list.kids = append(list.kids, el("PatrolSequence", el("presetID", s.preset), el("seqSpeed", s.speed), el("delay", s.delay)))
	}
	return el("PTZPatrol", el("enabled", len(p.steps) > 0), el("id", id), el("patrolName", p.name), list)
}

func listPatrols(x *exchange, h *head) {
	list := el("PTZPatrolList", root{})
	for id := 1; id <= maxPatrol; id++ {
		list.kids = append(list.kids, x.patrolElem(id, h.patrols[id]))
	}
	x.entry.What = "patrols"
	x.send(list)
}

// patrolID reads the id of the path and notes what is done with it.
func (x *exchange) patrolID(what string) (int, bool) {
	id := x.number("id")
	if id < 1 || id > maxPatrol {
		x.refuse(badParameters)
		return 0, false
	}
	x.entry.What = fmt.Sprintf("%s %d", what, id)
	return id, true
}

func getPatrol(x *exchange, h *head) {
	if id, ok := x.patrolID("patrol"); ok {
		x.send(x.patrolElem(id, h.patrols[id]))
	}
}

func putPatrol(x *exchange, h *head) {
	id, ok := x.patrolID("set patrol")
	if !ok {
		return
	}
	step := group(map[string]shape{"presetID": whole(0, h.gear.MaxPresets), "seqSpeed": whole(1, 40),
		"delay": whole(0, maxPatrolGap*x.delayScale())}, "presetID")
	e, ok := x.read(group(map[string]shape{"enabled": truth(), "id": whole(1, maxPatrol), "patrolName": plain(32),
		"PatrolSequenceList": group(map[string]shape{"PatrolSequence": step.repeated()})}), "PTZPatrol")
	if !ok {
		return
	}
	list := e.at("PatrolSequenceList")
	if k := e.child("id"); k != nil && int(k.number()) != id || list != nil && len(list.kids) > patrolSlots {
		x.refuse(badParameters)
		return
	}
	p := patrol{name: e.child("patrolName").value()}
	if list != nil {
		for _, s := range list.kids {
			step := patrolStep{int(s.child("presetID").number()), 30, 15 * x.delayScale()}
			if k := s.child("seqSpeed"); k != nil {
				step.speed = int(k.number())
			}
			if k := s.child("delay"); k != nil {
				step.delay = int(k.number())
			}
			if step.preset != 0 {
				p.steps = append(p.steps, step)
			}
		}
	}
	if h.run != nil && h.run.id == id {
		h.stop(x.now)
	}
	h.patrols[id] = p
	x.ok()
}

func deletePatrol(x *exchange, h *head) {
	if id, ok := x.patrolID("delete patrol"); ok {
		h.stopPatrol(id, x.now)
		delete(h.patrols, id)
		x.ok()
	}
}

func patrolCapabilities(x *exchange, h *head) {
	if id, ok := x.patrolID("patrol capabilities"); ok {
		x.send(el("PTZPatrol", root{}, el("enabled", opt("true,false")), el("id", id), el("patrolName", span(0, 32)),
			el("PatrolSequenceList", attr{"size", fmt.Sprint(patrolSlots)}, el("PatrolSequence",
				el("presetID", span(1, h.gear.MaxPresets)), el("seqSpeed", span(1, 40)), el("delay", span(0, maxPatrolGap*x.delayScale()))))))
	}
}

// patrolVerb does something with a patrol, if it can be done now.
func patrolVerb(verb string, do func(*exchange, *head, int) bool) func(*exchange, *head) {
	return func(x *exchange, h *head) {
		id, ok := x.patrolID(verb + " patrol")
		switch {
		case !ok:
		case do(x, h, id):
			x.ok()
		default:
			x.refuse("invalidOperation")
		}
	}
}

func autoPan(x *exchange, h *head) {
	e, ok := x.read(group(map[string]shape{"autoPan": whole(-100, 100)}, "autoPan"), "autoPanData")
	if !ok {
		return
	}
	speed := int(e.child("autoPan").number())
	x.entry.What = fmt.Sprintf("auto pan %d", speed)
	h.drive(x.now, &speed, nil, nil, never)
	x.ok()
}

func auxControl(x *exchange, h *head) {
	e, ok := x.read(group(map[string]shape{"id": whole(1, 8), "type": word("LIGHT", "WIPER"), "status": word("on", "off")}, "type", "status"), "PTZAux")
	if !ok {
		return
	}
	kind, on := e.child("type").value(), e.child("status").value() == "on"
	x.entry.What = fmt.Sprintf("aux %s %s", kind, e.child("status").value())
	if kind == "LIGHT" {
		h.light = on
	} else {
		h.wiper = on
	}
	x.ok()
}

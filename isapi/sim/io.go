package sim

import (
	"fmt"
)

// ioPort is an alarm input or a relay. Ports of a camera behind a recorder
// have the number channel*100 + 1.
type ioPort struct {
	id        int
	high      bool // outputs: the relay is on. inputs: the contact is closed
	name      string
	enabled   bool
	triggerOn string // high or low: at which level an input alarms
}

// setUpPorts gives cameras one input and one relay, an NVR four inputs and one
// relay and those of its first camera, a DVR none, as recorded.
func (d *Device) setUpPorts() {
	inputs, outputs := 1, 1
	switch d.o.Model {
	case NVR:
		inputs = 4
	case DVR:
		inputs, outputs = 0, 0
	}
	add := func(list *[]ioPort, id int) {
		*list = append(*list, ioPort{id: id, enabled: true, triggerOn: "high"})
	}
	for i := range inputs {
		add(&d.inputs, i+1)
	}
	for i := range outputs {
		add(&d.outputs, i+1)
	}
	if d.o.Model == NVR && len(d.channels) > 0 {
		id := d.channels[0].o.ID*100 + 1
		add(&d.inputs, id)
		add(&d.outputs, id)
	}
	d.triggers = map[string][]string{}
}

func (x *exchange) port(list []ioPort) *ioPort {
	n := x.number("port")
	for i := range list {
		if list[i].id == n {
			return &list[i]
		}
	}
	x.refuse("notSupport")
	return nil
}

// side is the inputs or the outputs.
type side struct {
	kind, list string
	ports      func(*Device) []ioPort
	elem       func(ioPort) *elem
}

var (
	inputSide  = side{"input", "IOInputPortList", func(d *Device) []ioPort { return d.inputs }, inputElem}
	outputSide = side{"output", "IOOutputPortList", func(d *Device) []ioPort { return d.outputs }, outputElem}
)

func (s side) all(x *exchange) {
	x.entry.What = s.kind + "s"
	e := el(s.list, root{})
	for _, p := range s.ports(x.d) {
		e.kids = append(e.kids, s.elem(p))
	}
	if len(e.kids) == 0 {
		x.refuse("notSupport")
		return
	}
	x.send(e)
}

func (s side) one(x *exchange) {
	x.entry.What = s.kind + " " + x.pathVar("port")
	if p := x.port(s.ports(x.d)); p != nil {
		x.send(s.elem(*p))
	}
}

func (s side) status(x *exchange) {
	x.entry.What = s.kind + " " + x.pathVar("port") + " status"
	if p := x.port(s.ports(x.d)); p != nil {
		state := map[bool]string{true: "active", false: "inactive"}[p.high]
		x.send(el("IOPortStatus", root{}, el("ioPortID", p.id), el("ioPortType", s.kind), el("ioState", state)))
	}
}

func inputElem(p ioPort) *elem {
	return el("IOInputPort", root{}, el("id", p.id), el("enabled", p.enabled), el("triggering", p.triggerOn), el("name", p.name))
}

func outputElem(p ioPort) *elem {
	return el("IOOutputPort", root{}, el("id", p.id), el("PowerOnState", el("defaultState", "low"), el("outputState", "high"),
		el("pulseDuration", 5000)), el("name", p.name))
}

func putIOInput(x *exchange) {
	x.entry.What = "set input " + x.pathVar("port")
	p := x.port(x.d.inputs)
	if p == nil {
		return
	}
	e, ok := x.read(group(map[string]shape{"id": whole(1, 1<<16), "enabled": truth(), "triggering": word("high", "low"), "name": plain(32)}), "IOInputPort")
	if !ok {
		return
	}
	if k := e.child("enabled"); k != nil {
		p.enabled = k.value() == "true"
	}
	if k := e.child("triggering"); k != nil {
		p.triggerOn = k.value()
	}
	if k := e.child("name"); k != nil {
		p.name = k.value()
	}
	x.ok()
}

// triggerOutput sets a relay. It is a level: nothing releases it but low.
func triggerOutput(x *exchange) {
	x.entry.What = "output " + x.pathVar("port")
	p := x.port(x.d.outputs)
	if p == nil {
		return
	}
	e, ok := x.read(group(map[string]shape{"outputState": word("high", "low")}, "outputState"), "IOPortData")
	if !ok {
		return
	}
	p.high = e.child("outputState").value() == "high"
	x.entry.What += " " + e.child("outputState").value()
	x.ok()
}

// Output reports whether a relay is on.
func (d *Device) Output(port int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.outputs {
		if p.id == port {
			return p.high
		}
	}
	return false
}

// SetInput closes or opens the contact at an alarm input, and raises or ends
// its IO alarm.
func (d *Device) SetInput(port int, closed bool) error {
	d.mu.Lock()
	var found *ioPort
	for i := range d.inputs {
		if d.inputs[i].id == port {
			found = &d.inputs[i]
		}
	}
	if found == nil {
		d.mu.Unlock()
		return fmt.Errorf("no input %d", port)
	}
	found.high = closed
	alarming := found.enabled && closed == (found.triggerOn == "high")
	d.mu.Unlock()
	a := Alert{Type: "IO", Channel: port / 100, Port: port}
	if alarming {
		d.Raise(a)
	} else {
		d.Clear(a)
	}
	return nil
}

package site

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

// The tables of devices.yaml, for its parser and its schema.

var savedFields = []field[Saved]{
	{name: "devices", kind: "map", meaning: "what the devices told, by their names in site.yaml", read: readSavedDevices,
		sub: func(path string) []Key { return keysOf(path+".NAME", savedDeviceFields) }},
}

var savedDeviceFields = []field[SavedDevice]{
	{name: "kind", kind: "word: ipc | ptz | nvr | dvr", meaning: "a camera without or with a head, a recorder, a recorder with inputs of its own", rules: rules{needed: true},
		read: wordField(func(d *SavedDevice) *Model { return &d.Kind }, ModelIPC, ModelPTZ, ModelNVR, ModelDVR)},
	{name: "model", kind: "text", meaning: "what the device calls itself", read: textField(func(d *SavedDevice) *string { return &d.Model })},
	{name: "firmware", kind: "text", meaning: "version of its firmware", read: textField(func(d *SavedDevice) *string { return &d.Firmware })},
	{name: "channels", kind: "map", meaning: "its video inputs, by number", read: readSavedChannels,
		sub: func(path string) []Key { return keysOf(path+".NUMBER", savedChannelFields) }},
}

var savedChannelFields = []field[SavedChannel]{
	{name: "name", kind: "text", meaning: "the device's own name for it", read: textField(func(c *SavedChannel) *string { return &c.Name })},
	{name: "analog", kind: "true or false", def: "false", meaning: "an input of a recorder's own", read: boolField(func(c *SavedChannel) *bool { return &c.Analog })},
	{name: "enabled", kind: "true or false", def: "true", meaning: "whether it is switched on at the device", read: notField(func(c *SavedChannel) *bool { return &c.Off })},
	{name: "online", kind: "true or false", def: "true", meaning: "whether a camera is connected to it", read: notField(func(c *SavedChannel) *bool { return &c.Offline })},
	pixelsField("main", "size of its main stream in pixels", func(c *SavedChannel) *Pixels { return &c.Main }),
	pixelsField("sub", "size of its sub stream in pixels", func(c *SavedChannel) *Pixels { return &c.Sub }),
	{name: "head", kind: "map", meaning: "what its head can do; left out: it has none", read: readSavedHead,
		sub: func(path string) []Key { return keysOf(path, savedHeadFields) }},
}

var savedHeadFields = []field[SavedHead]{
	{name: "position", kind: "true or false", meaning: "whether it tells where it looks, so that absolute and relative moves work", read: readSavedPosition},
	rangeField("pan", "how far it turns: degrees to the right", panBounds, func(h *SavedHead) *isapi.Range { return &h.Pan }),
	rangeField("tilt", "how far it tilts: degrees, up is positive", tiltBounds, func(h *SavedHead) *isapi.Range { return &h.Tilt }),
	rangeField("zoom", "how far it zooms: factors", zoomBounds, func(h *SavedHead) *isapi.Range { return &h.Zoom }),
	{name: "max_presets", kind: "whole number 1 to 999", meaning: "the highest preset number that it has", read: intField(func(h *SavedHead) *int { return &h.MaxPresets }, 1, isapi.MaxPreset)},
	{name: "presets", kind: "map", meaning: "the presets that are set, by number; left out: the device did not tell", read: readSavedPresets,
		sub: func(path string) []Key { return keysOf(path+".NUMBER", savedPresetFields) }},
	{name: "special", kind: "map", meaning: "the presets that are functions of the device, by number", read: readSavedSpecial,
		sub: func(path string) []Key {
			return []Key{{Path: path + ".NUMBER", Type: "text or nothing", Meaning: "name of the function"}}
		}},
}

var savedPresetFields = []field[savedPreset]{
	{name: "name", kind: "text", meaning: "its name at the device", read: textField(func(p *savedPreset) *string { return &p.Name })},
	{name: "pan", kind: "number 0 to 360", meaning: "where the head looks then: degrees to the right", rules: rules{with: "tilt", reason: "a position has both"},
		read: numberField(func(p *savedPreset) *float64 { return &p.at.Pan }, panBounds.Min, panBounds.Max)},
	{name: "tilt", kind: "number -90 to 90", meaning: "degrees, up is positive", rules: rules{with: "pan", reason: "a position has both"},
		read: numberField(func(p *savedPreset) *float64 { return &p.at.Tilt }, tiltBounds.Min, tiltBounds.Max)},
	{name: "zoom", kind: "number 1 to 1000", def: "1", meaning: "factor", rules: rules{with: "pan", reason: "a position has both"},
		read: numberField(func(p *savedPreset) *float64 { return &p.at.Zoom }, zoomBounds.Min, zoomBounds.Max)},
}

// savedPreset is a preset while its keys are read.
type savedPreset struct {
	isapi.Preset
	at isapi.Pose
}

// SavedKeys describes every key of devices.yaml. NUMBER in a path stands for any
// number of a channel or a preset.
func SavedKeys() []Key { return keysOf("", savedFields) }

func rangeField(name, meaning string, most isapi.Range, of func(*SavedHead) *isapi.Range) field[SavedHead] {
	bounds := []field[isapi.Range]{
		{name: "min", kind: "number", meaning: "the least", rules: rules{needed: true}, read: numberField(func(r *isapi.Range) *float64 { return &r.Min }, most.Min, most.Max)},
		{name: "max", kind: "number", meaning: "the most", rules: rules{needed: true}, read: numberField(func(r *isapi.Range) *float64 { return &r.Max }, most.Min, most.Max)},
	}
	for i := range bounds {
		bounds[i].kind += " " + decimalText(most.Min) + " to " + decimalText(most.Max)
	}
	return field[SavedHead]{
		name: name, kind: "map", meaning: meaning,
		sub: func(path string) []Key { return keysOf(path, bounds) },
		read: func(r *reader, n *yaml.Node, h *SavedHead) {
			before := len(r.problems)
			given := readMap(r, n, bounds, of(h))
			if n.Kind != yaml.MappingNode {
				return
			}
			checkRules(r, n, bounds, given)
			if got := *of(h); len(r.problems) == before && got.Min >= got.Max {
				r.fail(n, "min must be less than max")
			}
		},
	}
}

func boolField[T any](dst func(*T) *bool) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if word, ok := r.word(n, []string{"true", "false"}); ok {
			*dst(into) = word == "true"
		}
	}
}

// notField reads what the Go field says the other way round.
func notField[T any](dst func(*T) *bool) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if word, ok := r.word(n, []string{"true", "false"}); ok {
			*dst(into) = word == "false"
		}
	}
}

// maxPixels is beyond the longest side that a camera has.
const maxPixels = 12288

func pixelsField(name, meaning string, of func(*SavedChannel) *Pixels) field[SavedChannel] {
	return field[SavedChannel]{
		name: name, kind: "text", meaning: meaning, pattern: "^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$",
		read: func(r *reader, n *yaml.Node, c *SavedChannel) {
			text, ok := r.scalar(n)
			if !ok {
				return
			}
			width, height, _ := strings.Cut(text, "x")
			w, err := strconv.Atoi(width)
			h, errH := strconv.Atoi(height)
			if err != nil || errH != nil || w < 1 || h < 1 || w > maxPixels || h > maxPixels {
				r.fail(n, "%s is not a size such as 1920x1080", shown(n))
				return
			}
			*of(c) = Pixels{w, h}
		},
	}
}

func readSavedDevices(r *reader, n *yaml.Node, s *Saved) {
	for _, p := range r.pairs(n) {
		name := p.key.Value
		if !r.checkName(p.key, "device", name) {
			continue
		}
		r.under(name, func() {
			d := SavedDevice{Name: name, Line: p.key.Line, Col: p.key.Column}
			before := len(r.problems)
			given := readMap(r, p.value, savedDeviceFields, &d)
			checkRules(r, p.key, savedDeviceFields, given)
			if len(r.problems) == before {
				d.checkKind(r, given["kind"])
			}
			s.Devices = append(s.Devices, d)
		})
	}
}

// checkKind compares the kind of a device with its channels.
func (d *SavedDevice) checkKind(r *reader, n *yaml.Node) {
	heads, recorder := false, d.Kind == ModelNVR || d.Kind == ModelDVR
	for _, c := range d.Channels {
		heads = heads || c.Head != nil
		if c.Analog && d.Kind != ModelDVR {
			r.fail(n, "%s has no inputs of its own, and channel %d is analog: that is a dvr", d.Kind, c.ID)
			return
		}
	}
	switch {
	case d.Kind == ModelIPC && heads:
		r.fail(n, "ipc is a camera without a head, and a channel has one: that is a ptz")
	case d.Kind == ModelPTZ && !heads:
		r.fail(n, "ptz is a camera with a head, and no channel has one: that is an ipc")
	case !recorder && len(d.Channels) == 0:
		r.fail(n, "a camera has a channel: channels: {1: {}}")
	}
}

// numbered reads a map whose keys are whole numbers from 1 to most.
func (r *reader) numbered(n *yaml.Node, what string, most int, read func(id int, p pair)) {
	seen := map[int]bool{}
	for _, p := range r.pairs(n) {
		id, err := strconv.Atoi(p.key.Value)
		switch {
		case err != nil || !isDigits(p.key.Value) || id < 1 || id > most:
			r.fail(p.key, "%s is no %s: a number from 1 to %d is due here", quoted(p.key.Value), what, most)
		case seen[id]:
			r.fail(p.key, "%s %d is given twice", what, id)
		default:
			seen[id] = true
			r.under(strings.TrimLeft(p.key.Value, "0"), func() { read(id, p) })
		}
	}
}

func readSavedChannels(r *reader, n *yaml.Node, d *SavedDevice) {
	r.numbered(n, "channel", maxSavedChannel, func(id int, p pair) {
		c := SavedChannel{ID: id}
		readMap(r, p.value, savedChannelFields, &c)
		d.Channels = append(d.Channels, c)
	})
}

// maxSavedChannel is the highest number that the device library takes.
const maxSavedChannel = 9999

func readSavedHead(r *reader, n *yaml.Node, c *SavedChannel) {
	c.Head = &SavedHead{}
	readMap(r, n, savedHeadFields, c.Head)
}

func readSavedPosition(r *reader, n *yaml.Node, h *SavedHead) {
	h.Position = new(bool)
	boolField(func(h *SavedHead) *bool { return h.Position })(r, n, h)
}

func readSavedPresets(r *reader, n *yaml.Node, h *SavedHead) {
	h.Presets = []isapi.Preset{}
	r.numbered(n, "preset", isapi.MaxPreset, func(id int, p pair) {
		preset := savedPreset{Preset: isapi.Preset{ID: id}, at: isapi.Pose{Zoom: 1}}
		given := readMap(r, p.value, savedPresetFields, &preset)
		checkRules(r, p.key, savedPresetFields, given)
		if given["pan"] != nil {
			preset.Position = &preset.at
		}
		h.Presets = append(h.Presets, preset.Preset)
	})
}

func readSavedSpecial(r *reader, n *yaml.Node, h *SavedHead) {
	h.Special = map[int]string{}
	r.numbered(n, "preset", isapi.MaxPreset, func(id int, p pair) {
		name := ""
		if !isNull(p.value) {
			name, _ = r.scalar(p.value)
		}
		h.Special[id] = name
	})
}

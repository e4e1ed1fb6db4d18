package site

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

// savedHead begins devices.yaml. Its first line tells editors the schema.
const savedHead = `# yaml-language-server: $schema=.stubs/devices.schema.json
# What the devices of this site can do, as "hiklua devices --save" heard it from them. check, repl,
# rehearse and --simulate go by it. The command writes this file anew; addresses and names are given in site.yaml.
`

// Text is devices.yaml: the same for the same content, to the byte.
func (s *Saved) Text() ([]byte, error) {
	s.sort()
	devices := block()
	for _, d := range s.Devices {
		devices.set(d.Name, d.node())
	}
	root := block()
	root.set("devices", devices)
	var b bytes.Buffer
	b.WriteString(savedHead)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode((*yaml.Node)(root)); err != nil {
		return nil, err
	}
	err := enc.Close()
	return b.Bytes(), err
}

func (d SavedDevice) node() *mapNode {
	n := block()
	n.text("kind", string(d.Kind))
	n.text("model", d.Model)
	n.text("firmware", d.Firmware)
	channels := block()
	for _, c := range d.Channels {
		channels.set(strconv.Itoa(c.ID), c.node())
	}
	n.set("channels", channels)
	return n
}

// node is one line for a channel without a head.
func (c SavedChannel) node() *mapNode {
	n := block()
	if c.Head == nil {
		n = line()
	}
	n.text("name", c.Name)
	if c.Analog {
		n.plain("analog", "true")
	}
	if c.Off {
		n.plain("enabled", "false")
	}
	if c.Offline {
		n.plain("online", "false")
	}
	n.text("main", c.Main.text())
	n.text("sub", c.Sub.text())
	if c.Head != nil {
		n.set("head", c.Head.node())
	}
	return n
}

func (h SavedHead) node() *mapNode {
	n := block()
	if h.Position != nil {
		n.plain("position", strconv.FormatBool(*h.Position))
	}
	for _, r := range []struct {
		name string
		isapi.Range
	}{{"pan", h.Pan}, {"tilt", h.Tilt}, {"zoom", h.Zoom}} {
		if r.Range != (isapi.Range{}) {
			bounds := line()
			bounds.plain("min", decimalText(r.Min))
			bounds.plain("max", decimalText(r.Max))
			n.set(r.name, bounds)
		}
	}
	if h.MaxPresets > 0 {
		n.plain("max_presets", strconv.Itoa(h.MaxPresets))
	}
	if h.Presets != nil {
		presets := block()
		for _, p := range h.Presets {
			one := line()
			one.text("name", p.Name)
			if p.Position != nil {
				one.plain("pan", decimalText(p.Position.Pan))
				one.plain("tilt", decimalText(p.Position.Tilt))
				one.plain("zoom", decimalText(p.Position.Zoom))
			}
			presets.set(strconv.Itoa(p.ID), one)
		}
		n.set("presets", presets)
	}
	if h.Special != nil {
		special := block()
		for _, id := range slices.Sorted(maps.Keys(h.Special)) {
			if name := h.Special[id]; name != "" {
				special.text(strconv.Itoa(id), name)
			} else {
				special.plain(strconv.Itoa(id), "null")
			}
		}
		n.set("special", special)
	}
	return n
}

// text is "1920x1080", "" for a size that was not told.
func (p Pixels) text() string {
	if p == (Pixels{}) {
		return ""
	}
	return strconv.Itoa(p.Width) + "x" + strconv.Itoa(p.Height)
}

func decimalText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// mapNode is a map that is being written.
type mapNode yaml.Node

func block() *mapNode { return &mapNode{Kind: yaml.MappingNode, Tag: "!!map"} }

// line is a map in braces.
func line() *mapNode { return &mapNode{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle} }

// set adds a key. A block that stays empty is written as {}.
func (n *mapNode) set(key string, value *mapNode) {
	n.add(textNode(key), (*yaml.Node)(value))
}

// text adds a text that may need quotes; an empty one is left out.
func (n *mapNode) text(key, value string) {
	if value != "" {
		n.add(textNode(key), textNode(value))
	}
}

// plain adds a number, true, false or null.
func (n *mapNode) plain(key, value string) {
	n.add(textNode(key), &yaml.Node{Kind: yaml.ScalarNode, Value: value})
}

func (n *mapNode) add(key, value *yaml.Node) {
	if isDigits(key.Value) {
		key.Tag = "!!int" // no quotes: channels and presets are numbers
	}
	n.Content = append(n.Content, key, value)
}

// textNode puts what does not print into escapes.
func textNode(text string) *yaml.Node {
	text = strings.ToValidUTF8(text, "\ufffd")
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

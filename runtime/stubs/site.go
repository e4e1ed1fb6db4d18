package stubs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// siteTypes are the types that hik.lua leaves open: names of devices and
// channels, and the vars.
func siteTypes(s *site.Site) []byte {
	var b strings.Builder
	b.WriteString("---@meta\n-- The names of this site. \"hiklua stubs\" writes it anew.\n")
	fmt.Fprintf(&b, "\n---A device of site.yaml.\n---@alias hik.DeviceName %s\n", deviceNames(s))
	fmt.Fprintf(&b, "\n---A channel by name or number.\n---@alias hik.ChannelName %s\n", channelNames(s))
	fmt.Fprintf(&b, "\n---An event of a device, \"gate:motion\", or a name that scripts emit.\n---@alias hik.EventName %s\n", eventNames(s))
	b.WriteString("\n---The vars of site.yaml.\n---@class hik.Vars\n")
	if s == nil {
		b.WriteString("---@field [string] any\n")
		return []byte(b.String())
	}
	for _, name := range slices.Sorted(maps.Keys(s.Vars)) {
		key := name
		if !sandbox.IsName(name) {
			key = "[" + strconv.Quote(name) + "]"
		}
		fmt.Fprintf(&b, "---@field %s %s\n", key, luaType(s.Vars[name]))
	}
	return []byte(b.String())
}

func deviceNames(s *site.Site) string {
	if s == nil || len(s.Devices) == 0 {
		return "string"
	}
	var words []string
	for _, name := range s.DeviceNames() {
		words = append(words, strconv.Quote(name))
	}
	return strings.Join(words, "|")
}

// mostEventNames bounds what an editor has to go through at each key.
const mostEventNames = 2000

// eventNames is any text, for hik.emit has names of its own; those of devices
// are there to be completed.
func eventNames(s *site.Site) string {
	words := []string{"string"}
	kinds := luaapi.EventWords()
	if s == nil || len(s.Devices)*len(kinds) > mostEventNames {
		return words[0]
	}
	for _, name := range s.DeviceNames() {
		for _, kind := range kinds {
			words = append(words, strconv.Quote(name+":"+kind))
		}
	}
	return strings.Join(words, "|")
}

// channelNames is any text as soon as one device names no channels: then the
// device's own names are right.
func channelNames(s *site.Site) string {
	words := []string{"integer"}
	if s == nil || len(s.Devices) == 0 {
		return "integer|string"
	}
	for _, d := range s.Devices {
		if len(d.Channels) == 0 {
			return "integer|string"
		}
		for _, ch := range d.Channels {
			if word := strconv.Quote(ch.Name); ch.Name != "" && !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	return strings.Join(words, "|")
}

func luaType(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "any[]"
	case map[string]any:
		return "table<string, any>"
	}
	return "any"
}

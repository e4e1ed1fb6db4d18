package site

import (
	"math"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var siteFields = []field[Site]{
	{name: "timezone", kind: "text", def: "the machine's", meaning: "IANA zone of all cron and clock times, such as Europe/Berlin", read: readTimezone, also: []string{"tz", "zone"}},
	{name: "location", kind: "map", meaning: "where the site lies, for sunrise and sunset", read: readLocation,
		sub: func(path string) []Key { return keysOf(path, placeFields) }, also: []string{"place", "coordinates"}},
	{name: "vars", kind: "map", meaning: "values of your own, hik.vars in every script", read: readVars},
	{name: "devices", kind: "map", meaning: "cameras, NVRs and DVRs by name", read: readDevices,
		sub: func(path string) []Key { return keysOf(path+".NAME", deviceFields) }, also: []string{"cameras"}},
	{name: "archive", kind: "map", meaning: "where snapshots are kept and for how long", read: readArchive,
		sub: func(path string) []Key { return keysOf(path, archiveFields) }},
	{name: "notify", kind: "map", meaning: "who hik.notify tells, by names of your own", read: readNotify,
		sub: func(path string) []Key { return keysOf(path+".NAME", targetFields) }, also: []string{"notifications", "notifier", "notifiers"}},
	{name: "mqtt", kind: "map", meaning: "the MQTT broker for Home Assistant and for hik.mqtt", read: readMQTT,
		sub: func(path string) []Key { return keysOf(path, mqttFields) }},
	{name: "web", kind: "map", meaning: "the page of the host", read: readWeb,
		sub: func(path string) []Key { return keysOf(path, webFields) }, also: []string{"page", "http", "server"}},
	{name: "cluster", kind: "map", meaning: "the machines that run this site together; without it one host does", read: readCluster,
		sub: func(path string) []Key { return keysOf(path, clusterFields) }, also: []string{"ha", "failover"}},
	{name: "limits", kind: "map", meaning: "what scripts may use", read: func(r *reader, n *yaml.Node, s *Site) { readMap(r, n, limitFields, &s.Limits) },
		sub: func(path string) []Key { return keysOf(path, limitFields) }},
}

const placeHint = " ({lat: 52.52, lon: 13.40})"

var placeFields = []field[Place]{
	{name: "lat", kind: "number -90 to 90", meaning: "latitude in degrees, north is positive", rules: rules{needed: true, hint: placeHint},
		read: numberField(func(p *Place) *float64 { return &p.Lat }, -90, 90), also: []string{"latitude"}},
	{name: "lon", kind: "number -180 to 180", meaning: "longitude in degrees, east is positive", rules: rules{needed: true, hint: placeHint},
		read: numberField(func(p *Place) *float64 { return &p.Lon }, -180, 180), also: []string{"lng", "long", "longitude"}},
}

var limitFields = []field[Limits]{
	{name: "load", kind: "duration 1s to 1h", def: "30s", meaning: "time that loading a script may take",
		read: durationField(func(l *Limits) *time.Duration { return &l.Load }, time.Second, time.Second, time.Hour)},
	{name: "compute", kind: "duration 10ms to 1h", def: "5s", meaning: "time that a task may compute without waiting",
		read: durationField(func(l *Limits) *time.Duration { return &l.Compute }, time.Second, 10*time.Millisecond, time.Hour)},
	{name: "motion", kind: "duration 1s to 1h", def: "30s", meaning: "time after which a head that nobody stopped is stopped",
		read: durationField(func(l *Limits) *time.Duration { return &l.Motion }, time.Second, time.Second, time.Hour)},
	{name: "tasks", kind: "whole number 1 to 100000", def: "1000", meaning: "tasks of one script that may be alive at once",
		read: intField(func(l *Limits) *int { return &l.Tasks }, 1, 100_000)},
	{name: "memory", kind: "size from 32MB", def: "512MB", meaning: "heap of the whole host above which the task that computes is ended",
		read: sizeField(func(l *Limits) *int64 { return &l.Memory }, 32e6, "32MB")},
}

// DefaultLimits are the limits of a site that gives none.
func DefaultLimits() Limits {
	return Limits{Load: 30 * time.Second, Compute: 5 * time.Second, Motion: 30 * time.Second, Tasks: 1000, Memory: 512e6}
}

// Keys describes every key of site.yaml in the order of the guide. The parser
// works from the same tables.
func Keys() []Key { return keysOf("", siteFields) }

// DeviceKeys describes the keys of one device, as hik.device{} takes them.
func DeviceKeys() []Key { return keysOf("", deviceFields) }

func keysOf[T any](path string, fields []field[T]) []Key {
	var keys []Key
	for _, f := range fields {
		full := strings.TrimPrefix(path+"."+f.name, ".")
		keys = append(keys, Key{full, f.kind, f.def, f.meaning, f.pattern, f.rules})
		if f.sub != nil {
			keys = append(keys, f.sub(full)...)
		}
	}
	return keys
}

func readLocation(r *reader, n *yaml.Node, into *Site) {
	if isNull(n) {
		return
	}
	var place Place
	given := readMap(r, n, placeFields, &place)
	if n.Kind != yaml.MappingNode {
		return
	}
	checkRules(r, n, placeFields, given)
	into.Location = &place
}

func readVars(r *reader, n *yaml.Node, into *Site) {
	for _, p := range r.pairs(n) {
		r.under(p.key.Value, func() { into.Vars[p.key.Value] = r.plainValue(p.value) })
	}
}

// plainValue gives a node as plain Go. Numbers are float64, as Lua has them;
// dates stay the text they were typed as.
func (r *reader) plainValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for _, p := range r.pairs(n) {
			r.under(p.key.Value, func() { m[p.key.Value] = r.plainValue(p.value) })
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			list = append(list, r.plainValue(item))
		}
		return list
	}
	switch n.ShortTag() {
	case "!!null":
		r.fail(n, `is empty ("" is an empty text)`)
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		var f float64
		if n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		r.fail(n, "%s is not a number", shown(n))
		return nil
	}
	text, _ := r.expand(n)
	return text
}

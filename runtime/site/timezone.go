package site

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // machines without a zone database, and Windows

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// zoneNames only serves to suggest: what time.LoadLocation finds is accepted.
//
//go:embed zones.txt
var zoneNames string

func readTimezone(r *reader, n *yaml.Node, into *Site) {
	name, ok := r.scalar(n)
	if !ok {
		return
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		hint := " (such as Europe/Berlin)"
		if name == "Local" {
			hint = " (without the key the machine's own counts)"
		} else if near := nearestZone(name); near != "" && name == n.Value {
			hint = " (did you mean \"" + near + "\"?)"
		}
		r.fail(n, "unknown zone %s%s", shown(n), hint)
		return
	}
	into.Timezone, into.TimezoneName, into.TimezoneGiven = zone, name, true
}

// nearestZone knows that people leave the continent out.
func nearestZone(name string) string {
	zones := strings.Fields(zoneNames)
	word := strings.ReplaceAll(name, " ", "_")
	if near := nearest.Word(word, zones); near != "" {
		return near
	}
	cities := make([]string, len(zones))
	for i, z := range zones {
		cities[i] = z[strings.LastIndexByte(z, '/')+1:]
	}
	if near := nearest.Word(word, cities); near != "" {
		return zones[slices.Index(cities, near)]
	}
	return ""
}

// machineZone is the zone of the machine, with its IANA name where it tells one.
func machineZone(env func(string) (string, bool)) (*time.Location, string) {
	name := ""
	if tz, set := env("TZ"); set {
		name = strings.TrimPrefix(tz, ":")
	} else if target, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, after, found := strings.Cut(filepath.ToSlash(target), "zoneinfo/"); found {
			name = after
		}
	}
	if name == "" {
		if text, err := os.ReadFile("/etc/timezone"); err == nil {
			name = strings.TrimSpace(string(text))
		}
	}
	if zone, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" && sameZone(zone, time.Local) {
		return zone, name
	}
	return time.Local, time.Local.String()
}

// sameZone guards against a name that is not what the program runs in, such as
// an /etc/timezone that an administrator forgot.
func sameZone(a, b *time.Location) bool {
	for month := range 24 {
		t := time.Date(2025, time.Month(1+month), 1, 12, 0, 0, 0, time.UTC)
		_, one := t.In(a).Zone()
		_, other := t.In(b).Zone()
		if one != other {
			return false
		}
	}
	return true
}

package site

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hiklua/hiklua/runtime/clock"
)

// values are some that a key's type takes, and some that it does not.
func values(k Key) (right, wrong []string) {
	kind, rest, _ := strings.Cut(k.Type, " ")
	bounds := strings.TrimPrefix(rest, "number ")
	least, most, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(bounds, ", bare in milliseconds"), ", or off"), " to ")
	number := func(text string) (n float64) { fmt.Sscan(text, &n); return n }
	scalar := []string{"{}", "[]", ""}
	switch {
	case k.Type == "map":
		if !slices.ContainsFunc(Keys(), func(inner Key) bool { return inner.rules.needed && strings.HasPrefix(inner.Path, k.Path+".") }) {
			right = []string{""}
		}
		return right, []string{"x", "[1]", "true"}
	case strings.HasPrefix(k.Type, "list of words: "):
		words := strings.ReplaceAll(strings.TrimPrefix(k.Type, "list of words: "), " |", ",")
		return []string{"[" + words + "]"}, []string{"x", "{}", "[x]", "[[]]"}
	case strings.HasPrefix(k.Type, "list"):
		return nil, []string{"x", "{a: b}", "[[]]"}
	case k.Type == "true or false":
		return []string{"true", "false"}, append(scalar, "x", "7")
	case k.Type == "text or list":
		return nil, []string{"{}", "", "[{}]"}
	case kind == "text":
		return nil, scalar
	case kind == "word:":
		return strings.Split(rest, " | "), append(scalar, "nonsense", "true", "7")
	case kind == "whole":
		return []string{least, most, `"` + least + `"`}, append(scalar, fmt.Sprint(number(least)-1), fmt.Sprint(number(most)+1), least+".5", "x")
	case kind == "number":
		return []string{least, most, `"` + most + `"`}, append(scalar, fmt.Sprint(number(least)-0.5), fmt.Sprint(number(most)+0.5), "x")
	case kind == "duration":
		return []string{least, most}, append(scalar, "soon", "10 s", "-1", "1m30")
	case kind == "age":
		return []string{"1m", "2w", "1y", "60"}, append(scalar, "soon", "30 d", "59")
	case kind == "size":
		floor := strings.TrimPrefix(rest, "from ")
		size, _ := ParseSize(floor)
		return []string{floor, "2GB", "1.5 TiB"}, append(scalar, "200 gigs", fmt.Sprint(size-1), "10K")
	}
	return nil, nil
}

// samples are what keys have that must be there beside another.
var samples = map[string]string{
	"devices.NAME.ip": "192.0.2.1", "devices.NAME.username": "u", "devices.NAME.password": "p", "devices.NAME.channels.NAME.address": "1",
	"location.lat": "1", "location.lon": "2", "archive.schedules[].channels": "['*/1']", "archive.schedules[].every": "15m", "archive.copy_to": "/srv/copies",
	"notify.NAME.webhook": "{url: 'https://h/x'}", "notify.NAME.webhook.url": "https://h/x", "notify.NAME.ntfy.topic": "t", "notify.NAME.telegram.token": "t",
	"notify.NAME.telegram.chat": "1", "notify.NAME.mail.to": "a@example.org", "notify.NAME.mail.server": "smtp://h", "notify.NAME.mail.username": "u",
	"notify.NAME.mail.password": "p", "mqtt.broker": "mqtt://192.0.2.5", "mqtt.username": "u", "mqtt.cert": "site.yaml", "mqtt.key": "site.yaml",
	"web.cert": "site.yaml", "web.key": "site.yaml", "web.hooks.NAME.token": "t",
	"cluster.hosts": "{left: 192.0.2.11, right: 192.0.2.12, third: 192.0.2.13}", "cluster.hosts.NAME.address": "192.0.2.11",
}

// fileWith is a site.yaml in which the key of that path has a value, and around
// it only what has to be there.
func fileWith(t *testing.T, path, value string) string {
	t.Helper()
	var lines []string
	steps := strings.Split(path, ".")
	indent := ""
	for i, step := range steps {
		name, isList := strings.CutSuffix(step, "[]")
		name = strings.ReplaceAll(name, "NAME", "a")
		if i == len(steps)-1 {
			lines = append(lines, indent+name+": "+value)
		} else {
			lines = append(lines, indent+name+":")
			indent += "  "
		}
		if isList {
			lines[len(lines)-1] += "\n" + indent + "-"
			indent += "  "
		}
		if i+1 < len(steps) {
			lines = append(lines, beside(strings.Join(steps[:i+1], "."), steps[i+1], indent)...)
		}
	}
	if strings.HasPrefix(path, "cluster.hosts.") { // one host alone is a cluster only there
		lines = append(lines, "  engine: nats://192.0.2.5")
	}
	return strings.Join(lines, "\n") + "\n"
}

// beside are the lines of keys of a map that must be there beside one of them.
func beside(parent, name, indent string) (lines []string) {
	given := []string{name}
	keys := Keys()
	sibling := func(k Key) (string, bool) {
		last, ok := strings.CutPrefix(k.Path, parent+".")
		return last, ok && !strings.ContainsAny(last, ".[")
	}
	for _, k := range keys {
		if last, ok := sibling(k); ok && last == name && k.rules.with != "" {
			given = append(given, k.rules.with)
			lines = append(lines, indent+k.rules.with+": "+samples[parent+"."+k.rules.with])
		}
	}
	for _, k := range keys {
		last, ok := sibling(k)
		clashes := slices.ContainsFunc(k.rules.alone, func(other string) bool { return slices.Contains(given, other) })
		if ok && k.rules.needed && !slices.Contains(given, last) && !clashes &&
			!slices.ContainsFunc(k.rules.unless, func(other string) bool { return slices.Contains(given, other) }) {
			given = append(given, last)
			lines = append(lines, indent+last+": "+samples[k.Path])
		}
	}
	return lines
}

// The schema has each key of the parser, and no other.
func TestSchemaHasTheKeys(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		s, ok := v.(map[string]any)
		if !ok {
			return
		}
		properties, _ := s["properties"].(map[string]any)
		for name, part := range properties {
			have = append(have, path+name)
			walk(path+name+".", part)
		}
		if any, ok := s["additionalProperties"].(map[string]any); ok {
			if any["properties"] == nil || strings.Contains(fmt.Sprint(any["type"]), "string") { // a value, or a map of values
				have = append(have, path+"NAME")
			}
			walk(path+"NAME.", any)
		}
		walk(strings.TrimSuffix(path, ".")+"[].", s["items"])
	}
	walk("", parsed)
	for _, k := range Keys() {
		i := slices.Index(have, k.Path)
		if i < 0 {
			t.Errorf("the schema lacks %s", k.Path)
			continue
		}
		have = slices.Delete(have, i, i+1)
	}
	if len(have) > 0 {
		t.Errorf("the schema has %v, which no parser knows", have)
	}
}

// The patterns take the texts that the parser takes, and no others, tried with
// short texts of the letters that these are made of.
func TestPatternsAreTheParsers(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	formed := func(err error) bool { // that a time is too long is no matter of the form
		return err == nil || strings.Contains(err.Error(), "longer than 100 years") || strings.Contains(err.Error(), "larger than any disk")
	}
	duration, age, size := regexp.MustCompile(durationPattern), regexp.MustCompile(agePattern), regexp.MustCompile(sizePattern)
	named, unnamed := regexp.MustCompile(schemaOfNames.Pattern), make([]*regexp.Regexp, 0)
	for _, not := range schemaOfNames.Not.AnyOf {
		unnamed = append(unnamed, regexp.MustCompile(not.Pattern))
	}
	for _, c := range []struct {
		what, letters string
		parse, match  func(string) bool
	}{
		{"duration", "05.smhdw", func(s string) bool { _, err := clock.ParseDuration(s); return formed(err) }, duration.MatchString},
		{"age", "05.smhdwy", func(s string) bool { _, err := clock.ParseAge(s); return formed(err) }, age.MatchString},
		{"size", "05.kMgTiIbB ", func(s string) bool { _, err := ParseSize(s); return formed(err) }, size.MatchString},
		{"name", "a1ü前_-. /:*", ValidName, func(s string) bool {
			return named.MatchString(s) && !slices.ContainsFunc(unnamed, func(no *regexp.Regexp) bool { return no.MatchString(s) })
		}},
	} {
		letters := c.letters
		texts, last := []string{""}, []string{""}
		for range 5 {
			var longer []string
			for _, text := range last {
				for _, letter := range letters {
					longer = append(longer, text+string(letter))
				}
			}
			texts, last = append(texts, longer...), longer
		}
		wrong := 0
		for _, text := range texts {
			if strings.HasPrefix(text, " ") && c.what == "size" {
				continue // white space in front is no form of its own
			}
			if c.parse(text) != c.match(text) && wrong < 10 {
				wrong++
				t.Errorf("%s %q: the parser says %v, the schema %v", c.what, text, c.parse(text), c.match(text))
			}
		}
	}
}

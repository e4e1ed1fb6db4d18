package site

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/clock"
)

// validator is Schema in a validator that is not ours.
func validator(t *testing.T) func(yamlText string) error {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("site.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("site.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			return err
		}
		return schema.Validate(asJSON(doc))
	}
}

// asJSON gives what an editor makes of YAML: dates are texts, keys are texts.
func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = asJSON(inner)
		}
	case map[any]any:
		m := make(map[string]any)
		for key, inner := range v {
			m[fmt.Sprint(key)] = asJSON(inner)
		}
		return m
	case []any:
		for i := range v {
			v[i] = asJSON(v[i])
		}
	case time.Time:
		return v.String()
	}
	return v
}

// What the parser takes is not underlined: the files of the project, and those
// of its pages.
func TestSchemaTakesWhatIsRight(t *testing.T) {
	validate := validator(t)
	var files []string
	for _, pattern := range []string{"testdata/good/*.yaml", "../../examples/*/site.yaml", "../../examples/*/*/site.yaml", "../../cmd/hiklua/*/site.yaml"} {
		found, _ := filepath.Glob(pattern)
		files = append(files, found...)
	}
	if len(files) < 10 {
		t.Fatal("too few files:", files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(strings.TrimPrefix(string(text), "\ufeff")); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	pages, _ := filepath.Glob("../../docs/*.md")
	block := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	count := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range block.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(b[1], "# "+SavedName) {
				continue
			}
			count++
			if err := validate(b[1]); err != nil {
				t.Errorf("%s: %v\n%s", page, err, b[1])
			}
		}
	}
	if count < 5 {
		t.Errorf("%d blocks of YAML in the pages", count)
	}
}

// unsayable are the files of testdata/bad with faults that no schema can tell.
var unsayable = map[string]string{
	"alias_bomb": "size", "alias_loop": "no YAML", "deep": "depth",
	"archive_copy_bucket": "address", "archive_copy_endpoint": "address", "archive_copy_endpoint_user": "address", "archive_copy_file": "address",
	"archive_copy_inside": "two values", "archive_copy_option": "address", "archive_copy_path": "address", "archive_copy_prefix": "address",
	"archive_copy_scheme": "address", "archive_copy_secret": "address", "archive_copy_to": "address",
	"archive_layout": "layout", "archive_layout_brace": "layout", "archive_layout_channels": "two values", "archive_layout_date": "layout",
	"archive_layout_shared": "two values", "archive_layout_time": "layout", "archive_layout_up": "layout",
	"archive_path_around": "two values", "archive_path_data": "two values", "archive_path_lib": "two values", "archive_path_scripts": "two values",
	"mqtt_account": "address",
	"bad_env":      "environment", "missing_env": "environment", "empty_env": "environment", "line_ends": "environment",
	"block_scalar": "a rule of YAML that is ours", "second_document": "the validator reads the first",
	"password_file": "another file", "password_file_open": "another file", "same_address_twice": "two values",
	"timezone": "list of zones", "timezone_city": "list of zones", "timezone_local": "list of zones", "timezone_offset": "list of zones",
	"cluster_one": "a count", "cluster_two": "a count", "cluster_even": "a count", "cluster_many": "a count", "cluster_none": "a count", "cluster_host_and_witness": "a count",
	"cluster_twice": "two values", "cluster_engine": "two values", "cluster_secret_open": "another file", "cluster_shares_without": "two values", "cluster_shares_empty": "a count",
	"vars": "values of one's own", "env_value_not_shown": "environment",
}

// What the parser refuses is underlined, where a schema can say it.
func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	validate := validator(t)
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		err = validate(string(text))
		switch {
		case err == nil && unsayable[name] == "":
			t.Errorf("%s: the schema takes it", file)
		case err != nil && unsayable[name] != "" && !strings.Contains(err.Error(), "yaml: "):
			t.Logf("%s: refused after all", file)
		}
	}
	device := "devices: {d: {ip: h, username: u, password: p, %s}}"
	schedule := "devices: {d: {simulate: ipc}}\narchive: {schedules: [{channels: [d/1], %s}]}"
	for _, text := range []string{
		"tz: UTC", "device: {}", "devices: [gate]", "devices: {a/b: {simulate: ipc}}", "devices: {12: {simulate: ipc}}", "devices: {gate: }",
		"devices: {gate: {}}", "devices: {gate: {ip: h}}", "devices: {gate: {ip: h, username: u}}",
		"devices: {gate: {ip: h, username: u, password: p, password_file: f}}", "devices: {gate: {simulate: dome}}",
		fmt.Sprintf(device, "pasword: x"), fmt.Sprintf(device, "port: 0"), fmt.Sprintf(device, "port: 80.5"), fmt.Sprintf(device, `port: "http"`),
		fmt.Sprintf(device, "status_interval: 60"), fmt.Sprintf(device, "timeout: 10 s"), fmt.Sprintf(device, "timeout: 1m30"), fmt.Sprintf(device, "tls: none"),
		fmt.Sprintf(device, "channels: {yard: 1}"), fmt.Sprintf(device, "channels: {yard: {stream: sub}}"), fmt.Sprintf(device, "channels: {yard: {address: 1, stream: third}}"),
		fmt.Sprintf(device, `channels: {yard: {address: 1, stream_url: "ftp://h/x"}}`),
		"devices: {gate: {ip: http://h, username: u, password: p}}", "devices: {gate: {ip: h, username: 'a:b', password: p}}",
		"location: {lat: 52.5}", "location: {lat: 91, lon: 0}", "vars: []", "limits: {load: soon}", "limits: {memory: 1000}", "limits: {tasks: 0}",
		"archive: {keep: 30}", "archive: {keep: 30d, thinning: [all 2d]}", "archive: {thinning: [sometimes 2d]}", "archive: {thinning: [all soon]}",
		"archive: {labels: {a/b: 30d}}", "archive: {labels: {alarm: long}}", "archive: {max_size: 200 gigs}", "archive: {copy_keep: 90d}",
		"archive: {watch: [blury]}", "archive: {schedules: {every: 15m}}", "archive: {schedules: [{every: 15m}]}",
		fmt.Sprintf(schedule, "label: x"), fmt.Sprintf(schedule, "every: 15m, cron: '* * * * *'"), fmt.Sprintf(schedule, "cron: '* * * * *', at: '12:00'"),
		fmt.Sprintf(schedule, "every: 2d x"), "devices: {d: {simulate: ipc}}\narchive: {schedules: [{channels: [d], every: 15m}]}",
	} {
		if _, err := Load(siteOf(t, []byte(text)), testEnv); err == nil {
			t.Errorf("the parser takes\n%s", text)
		}
		if validate(text) == nil {
			t.Errorf("the schema takes\n%s", text)
		}
	}
}

// Each key's type in the tables is what its parser takes, and the schema of it
// says the same: bounds and words are tried from both sides.
func TestTypesAreTheParsers(t *testing.T) {
	validate := validator(t)
	for _, k := range Keys() {
		right, wrong := values(k)
		if wrong == nil {
			t.Errorf("%s: nothing is known of the type %q", k.Path, k.Type)
		}
		for _, value := range right {
			text := fileWith(t, k.Path, value)
			if _, err := Load(siteOf(t, []byte(text)), testEnv); err != nil {
				t.Errorf("%s is a %s; %s is refused, where its rules and samples stand beside it: %v", k.Path, k.Type, value, err)
			}
			if err := validate(text); err != nil {
				t.Errorf("%s is a %s; the schema refuses %s: %v", k.Path, k.Type, value, err)
			}
		}
		for _, value := range wrong {
			text := fileWith(t, k.Path, value)
			if _, err := Load(siteOf(t, []byte(text)), testEnv); err == nil {
				t.Errorf("%s is a %s; the parser takes %s", k.Path, k.Type, value)
			}
			if validate(text) == nil {
				t.Errorf("%s is a %s; the schema takes %s", k.Path, k.Type, value)
			}
		}
	}
}

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

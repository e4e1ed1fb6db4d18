package site

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
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

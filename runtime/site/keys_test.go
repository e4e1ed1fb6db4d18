package site

import (
	"os"
	"strings"
	"testing"
)

// TestKeysAreTheParsers types every default that Keys tells into a site.yaml:
// the parser must take it, and read the same as without it.
func TestKeysAreTheParsers(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Keys() {
		if seen[k.Path] {
			t.Errorf("%s is there twice", k.Path)
		}
		seen[k.Path] = true
		if k.Type == "" || k.Meaning == "" || strings.HasSuffix(k.Meaning, ".") {
			t.Errorf("%s: type %q, meaning %q", k.Path, k.Type, k.Meaning)
		}
	}
	for _, path := range []string{"timezone", "location.lat", "devices.NAME.ip", "devices.NAME.password_file",
		"devices.NAME.channels.NAME.stream_url", "archive.schedules[].every", "archive.labels.NAME", "limits.memory"} {
		if !seen[path] {
			t.Errorf("%s is missing", path)
		}
	}
	plain := "devices:\n  d:\n    ip: h\n    username: u\n    password: p\n"
	before, err := Load(siteOf(t, []byte(plain)), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys() {
		name, isDevice := strings.CutPrefix(k.Path, "devices.NAME.")
		if !isDevice && !strings.HasPrefix(k.Path, "limits.") || k.Default == "" || strings.Contains(name, ".") || name == "port" {
			continue
		}
		text := plain + "    " + name + ": " + k.Default + "\n"
		if !isDevice {
			text = plain + "limits: {" + strings.TrimPrefix(k.Path, "limits.") + ": " + k.Default + "}\n"
		}
		after, err := Load(siteOf(t, []byte(text)), testEnv)
		if err != nil {
			t.Errorf("%s: its default is refused: %v", k.Path, err)
		} else if !Compare(before, after).Empty() {
			t.Errorf("%s: %q is not the default", k.Path, k.Default)
		}
	}
}

// TestEveryKeyChangesTheDevice gives each key of a device another value than its
// default: a reload must notice every one.
func TestEveryKeyChangesTheDevice(t *testing.T) {
	base := map[string]any{"ip": "192.0.2.1", "username": "u", "password": "p"}
	other := map[string]any{
		"ip": "192.0.2.2", "username": "v", "password": "q", "port": 81.0, "scheme": "https", "auth_mode": "basic",
		"status_interval": 5000.0, "timeout": 3.0, "concurrency": 2.0, "max_rate": 1.5, "ptz_id": "stream",
		"tls": "verify", "simulate": "nvr", "channels": map[string]any{"yard": map[string]any{"address": 1.0}},
	}
	first, err := ParseDevice(base, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range DeviceKeys() {
		if strings.Contains(k.Path, ".") || k.Path == "password_file" {
			continue
		}
		value, there := other[k.Path]
		if !there {
			t.Errorf("no other value for %s", k.Path)
			continue
		}
		changed := map[string]any{k.Path: value}
		for name, v := range base {
			if name != k.Path {
				changed[name] = v
			}
		}
		second, err := ParseDevice(changed, "")
		if err != nil {
			t.Errorf("%s: %v", k.Path, err)
		} else if first.Equal(second) {
			t.Errorf("%s: a change is not seen", k.Path)
		}
	}
}

func TestParseDevice(t *testing.T) {
	d, err := ParseDevice(map[string]any{"ip": "cam", "username": "u", "password": "${X}$$", "port": 8080.0, "status_interval": "10s",
		"channels": map[string]any{"b": map[string]any{"address": "2"}, "a": map[string]any{"address": 1, "stream": "sub"}}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "cam" || d.Password.Reveal() != "${X}$$" || d.Port != 8080 || d.Channels[0] != (Channel{"a", 1, StreamSub, ""}) {
		t.Errorf("got %+v", d)
	}
	if d, err := ParseDevice(map[string]any{"simulate": "nvr"}, ""); err != nil || d.Name != "nvr" {
		t.Errorf("got %+v, %v", d, err)
	}
	for _, c := range []struct {
		keys map[string]any
		want string
	}{
		{map[string]any{}, "ip is missing (or \"simulate: ptz\" for a simulated device); " +
			"password is missing (password: ${NAME} takes it from the environment, password_file: from a file); username is missing"},
		{map[string]any{"ip": "h", "username": "u", "pasword": marker}, `unknown key "pasword" (did you mean "password"?)`},
		{map[string]any{"ip": "h", "username": "u", "password": marker, "port": "x", "channels": map[string]any{"a": map[string]any{"adress": 1.0, "stream": true}}},
			"channels.a.stream: true is none of main, sub; channels.a: unknown key \"adress\" (did you mean \"address\"?); port: \"x\" is not a whole number"},
		{map[string]any{"ip": "h", "username": "u", "password": func() {}}, "a value of type func() is not allowed here"},
		{map[string]any{"ip": "h", "username": "u", "password_file": "x"}, `password_file: "x": a password_file needs a site`},
		{map[string]any{"ip": "h", "username": "u", "password": []any{marker}}, `password: a single value is due here, not a list`},
	} {
		if _, err := ParseDevice(c.keys, ""); err == nil || err.Error() != c.want {
			t.Errorf("%v:\n got %v\nwant %s", c.keys, err, c.want)
		}
	}
}

// TestParseDeviceStaysInTheSite: a script must not read files elsewhere.
func TestParseDeviceEnds(t *testing.T) {
	deep := map[string]any{}
	for range 10_000 {
		deep = map[string]any{"vars": deep}
	}
	if _, err := ParseDevice(deep, ""); err == nil || err.Error() != "nested more than 50 deep" {
		t.Error(err)
	}
}

func TestParseDeviceStaysInTheSite(t *testing.T) {
	dir := siteOf(t, nil)
	outside := siteOf(t, nil)
	if err := os.Symlink(outside+"/good", dir+"/link"); err != nil {
		t.Skip(err)
	}
	device := func(path string) map[string]any {
		return map[string]any{"ip": "h", "username": "u", "password_file": path}
	}
	if d, err := ParseDevice(device("good"), dir); err != nil || d.Password.Reveal() != marker {
		t.Errorf("got %v, %v", d, err)
	}
	for _, path := range []string{outside + "/good", "../x", "link"} {
		if d, err := ParseDevice(device(path), dir); err == nil {
			t.Errorf("%s: read as %v", path, d.Password)
		}
	}
}

package site

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

// example has one of everything that devices.yaml can hold.
func example() *Saved {
	return &Saved{Devices: []SavedDevice{
		{Name: "nvr", Kind: ModelDVR, Channels: []SavedChannel{
			{ID: 10, Name: "ramp", Offline: true},
			{ID: 2, Name: "3", Analog: true, Off: true},
			{ID: 1, Analog: true},
			{ID: 11, Name: "roof", Head: &SavedHead{}},
		}},
		{Name: "gate", Kind: ModelPTZ, Model: "DS-2DE4425IW-DE", Firmware: "V5.7.21 build 250220", Channels: []SavedChannel{
			{ID: 1, Name: "Gate: \"main\" #1", Head: &SavedHead{
				Position: new(true), Pan: isapi.Range{Max: 360}, Tilt: isapi.Range{Min: -15.5, Max: 90}, Zoom: isapi.Range{Min: 1, Max: 25}, MaxPresets: 300,
				Presets: []isapi.Preset{
					{ID: 20, Name: "null"}, {ID: 3, Name: "Tür ☃ ${HOME}", Position: &isapi.Pose{Pan: 359.9, Tilt: -5.1, Zoom: 2}}, {ID: 4},
				},
				Special: map[int]string{94: "Remote reboot", 33: "", 34: "a\nb\x00\u2028"},
			}},
		}},
		{Name: "no", Kind: ModelNVR},
		{Name: "door", Kind: ModelIPC, Channels: []SavedChannel{{ID: 1, Name: " "}}},
		{Name: "mast", Kind: ModelPTZ, Channels: []SavedChannel{{ID: 1, Head: &SavedHead{Position: new(false), Presets: []isapi.Preset{}, Special: map[int]string{}}}}},
	}}
}

const exampleText = savedHead + `devices:
  door:
    kind: ipc
    channels:
      1: {name: ' '}
  gate:
    kind: ptz
    model: DS-2DE4425IW-DE
    firmware: V5.7.21 build 250220
    channels:
      1:
        name: 'Gate: "main" #1'
        head:
          position: true
          pan: {min: 0, max: 360}
          tilt: {min: -15.5, max: 90}
          zoom: {min: 1, max: 25}
          max_presets: 300
          presets:
            3: {name: 'Tür ☃ ${HOME}', pan: 359.9, tilt: -5.1, zoom: 2}
            4: {}
            20: {name: "null"}
          special:
            33: null
            34: "a\nb\0\L"
            94: Remote reboot
  mast:
    kind: ptz
    channels:
      1:
        head:
          position: false
          presets: {}
          special: {}
  no:
    kind: nvr
    channels: {}
  nvr:
    kind: dvr
    channels:
      1: {analog: true}
      2: {name: "3", analog: true, enabled: false}
      10: {name: ramp, online: false}
      11:
        name: roof
        head: {}
`

func TestSavedText(t *testing.T) {
	text, err := example().Text()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleText, string(text)); diff != "" {
		t.Error("-want +got\n" + diff)
	}
}

// What is read is what was written, and is written the same again.
func TestSavedComesBack(t *testing.T) {
	dir := t.TempDir()
	if changed, err := WriteSaved(dir, example()); err != nil || !changed {
		t.Fatal(changed, err)
	}
	back, err := LoadSaved(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := back.Text()
	if err != nil || string(text) != exampleText {
		t.Error(err, cmp.Diff(exampleText, string(text)))
	}
	if changed, err := WriteSaved(dir, back); err != nil || changed {
		t.Error("written again", changed, err)
	}
	gate, ok := back.Device("gate")
	if !ok || gate.Channel(1).Head.Presets[0].Position.Tilt != -5.1 || gate.Channel(2) != nil || gate.Line != 9 || gate.Col != 3 {
		t.Errorf("%+v", gate)
	}
	if mast, _ := back.Device("mast"); mast.Channel(1).Head.Presets == nil {
		t.Error("no presets are the same as presets that were not told")
	}
	if nvr, _ := back.Device("nvr"); nvr.Channel(11).Head.Presets != nil || nvr.Channel(11).Head.Special != nil {
		t.Error("presets that were not told are the same as none")
	}
	if back.Of(Device{Name: "gate", Simulate: ModelPTZ}) != nil || back.Of(Device{Name: "gate"}) == nil || back.Of(Device{Name: "x"}) != nil {
		t.Error("Of")
	}
}

func TestNothingSaved(t *testing.T) {
	if s, err := LoadSaved(t.TempDir()); err != nil || len(s.Devices) > 0 {
		t.Error(s, err)
	}
	if s, err := LoadSaved(filepath.Join(t.TempDir(), "none")); err != nil || len(s.Devices) > 0 {
		t.Error(s, err)
	}
}

func TestSavedProblems(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `devices.yaml:1:1: the file is empty: "hiklua devices --save" writes it anew where there is none`},
		{"devices: [", `devices.yaml:1:1: a value is missing`},
		{"- 1", "devices.yaml:1:1: a map is due here"},
		{"device: {}", `devices.yaml:1:1: unknown key "device" (did you mean "devices"?)`},
		{"devices:\n  gate: {ip: 192.0.2.1, kind: ipc}", `devices.yaml:2:10: unknown key "ip" (known: kind, model, firmware, channels)`},
		{"devices:\n  gate: {knid: ptz}", `devices.yaml:2:10: unknown key "knid" (did you mean "kind"?)`},
		{"devices:\n  gate: {}", "devices.yaml:2:3: gate: kind is missing"},
		{"devices:\n  gate:\n    kind: ptzz", `devices.yaml:3:11: kind: "ptzz" is none of ipc, ptz, nvr, dvr (did you mean "ptz"?)`},
		{"devices: {'7': {kind: nvr}}", `devices.yaml:1:11: device name "7" is a number`},
		{"devices: {a: {kind: nvr}, a: {kind: nvr}}", `devices.yaml:1:27: "a" is given twice (first in line 1)`},
		{"devices: {a: {kind: ipc, channels: {1: {head: {}}}}}", "devices.yaml:1:21: a: ipc is a camera without a head, and a channel has one: that is a ptz"},
		{"devices: {a: {kind: ptz, channels: {1: {}}}}", "devices.yaml:1:21: a: ptz is a camera with a head, and no channel has one: that is an ipc"},
		{"devices: {a: {kind: nvr, channels: {1: {analog: true}}}}", "devices.yaml:1:21: a: nvr has no inputs of its own, and channel 1 is analog: that is a dvr"},
		{"devices: {a: {kind: ipc}}", "devices.yaml:1:21: a: a camera has a channel"},
		{"devices: {a: {kind: nvr, channels: {yard: {}}}}", `devices.yaml:1:37: channels: "yard" is no channel: a number from 1 to 9999 is due here`},
		{"devices: {a: {kind: nvr, channels: {1: {}, 01: {}}}}", "devices.yaml:1:44: channels: channel 1 is given twice"},
		{"devices: {a: {kind: nvr, channels: {1: {name: }}}}", "devices.yaml:1:"},
		{"devices: {a: {kind: nvr, channels: {1: {online: maybe}}}}", `online: "maybe" is none of true, false`},
		{"devices: {a: {kind: nvr, channels: {1: {head: {presets: {0: {}}}}}}}", `presets: "0" is no preset: a number from 1 to 999 is due here`},
		{"devices: {a: {kind: nvr, channels: {1: {head: {presets: {3: {pan: 1}}}}}}}", "pan is given, and tilt is not: a position has both"},
		{"devices: {a: {kind: nvr, channels: {1: {head: {presets: {3: {pan: 1, tilt: 100}}}}}}}", "tilt: 100 is outside -90 to 90"},
		{"devices: {a: {kind: nvr, channels: {1: {head: {presets: {3: {naem: x}}}}}}}", `unknown key "naem" (did you mean "name"?)`},
		{"devices: {a: {kind: nvr, channels: {1: {head: {pan: {min: 9, max: 1}}}}}}", "pan: min must be less than max"},
		{"devices: {a: {kind: nvr, channels: {1: {head: {zoom: {min: 1}}}}}}", "zoom: max is missing"},
		{"devices: {a: {kind: nvr, channels: {1: {head: {max_presets: 1000}}}}}", "max_presets: 1000 is outside 1 to 999"},
		{"devices: {a: {kind: nvr, channels: {1: {head: {special: {94: [x]}}}}}}", "94: a single value is due here, not a list"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, SavedName), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadSaved(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, SavedName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSaved(dir); err == nil || err.Error() != "devices.yaml: is not a regular file" {
		t.Error(err)
	}
}

// An editor underlines nothing in what is written.
func TestSavedSchema(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(SavedSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("devices.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("devices.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) error {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(asJSON(doc))
	}
	page, err := os.ReadFile("../../docs/devices-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(page), "```yaml\n")
	shown, _, _ = strings.Cut(shown, "```")
	for _, right := range []string{exampleText, shown} {
		if err := validate(right); err != nil {
			t.Error(err)
		}
	}
	for _, wrong := range []string{
		"device: {}", "devices: {gate: {}}", "devices: {gate: {kind: dome}}", "devices: {gate: {kind: nvr, ip: x}}", "devices: {7: {kind: nvr}}",
		"devices: {a: {kind: nvr, channels: {yard: {name: x}}}}", "devices: {a: {kind: nvr, channels: {0: {name: x}}}}",
		"devices: {a: {kind: nvr, channels: {1: {online: maybe}}}}", "devices: {a: {kind: nvr, channels: {1: {head: {presets: {x: {}}}}}}}",
		"devices: {a: {kind: nvr, channels: {1: {head: {presets: {3: {pan: 1}}}}}}}", "devices: {a: {kind: nvr, channels: {1: {head: {pan: {min: 1}}}}}}",
	} {
		if validate(wrong) == nil {
			t.Error("taken:", wrong)
		}
	}
}

// A link whose file is not there yet stays, and the file is written where it leads.
func TestSavedThroughALinkToNothing(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "kept"), 0o700), os.Symlink("kept/it.yaml", filepath.Join(dir, SavedName))); err != nil {
		t.Skip(err)
	}
	if changed, err := WriteSaved(dir, example()); err != nil || !changed {
		t.Error(changed, err)
	}
	if target, err := os.Readlink(filepath.Join(dir, SavedName)); err != nil || target != "kept/it.yaml" {
		t.Error(target, err)
	}
	if s, err := LoadSaved(dir); err != nil || len(s.Devices) != len(example().Devices) {
		t.Error(s, err)
	}
}

// A reader finds the file whole, whoever writes it meanwhile; its mode and the
// link to it stay.
func TestSavedIsWhole(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "kept.yaml")
	if err := os.WriteFile(elsewhere, []byte(exampleText), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, SavedName)); err != nil {
		t.Skip(err)
	}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for range 20 {
				s := example()
				s.Devices = s.Devices[i:]
				if _, err := WriteSaved(dir, s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		if s, err := LoadSaved(dir); err != nil || len(s.Devices) == 0 {
			t.Error(s, err)
		}
	}
	writers.Wait()
	info, err := os.Lstat(elsewhere)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o640 {
		t.Error(info.Mode(), err)
	}
	if info, err = os.Lstat(filepath.Join(dir, SavedName)); err != nil || info.Mode().IsRegular() {
		t.Error("the link is gone", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(elsewhere), ".*")); len(left) > 0 {
		t.Error("left behind:", left)
	}
}

// Names come back whatever a device calls its things.
func FuzzSavedNames(f *testing.F) {
	for _, name := range []string{"x", "", "~", "<<", "0x10", "a: b", "- a", "#", "'", "\"", "\ufeff", "\x80", "\u2028", "1e3", "y", "{}", "\t", "a\r\nb", "${A}", "2026-01-01", strings.Repeat("long ", 100)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := &Saved{Devices: []SavedDevice{{Name: "a", Kind: ModelPTZ, Model: name, Channels: []SavedChannel{{ID: 1, Name: name, Head: &SavedHead{
			Presets: []isapi.Preset{{ID: 1, Name: name}}, Special: map[int]string{2: name},
		}}}}}}
		dir := t.TempDir()
		if _, err := WriteSaved(dir, s); err != nil {
			t.Fatal(err)
		}
		back, err := LoadSaved(dir)
		if err != nil {
			text, _ := s.Text()
			t.Fatalf("%v\n%s", err, text)
		}
		want := strings.ToValidUTF8(name, "\ufffd")
		d := back.Devices[0]
		if h := d.Channels[0].Head; d.Model != want || d.Channels[0].Name != want || h.Presets[0].Name != want || h.Special[2] != want {
			t.Errorf("%q came back as %+v", name, d)
		}
	})
}

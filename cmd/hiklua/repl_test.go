package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
)

// names is a session for completion.
type names struct{}

func (names) Outline(path []string) luaapi.Outline {
	return map[string]luaapi.Outline{
		"":       {Keys: []string{"hik", "print", "pairs", "yard", "cams", "gate"}},
		"cams":   {Keys: []string{"gate", "door"}, Items: &luaapi.Outline{Owner: "channel", Device: "nvr", Channel: 2}},
		"string": {Keys: []string{"format", "find"}},
		"hik":    {Owner: "hik"},
		"yard":   {Owner: "channel", Device: "gate", Channel: "yard"},
		"gate":   {Owner: "device", Device: "gate"}, "cams.gate": {Owner: "device", Device: "gate"},
		"tour":   {Owner: "hik.tour", Keys: []string{"run"}},
		"answer": {Keys: []string{"status", "body"}},
	}[strings.Join(path, ".")]
}

func (names) Devices() []string { return []string{"gate", "nvr"} }

func (names) Channels(device string) []string {
	return map[string][]string{"gate": {"yard"}, "nvr": {"hall", "door"}}[device]
}

func (names) Presets(device string, channel any) []string {
	return map[string][]string{"gate yard": {"door", "Tür Süd"}, "gate <nil>": {"door", "fence"}, "nvr 2": {"till"}}[fmt.Sprint(device, " ", channel)]
}

func (names) Modules() []string { return []string{"hik", "hik.sweep", "hik.tour", "mine"} }

func (names) Vars() map[string]any {
	return map[string]any{"dwell": 5.0, "night": "22:00", "areas": map[string]any{"yard": 1.0}}
}

func (names) Jobs() []string { return []string{"night/tour", "repl/beat"} }

func TestComplete(t *testing.T) {
	for _, c := range []struct{ text, prefix, words string }{
		{"", "", ""},
		{"pr", "pr", "print"},
		{"x = pa", "pa", "pairs"},
		{"ret", "ret", "return"},
		{"x = 1 ga", "ga", "gate"},
		{"hik.ev", "ev", "every"},
		{"print(hik.dev", "dev", "device devices"},
		{"hik:ev", "ev", ""},
		{"hik.log.", "", "debug error info warn"},
		{"hik.json.en", "en", "encode"},
		{"string.f", "f", "find format"},
		{"yard:ptz_p", "ptz_p", "ptz_pan_tilt"},
		{"yard.st", "st", "stream_url"},
		{"cams.gate:sn", "sn", "snapshot"},
		{"cams.", "", "door gate"},
		{"cams[1]:sn", "sn", "snapshot"},
		{`hik.device("gate"):sn`, "sn", "snapshot"},
		{`hik.device"gate":sn`, "sn", "snapshot"},
		{`hik.device("gate"):channel("yard"):ptz_st`, "ptz_st", "ptz_status ptz_stop"},
		{`(hik.device("gate")):sn`, "sn", "snapshot"},
		{"hik.devices()[1]:sn", "sn", "snapshot"},
		{`require("hik").ev`, "ev", "every"},
		{"print(\n  1,\n  hik.ev", "ev", "every"},

		// Fields of what commands give.
		{`yard:snapshot().si`, "si", "size"},
		{`hik.every(10, f):st`, "st", "stop"},
		{"gate:info().", "", "firmware mac model name raw serial type"},
		{"gate:presets()[1].na", "na", "name"},
		{"gate:channels()[1].on", "on", "online"},
		{"gate:channels()[1]:sn", "sn", "snapshot"},
		{"yard.device:inf", "inf", "info"},
		{"answer.", "", "body status"},
		{"hik.vars.", "", "areas dwell night"},
		{"hik.vars.areas.", "", "yard"},

		{`gate:wait("motion").re`, "re", "reason region"},
		{`hik.http.get("http://x").st`, "st", "status"},
		{`gate:on("motion", function(ev) print(ev.na`, "na", "native"},

		// What this piece has given a name to.
		{"local y = gate:channel('yard')\ny:ptz_p", "ptz_p", "ptz_pan_tilt"},
		{"y = gate:info() print(1) print(y.fi", "fi", "firmware"},
		{"gate = 5 gate:sn", "sn", ""},
		{`for i = 1, 2 do local p = yard:presets()[i] print(p.`, "", "id name pan special tilt zoom"},

		// Modules.
		{"tour.", "", "run"},
		{`local t = require "hik.sweep" t.`, "", "run"},
		{`require("hik.tour").`, "", "run"},
		{`tour.run(yard, {{preset = "door"}}, {ti`, "ti", "till = "},
		{"tour.run(yard, {{dw", "dw", "dwell = "},
		{`tour.run(yard, {{preset = "do`, "do", "door"},
		{`tour.run(yard, {{preset = "door"}}, {home = "T`, "T", "Tür Süd"},
		{"tour.run(yard, {st", "st", ""},
		{`local retry = require "hik.retry" retry(f, {ti`, "ti", "times = "},

		// Names of the site, and what devices tell.
		{`hik.device("g`, "g", "gate"},
		{`hik.device "g`, "g", "gate"},
		{`hik.snapshot('`, "", "gate nvr"},
		{`hik.snapshot("nvr", "`, "", "door hall"},
		{`hik.device("nvr"):channel("ha`, "ha", "hall"},
		{`gate:channel("`, "", "yard"},
		{`gate:snapshot("`, "", "yard"},
		{`gate:preset("`, "", "door fence yard"},
		{`gate:preset("yard", "`, "", "Tür Süd door"},
		{`yard:preset("`, "", "Tür Süd door"},
		{`hik.preset("gate", "yard", "d`, "d", "door"},
		{`gate:channel("yard"):preset("T`, "T", "Tür Süd"},
		{`cams[1]:preset("`, "", "till"},
		{`yard:delete_preset("`, "", "Tür Süd door"},
		{`require "hik.`, "hik.", "hik.sweep hik.tour"},
		{`require("m`, "m", "mine"},

		// Events.
		{`gate:on("mot`, "mot", "motion"},
		{`yard:wait('li`, "li", "line_crossing"},
		{`hik.on("ga`, "ga", "gate/yard: gate:"},
		{`hik.on("gate:mot`, "gate:mot", "gate:motion"},
		{`hik.on("gate/yard:mot`, "gate/yard:mot", "gate/yard:motion"},
		{`yard:aux("`, "", "light wiper"},

		// Options and the words they take.
		{"gate:snapshot{st", "st", "stream = "},
		{"gate:snapshot({w", "w", "width = "},
		{"gate:snapshot({width = 5, ", "", "height =  quality =  stream = "},
		{"hik.every(60, {overlap = ", "", ""},
		{`hik.every(60, {overlap = "`, "", "allow queue skip"},
		{"hik.every(60, {na", "na", "name = "},
		{"yard:ptz_move{pan = 20, du", "du", "duration = "},
		{`hik.preset("gate", 1, 2, {wa`, "wa", "wait = "},
		{"hik.device{pass", "pass", "password =  password_file = "},
		{"x = {st", "st", ""},

		// What can't be known, and what is no place for a name.
		{`print("hik.ev`, "", ""},
		{`print("it's", pr`, "pr", "print"},
		{"nothing.", "", ""},
		{"-- hik.ev", "", ""},
		{"print(1) ", "", ""},
		{"5 .. hik.ev", "ev", "every"},

		// Lines that are no Lua.
		{".de", ".de", ".devices"},
		{".run ni", "ni", "night/tour"},
		{".help pre", "pre", "preset presets"},
		{"?gate:pre", "pre", "preset presets"},
		{".time gate:inf", "inf", "info"},
		{".save x", "", ""},
	} {
		got := complete(names{}, c.text)
		var words []string
		for _, w := range got.Words {
			words = append(words, w.Text)
		}
		if len(words) > 0 && got.Prefix != c.prefix || strings.Join(words, " ") != c.words {
			t.Errorf("%q: %q %v, want %q %v", c.text, got.Prefix, words, c.prefix, c.words)
		}
	}
}

func TestHint(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"print(", ""},
		{"gate:preset", "device:preset([ch], preset, {wait=, special=})  turns the head"},
		{"yard:preset(", "channel:preset(preset, {wait=, special=})  turns the head"},
		{`yard:preset("door", {`, "channel:preset(preset, {wait=, special=})  turns the head"},
		{`yard:preset("door", {wait = `, "wait = (boolean) "},
		{`yard:preset("door", {wait = true, `, "channel:preset("},
		{"print(hik.sleep(1", "hik.sleep(duration)  waits"},
		{"hik.every(60, function() ", ""},
		{"hik.sleep(1) ", ""},
		{"tour.run(", "hik.tour.run(channel, stops, {till=, "},
		{"tour.run(yard, {{dwell = ", "dwell = (duration) how long to stay"},
		{`retry = require("hik.retry") retry(`, "hik.retry(function, {times=, "},
		{".jobs", ""},
	} {
		if got := hint(names{}, c.text); got != c.want && (c.want == "" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// Completion and the hint take whatever has been typed so far.
func TestCompleteAnything(t *testing.T) {
	text := `hik.on("gate:motion", {name = "x", between = '1'}, function(ev) local t = {a = {[1] = yard:snapshot{width = 5}}, [[x]], [==[ ]] ]==]} --[[ c ]] ` +
		`(f)"s":m{1}[2].x -- end` + "\n" + `if x ~= ...and 0x1F .. 1.5e3 then yard:preset("d\"") end end) )]}`
	for i := range len(text) + 1 {
		for j := i; j <= min(len(text), i+40); j++ {
			complete(names{}, text[i:j])
			hint(names{}, text[i:j])
		}
		complete(names{}, text[:i])
		hint(names{}, text[:i])
	}
}

func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "history")
	h := openHistory(file)
	for _, text := range []string{
		"one", "two\nlines", "two\nlines", "  ",
		`hik.device{ip = "192.0.2.1", username = "a", password = "geheim"}`, `x = "http://a:geheim@b/"`, "three",
	} {
		h.Add(text)
	}
	if len(h.Lines()) != 5 {
		t.Errorf("in memory: %q", h.Lines())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != "\"one\"\n\"two\\nlines\"\n\"three\"\n" {
		t.Errorf("the file has %s", text)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if again := openHistory(file).Lines(); len(again) != 3 || again[1] != "two\nlines" {
		t.Errorf("%q", again)
	}
}

// A history that others can read is made the user's own, and a long one short.
func TestHistoryIsKeptShort(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(file, []byte(strings.Repeat("\"x\"\n\"y\"\nno quotes\n", historyLines)), 0o644); err != nil {
		t.Fatal(err)
	}
	if h := openHistory(file); len(h.lines) != historyLines {
		t.Errorf("%d lines", len(h.lines))
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 4*historyLines {
		t.Error(info.Mode(), info.Size(), err)
	}
	if h := openHistory("/proc/none/history"); h.file != "" {
		t.Error("there is a file in /proc")
	}
}

func TestHistoryFile(t *testing.T) {
	for _, c := range []struct{ xdg, home, want string }{
		{"/state", "/home/a", "/state/hiklua/repl_history"},
		{"", "/home/a", "/home/a/.local/state/hiklua/repl_history"},
		{"relative", "/home/a", "/home/a/.local/state/hiklua/repl_history"},
		{"", "", ""},
	} {
		env := map[string]string{"XDG_STATE_HOME": c.xdg, "HOME": c.home}
		if got := historyFile(func(name string) (string, bool) { v := env[name]; return v, v != "" }); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

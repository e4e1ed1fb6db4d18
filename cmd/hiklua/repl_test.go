package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// names is a session for completion.
type names struct{}

func (names) Names(path []string) []string {
	return map[string][]string{
		"": {"hik", "print", "pairs", "yard", "cams"}, "cams": {"gate", "door"}, "string": {"format", "find"},
	}[strings.Join(path, ".")]
}

func (names) Owner(path []string) string {
	return map[string]string{"yard": "channel", "cams.gate": "device"}[strings.Join(path, ".")]
}

func (names) Devices() []string { return []string{"gate", "nvr"} }

func (names) Channels(device string) []string {
	return map[string][]string{"gate": {"yard"}, "nvr": {"hall", "door"}}[device]
}

func (names) Modules() []string { return []string{"hik", "hik.sweep", "hik.tour", "mine"} }

func TestComplete(t *testing.T) {
	for _, c := range []struct{ text, prefix, words string }{
		{"", "", ""},
		{"pr", "pr", "print"},
		{"x = pa", "pa", "pairs"},
		{"ret", "ret", "return"},
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
		{`hik.device("gate"):sn`, "sn", "snapshot"},
		{`hik.device("gate"):channel("yard"):ptz_st`, "ptz_st", "ptz_status ptz_stop"},
		{`yard:snapshot().si`, "si", "size"},
		{`hik.every(10, f):st`, "st", "stop"},
		{`hik.device("g`, "g", "gate"},
		{`hik.snapshot('`, "", "gate nvr"},
		{`hik.snapshot("nvr", "`, "", "door hall"},
		{`hik.device("nvr"):channel("ha`, "ha", "hall"},
		{`require "hik.`, "hik.", "hik.sweep hik.tour"},
		{`require("m`, "m", "mine"},
		{`print("hik.ev`, "", ""},
		{`print("it's", pr`, "pr", "print"},
		{"nothing.", "", ""},
	} {
		got := complete(names{}, c.text)
		var words []string
		for _, w := range got.Words {
			words = append(words, w.Text)
		}
		if got.Prefix != c.prefix || strings.Join(words, " ") != c.words {
			t.Errorf("%q: %q %v, want %q %v", c.text, got.Prefix, words, c.prefix, c.words)
		}
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

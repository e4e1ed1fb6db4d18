package stubs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/parse"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/stubs"
)

func load(t *testing.T, text string) *site.Site {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, site.FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := site.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A file that is no Lua would leave the editor without any of it.
func TestFilesAreLua(t *testing.T) {
	for _, f := range stubs.Files(nil) {
		if !strings.HasSuffix(f.Name, ".lua") {
			continue
		}
		if _, err := parse.Parse(bytes.NewReader(f.Text), f.Name); err != nil {
			t.Error(err)
		}
	}
}

func TestNamesOfTheSite(t *testing.T) {
	for _, c := range []struct{ name, site, want string }{
		{"named", "vars: {dwell: 15s, n: 3, list: [1], map: {a: 1}, with space: true}\ndevices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\n  nvr: {simulate: nvr, channels: {hall: {address: 1}, yard: {address: 2}}}\n",
			`hik.DeviceName "gate"|"nvr"; hik.ChannelName integer|"yard"|"hall"; dwell string; list any[]; map table<string, any>; n number; ["with space"] boolean`},
		{"one device names none", "devices:\n  gate: {simulate: ptz}\n  nvr: {simulate: nvr, channels: {hall: {address: 1}}}\n",
			`hik.DeviceName "gate"|"nvr"; hik.ChannelName integer|string`},
		{"no devices", "timezone: UTC\n", `hik.DeviceName string; hik.ChannelName integer|string`},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := stubs.Files(load(t, c.site))
			var got []string
			for _, line := range strings.Split(string(files[len(files)-1].Text), "\n") {
				for _, tag := range []string{"---@alias ", "---@field "} {
					if rest, ok := strings.CutPrefix(line, tag); ok && !strings.HasPrefix(rest, "hik.EventName ") {
						got = append(got, rest)
					}
				}
			}
			if all := strings.Join(got, "; "); all != c.want {
				t.Errorf("got  %s\nwant %s", all, c.want)
			}
		})
	}
}

// Events of devices are there to be completed, unless they are too many.
func TestEventsOfTheSite(t *testing.T) {
	alias := func(text string) string {
		files := stubs.Files(load(t, text))
		_, rest, _ := strings.Cut(string(files[len(files)-1].Text), "---@alias hik.EventName ")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	few := alias("devices:\n  gate: {simulate: ptz}\n  nvr: {simulate: nvr}\n")
	for _, want := range []string{`string|"gate:`, `|"gate:motion"|`, `|"nvr:any"`} {
		if !strings.Contains(few, want) {
			t.Errorf("no %s in %s", want, few)
		}
	}
	many := "devices:\n"
	for i := range 100 {
		many += fmt.Sprintf("  cam%d: {simulate: ipc}\n", i)
	}
	if got := alias(many); got != "string" {
		t.Error(got)
	}
}

// What is written once is left alone, and so are settings of the user's own.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	first, err := stubs.Write(dir, nil)
	if err != nil || !slices.Contains(first, stubs.SettingsFile) || !slices.Contains(first, filepath.Join(stubs.Folder, "hik.lua")) {
		t.Fatal(first, err)
	}
	settings := filepath.Join(dir, stubs.SettingsFile)
	if err := os.WriteFile(settings, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if again, err := stubs.Write(dir, nil); err != nil || len(again) > 0 {
		t.Fatal(again, err)
	}
	if have, _ := os.ReadFile(settings); string(have) != "{}" {
		t.Errorf("settings were overwritten: %s", have)
	}
	changed, err := stubs.Write(dir, load(t, "devices:\n  gate: {simulate: ptz}\n"))
	if err != nil || len(changed) != 1 || changed[0] != filepath.Join(stubs.Folder, "site.lua") {
		t.Fatal(changed, err)
	}
}

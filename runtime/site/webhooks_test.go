package site

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHooks(t *testing.T) {
	dir := siteOf(t, []byte(`devices: {}
web: {hooks: {door: {token: "${GATE_PASSWORD}"}, Alarm_2: {token_file: token}, short: {token: abc}}}
`))
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(dir, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	if names := s.Web.HookNames(); !slices.Equal(names, []string{"door", "Alarm_2", "short"}) {
		t.Error(names)
	}
	door, _ := s.Web.Hook("door")
	alarm, _ := s.Web.Hook("Alarm_2")
	if door.Token.Reveal() != marker || alarm.Token.Reveal() != "0123456789abcdef" || door.Line != 2 || door.Col != 15 {
		t.Error(door, alarm)
	}
	if _, ok := s.Web.Hook("alarm_2"); ok {
		t.Error("names are compared exactly")
	}
	if text := fmt.Sprintf("%v %+v %#v", s.Web, s.Web, s.Web.Hooks); strings.Contains(text, marker) {
		t.Error(text)
	}
	if len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0].String(), "fewer than 16 characters") {
		t.Error(s.Warnings)
	}
	none := (*Web)(nil)
	if _, ok := none.Hook("door"); ok || none.HookNames() != nil || none.Secrets() != nil {
		t.Error("a site without a page has a hook")
	}
	// A reload sees another token, and not another place in the file.
	load := func(text string) *Web {
		t.Helper()
		s, err := Load(siteOf(t, []byte("devices: {}\n"+text)), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		return s.Web
	}
	a, b, c := load("web: {hooks: {a: {token: 0123456789abcdef}}}\n"), load("# moved\nweb: {hooks: {a: {token: 0123456789abcdef}}}\n"), load("web: {hooks: {a: {token: 1123456789abcdef}}}\n")
	if !a.Equal(b) || a.Equal(c) || a.Equal(DefaultWeb()) {
		t.Error(a.Equal(b), a.Equal(c))
	}
	if _, err := LoadSimulated(siteOf(t, []byte("devices: {}\nweb: {hooks: {a: {token: \"${MISSING}\"}, b: {token: \"${MISSING_TOO}\"}, c: {token_file: none}}}\n")), testEnv); err != nil {
		t.Error(err)
	}
}

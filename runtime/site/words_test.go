package site

import (
	"slices"
	"strings"
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"200GB": 200e9, "512MB": 512e6, "1.5TB": 15e11, "1GiB": 1 << 30, "10": 10, "10B": 10, "4kb": 4000, "1 GB": 1e9, "0": 0,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GB", "-1GB", "1e3GB", "x", "1XB", "0x10", "infGB", "9999999999TB", "1_0"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestFormatSize(t *testing.T) {
	for _, text := range []string{"512MB", "512MiB", "32MB", "1GB", "2GiB", "1500MB", "1234567B", "1536KiB", "10B", "0B"} {
		size, err := ParseSize(text)
		if got := FormatSize(size); err != nil || got != text {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	if got := FormatSize(15e8); got != "1500MB" {
		t.Error(got)
	}
}

func TestValidName(t *testing.T) {
	for _, name := range []string{"gate", "Tor 2", "cam-1", "a.b", "Übersicht", "前門", "1a", "_x"} {
		if !ValidName(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"", "12", "a/b", "a\\b", "a:b", "*", ".", "..", ".a", "a.", " a", "a ", "a  b", "-a", "a\nb", "a\x00", strings.Repeat("x", 65)} {
		if ValidName(name) {
			t.Errorf("%q is allowed", name)
		}
	}
}

func TestCompare(t *testing.T) {
	load := func(text string) *Site {
		s, err := Load(siteOf(t, []byte(text)), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := load("devices: {a: {simulate: ipc}, b: {simulate: ipc}, c: {simulate: ipc}}")
	c := Compare(before, load("vars: {x: 1}\ntimezone: UTC\nlocation: {lat: 1, lon: 2}\narchive:\nlimits: {tasks: 5}\n"+
		"devices: {d: {simulate: ipc}, c: {simulate: ptz}, a: {simulate: ipc}}"))
	if !slices.Equal(c.Added, []string{"d"}) || !slices.Equal(c.Removed, []string{"b"}) || !slices.Equal(c.Changed, []string{"c"}) ||
		!c.Timezone || !c.Location || !c.Vars || !c.Archive || !c.Limits {
		t.Errorf("got %+v", c)
	}
	c = Compare(before, load("# moved\ndevices: {c: {simulate: ipc}, a: {simulate: ipc}, b: {simulate: ipc}}"))
	if !c.Order || c.Changed != nil || c.Empty() {
		t.Errorf("got %+v", c)
	}
}

// TestManyProblems: a file of another kind must not flood the terminal.
func TestManyProblems(t *testing.T) {
	var b strings.Builder
	for i := range 500 {
		b.WriteString(strings.Repeat("k", i+1) + ": 1\n")
	}
	_, err := Load(siteOf(t, []byte(b.String())), testEnv)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 101 || lines[100] != "site.yaml: and 400 more problems" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

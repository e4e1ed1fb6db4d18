package archive

import (
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func pathOf(t *testing.T, layout string, e Entry) string {
	t.Helper()
	l, err := ParseLayout(layout)
	if err != nil {
		t.Fatal(err)
	}
	if e.Taken.IsZero() {
		e.Taken = noon
	}
	return l.Path(&e, time.FixedZone("", 3600))
}

func TestLayouts(t *testing.T) {
	full := Entry{Device: "gate", Channel: 2, Name: "yard", Label: "alarm", Event: "motion"}
	bare := Entry{Device: "gate", Channel: 2}
	for _, c := range []struct {
		layout     string
		full, bare string
	}{
		{"{device}/{channel}/{date}/{time}.jpg", "gate/2/2026-03-04/13-00-00.jpg", "gate/2/2026-03-04/13-00-00.jpg"},
		{"{device}/{name}/{year}/{month}/{day}/{hour}{minute}{second}.jpg", "gate/yard/2026/03/04/130000.jpg", "gate/2/2026/03/04/130000.jpg"},
		// A word that is empty takes a separator with it, or its folder.
		{"{label}/{device}-{time}.jpg", "alarm/gate-13-00-00.jpg", "gate-13-00-00.jpg"},
		{"{device}/{time}-{label}.jpg", "gate/13-00-00-alarm.jpg", "gate/13-00-00.jpg"},
		{"{device}/{time} - {label}_{event}.jpg", "gate/13-00-00 - alarm_motion.jpg", "gate/13-00-00.jpg"},
		{"{label}-{event}_{time}.jpg", "alarm-motion_13-00-00.jpg", "13-00-00.jpg"},
		{"x-{label}-y/{time}.jpg", "x-alarm-y/13-00-00.jpg", "x-y/13-00-00.jpg"},
		{"{date} {label}/{event}/{time}.jpg", "2026-03-04 alarm/motion/13-00-00.jpg", "2026-03-04/13-00-00.jpg"},
		{"a//./{time}.jpg", "a/13-00-00.jpg", "a/13-00-00.jpg"},
	} {
		if got := pathOf(t, c.layout, full); got != c.full {
			t.Errorf("%s: %s, want %s", c.layout, got, c.full)
		}
		if got := pathOf(t, c.layout, bare); got != c.bare {
			t.Errorf("%s, bare: %s, want %s", c.layout, got, c.bare)
		}
	}
}

// Names that some file system refuses, hides, or takes for another.
func TestNamesAreSafe(t *testing.T) {
	for name, want := range map[string]string{
		"con": "_con", "CON.old": "_CON.old", "com1": "_com1", "LPT9.x.y": "_LPT9.x.y", "nul ": "nul_", "nul .x": "_nul .x", "COM¹": "_COM¹",
		"conin$": "_conin$", "console": "console", "com10": "com10",
		"gate.": "gate_", "gate. . ": "gate_", ".gate": "_.gate", "..": "_", ".": "_", " ": "_",
		"a/b": "a_b", `a\b:c*d?e"f<g>h|i`: "a_b_c_d_e_f_g_h_i", "a\x00b\nc\u202ed": "a_b_c_d", "a\xffb": "a_b",
		"Hof Süd": "Hof Süd", "門": "門",
	} {
		if got := pathOf(t, "{label}/{time}.jpg", Entry{Label: name}); got != want+"/13-00-00.jpg" {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if got := pathOf(t, "{time}{label}.jpg", Entry{Label: "."}); got != "13-00-00_.jpg" {
		t.Error(got)
	}
}

func TestLongNames(t *testing.T) {
	for _, c := range []string{"a", "ü", "門", "😀"} {
		long := strings.Repeat(c, 300)
		one := pathOf(t, "{device}/{label}{time}.jpg", Entry{Device: long, Label: long})
		other := pathOf(t, "{device}/{label}{time}.jpg", Entry{Device: long + "x", Label: long})
		for _, p := range []string{one, numbered(one, maxNumber)} {
			for _, name := range strings.Split(p, "/") {
				if len(name) > maxName || !utf8.ValidString(name) {
					t.Errorf("%d bytes: %q", len(name), name)
				}
			}
			if path.Ext(p) != ".jpg" {
				t.Error(p)
			}
		}
		if one == other || path.Dir(one) == path.Dir(other) {
			t.Errorf("two names became one: %s", one)
		}
	}
}

func TestBadLayouts(t *testing.T) {
	for _, layout := range []string{"", "/", ".", "{devise}/{time}.jpg"} {
		if _, err := ParseLayout(layout); err == nil {
			t.Errorf("%q was taken", layout)
		}
	}
}

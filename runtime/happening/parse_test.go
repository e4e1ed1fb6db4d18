package happening

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/site"
)

const yaml = `timezone: Europe/Berlin
location: {lat: 52.52, lon: 13.40}
devices:
  gate:
    simulate: ptz
    channels: {yard: {address: 1}}
  nvr:
    simulate: nvr
    channels: {ramp: {address: 2}, store: {address: 3}}
  warehouse: {simulate: ipc}
  bare: {simulate: nvr}
`

func testSite(t *testing.T) *site.Site {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := site.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each mistake is one line, with its place and the word that was meant.
func TestMistakesInAFileOfEvents(t *testing.T) {
	s := testSite(t)
	for _, c := range []struct{ line, want string }{
		{"gate motion", `1: "gate": is not a time, such as`},
		{"23:10", `6: which device?`},
		{"23:10 gaet motion", `7: site.yaml has no device "gaet" (did you mean "gate"?)`},
		{"23:10 yard motion", `7: site.yaml has no device "yard" (did you mean "gate/yard"?)`},
		{"23:10 garden motion", `7: site.yaml has no device "garden"; it has gate, nvr, warehouse, bare`},
		{"23:10 gate/yrad motion", `12: gate has no channel "yrad" (did you mean "yard"?)`},
		{"23:10 gate/0 motion", `12: 0 is no channel`},
		{"23:10 nvr motion", `7: which channel of nvr: nvr/ramp, nvr/store?`},
		{"23:10 bare motion", `7: which channel of bare: bare/1, bare/2 ...?`},
		{"23:10 gate moton", `12: no event or fault is called "moton" (did you mean "motion"?)`},
		{"23:10 gate ofline", `12: no event or fault is called "ofline" (did you mean "offline"?)`},
		{"23:10 gate xyzzy", `12: no event or fault is called "xyzzy"; there are audio, face, `},
		{"23:10 gate", `11: what happens to gate?`},
		{"23:10 gate online", `12: "online" is the end of a fault`},
		{"23:10 gate stale", `the fault is stream-silent`},
		{"23:10 gate moved", `hiklua finds out by itself`},
		{"23:10 gate/yard offline", `7: offline is a fault of the whole device: gate offline`},
		{"23:10 gate/1 storage_full", `7: storage_full is an event of the whole device`},
		{"23:10 gate motion humen", `19: "humen" is not understood (did you mean "human"?)`},
		{"23:10 gate motion region x", `26: behind "region" comes a number, 1 to 64`},
		{"23:10 gate motion input 2", `only an event io comes from an input`},
		{"23:10 gate motion for", `"" is no time that something lasts`},
		{"23:10 gate motion 20x", `19: "20x" is no time that something lasts`},
		{"23:10 gate motion 20s more", `23: "more" is one word too many`},
		{"23:10 gate slow -2s", `"-2s" is no time for slow`},
		{"25:10 gate motion", `1: "25:10": there is no such time of day`},
		{"02:00-02:00 gate offline", `begins and ends at one time`},
		{"02:00-26:00 gate offline", `no such time of day`},
		{"02:00-02:20 gate offline for 20m", `26: "for": the line says already`},
		{"02:00-02:20 emit closing", `an event for scripts is of a moment`},
		{"2026-03-29", `1: the time is missing`},
		{"2026-02-30 02:30 gate motion", `there is no such date and time`},
		{"mon-fir 08:00 gate motion", `1: "mon-fir": `},
		{"sat,sum 08:00 gate motion", `1: "sum" is not a day (did you mean "sun"?)`},
		{"sunst gate motion", `1: "sunst": did you mean "sunset"?`},
		{"23:10 emit", `emit is followed by a name`},
		{"23:10 emit motion", `12: "motion" is an event of a device`},
		{"23:10 emit closing {", `20: what is emitted is no JSON: `},
		{"23:10 emit closing {} x", `23: "x" is one word too many`},
		{"random motion", `14: how often? "random motion 40/day"`},
		{"random motion 40/week", `15: "40/week": so many a day or an hour`},
		{"random motion -4/day", `15: "-4/day": so many a day or an hour`},
		{"random motion 4.5/day", `15: "4.5/day": so many a day or an hour`},
		{"random gate motion often/day", `20: "often/day": so many a day or an hour`},
		{"random motion 0/day", `so many a day or an hour`},
		{"random motion 40/day seed x", `27: behind seed comes a number`},
		{"random motion 40/day between 22-06", `"22-06": `},
		{"random gate moton 40/day", `no event or fault is called "moton"`},
		{"random motion 40/day often", `22: "often" is not understood`},
		{"random emit closing 4/day", `only what devices notice`},
		{"  ü 23:10 gate moton", `3: `},
	} {
		all, problems := Parse("night.events", "# a comment\n"+c.line+"  # and one more\n", s)
		if len(problems) != 1 || all != nil || !strings.Contains(problems[0].String(), c.want) || !strings.HasPrefix(problems[0].String(), "night.events:2:") {
			t.Errorf("%s\n  gives %v\n  want  %s", c.line, problems, c.want)
		}
	}
	_, problems := Parse("f", strings.Repeat("gate\n", 1000), s)
	if len(problems) != maxProblems {
		t.Error(len(problems))
	}
}

func TestWhatIsEmittedByHand(t *testing.T) {
	s := testSite(t)
	for text, want := range map[string]string{
		"gate motion":                        "gate 1 motion 5s",
		"gate/yard intrusion human region 2": "gate 1 intrusion 5s",
		"NVR/ramp motion":                    `site.yaml has no device "NVR" (did you mean "nvr"?)`,
		"nvr/Ramp motion start":              "nvr 2 motion 0s start",
		"nvr/3 motion stop":                  "nvr 3 motion 0s stop",
		"gate offline 2m":                    "gate 0 offline 2m0s",
		"gate slow 2s":                       "gate 0 slow=2s 0s",
		"gate slow 2s for 1m":                "gate 0 slow=2s 1m0s",
		"gate clock-wrong -2h":               "gate 0 clock-wrong=-2h0m0s 0s",
		"gate offline stop":                  "gate 0 offline 0s stop",
		"gate VMD":                           "gate 1 motion 5s",
		"gate heatImagingTemper":             "gate 1 heatImagingTemper 5s",
		"gate io input 2":                    "gate 0 io 5s",
		"gate storage_full":                  "gate 0 storage_full 5s",
		"gate locked 90s":                    "gate 0 locked 1m30s",
		"":                                   "which device?",
	} {
		w, err := ParseWhat(text, s)
		got := strings.TrimSpace(strings.Join([]string{placeOfWhat(w), w.Alarm.Type + w.Fault.String(), w.For.String(), string(w.State)}, " "))
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func placeOfWhat(w What) string { return w.Device + " " + string(rune('0'+w.Channel)) }

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"23:10 gate motion", "02:00-02:20 warehouse offline", "random motion 40/day seed 7 between 22:00-06:00",
		"2026-03-29 02:30 gate/yard intrusion human region 2", "sunset+1h emit x {\"a\": [1, {\"b\": null}]} # c", "sat,sun 1:00 nvr/2 io",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600)
	s, err := site.Load(dir, func(string) (string, bool) { return "", false })
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, problems := Parse("f", text, s)
		if all != nil && problems != nil {
			t.Error(all, problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Col < 1 || strings.Contains(p.Message, "\n") {
				t.Errorf("%+v", p)
			}
		}
	})
}

// The lines of docs/events.md are lines that count.
func TestTheLinesOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(page), "\n## Make something happen\n")
	_, part, _ = strings.Cut(part, "```text\n")
	commands, part, _ := strings.Cut(part, "```")
	for line := range strings.Lines(commands) {
		what, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "hiklua emit ")), " #")
		if strings.Contains(what, "'") {
			continue // an event for scripts
		}
		if _, err := ParseWhat(what, testSite(t)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	_, part, _ = strings.Cut(part, "```text\n")
	lines, _, found := strings.Cut(part, "```")
	if all, problems := Parse("docs/events.md", lines, testSite(t)); !found || problems != nil || len(all) < 8 {
		t.Error(all, problems)
	}
}

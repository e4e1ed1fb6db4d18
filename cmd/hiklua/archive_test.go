package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

const archiveSite = `timezone: Europe/Berlin
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
  nvr: {simulate: nvr, channels: {ramp: {address: 2}}}
  mast: {simulate: ipc}
archive: {keep: 30d, labels: {alarm: 1y}}
`

// takePictures archives 24 pictures of gate/yard, one each hour from 13:00 on,
// each sixth an alarm, one of nvr/ramp and one of mast.
const takePictures = `
for hour = 0, 23 do
  hik.snapshot("gate", "yard", {width = 320, height = 180}):archive{label = hour % 6 == 5 and "alarm" or "routine"}
  hik.sleep("1h")
end
hik.snapshot("nvr", "ramp", {width = 320, height = 180}):archive()
hik.snapshot("mast", 1, {width = 320, height = 180}):archive()`

// TestArchive gives the commands of the archive in a site whose archive has
// pictures. Each part has a copy of that site, its current folder.
func TestArchive(t *testing.T) {
	made := t.TempDir()
	write(t, made, map[string]string{"site.yaml": archiveSite})
	t.Chdir(made)
	if s, status := typed(t, "exec", "-e", takePictures); status != statusOK {
		t.Fatalf("status %d\n%s%s", status, s.out.String(), s.err.String())
	}
	for name, part := range map[string]func(t *testing.T){
		"choice": archiveChoice, "tables": archiveTables, "shows one": archiveShowsOne, "exports": archiveExports, "verifies": archiveVerifies,
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.CopyFS(".", os.DirFS(made)); err != nil {
				t.Fatal(err)
			}
			part(t)
		})
	}
}

func typed(t *testing.T, args ...string) (*session, int) {
	t.Helper()
	s := newSession(t)
	s.env["COLUMNS"] = "80"
	return s, s.run(context.Background(), args...)
}

// archiveChoice chooses pictures in all ways.
func archiveChoice(t *testing.T) {
	write(t, ".", map[string]string{"site.yaml": strings.Replace(archiveSite, "  mast: {simulate: ipc}\n", "", 1)}) // its pictures are still there
	for line, want := range map[string]int{
		"":                       26,
		"gate":                   24,
		"gate/yard":              24,
		"gate/1":                 24,
		"gate/2":                 0,
		"nvr/*":                  1,
		"gate nvr/ramp":          25,
		". nvr":                  1,
		"mast":                   1,
		"mast/1":                 1,
		"--last 3":               3,
		"gate mast --last 2":     2,
		"--label alarm":          4,
		"--label alarm --last 1": 1,
		"--from 2026-03-05":      15,
		"--till 2026-03-05":      11,
		"--from 2026-03-04T18:00 --till 2026-03-04T20:00":              2,
		"--from 2026-03-04T17:00:00Z --till 2026-03-04T19:00:00Z gate": 2,
		"--label none":      0,
		"nvr --label alarm": 0,
	} {
		s, status := typed(t, append([]string{"archive", "list", "--json"}, strings.Fields(line)...)...)
		if got := strings.Count(s.out.String(), "\n"); got != want || status != statusOK || s.err.Len() > 0 {
			t.Errorf("%s: status %d, %d pictures, want %d\n%s", line, status, got, want, s.err.String())
		}
		for text := range strings.Lines(s.out.String()) {
			var r archive.Record
			if err := json.Unmarshal([]byte(text), &r); err != nil || r.SHA256 == "" || r.Size == 0 || r.Width == 0 || r.Taken.Location().String() == "UTC" {
				t.Fatalf("%s: %v: %s", line, err, text)
			}
		}
	}
	for line, said := range map[string]string{
		"gaet":                                `error: neither site.yaml nor the archive has "gaet" (did you mean "gate"?)` + "\ntry: hiklua archive list gate\n",
		"gate/yrad":                           `has "gate/yrad" (did you mean "gate/yard"?)`,
		"gate nvr/lift":                       `has "nvr/lift"`,
		"--last -1":                           "error: --last -1: it is a number of pictures\n",
		"--from soon":                         `error: --from "soon" is neither a time nor how long ago`,
		"--from 2026-03-05 --till 2026-03-05": "try: hiklua archive list --from 2026-03-05 --till 2026-03-06\n",
		"--lable x":                           "did you mean --label?",
	} {
		s, status := typed(t, append([]string{"archive", "list"}, strings.Fields(line)...)...)
		if status != statusMisuse || !strings.Contains(s.err.String(), said) || s.out.Len() > 0 {
			t.Errorf("%s: status %d\n%s%s", line, status, s.out.String(), s.err.String())
		}
	}
	s, status := typed(t, "archive", "list", "--label", "alram")
	if status != statusOK || s.err.String() != "no such picture is in the archive (did you mean --label alarm?)\n" {
		t.Errorf("status %d\n%s", status, s.err.String())
	}
	s, status = typed(t, "archive", "lst")
	if status != statusMisuse || s.err.String() != "error: archive has no command \"lst\" (did you mean \"list\"?)\ntry: hiklua archive list\n" {
		t.Errorf("status %d\n%s", status, s.err.String())
	}
}

var sizes = regexp.MustCompile(`\d[\d.]* [KMG]B`)

// squeeze takes the widths of columns out of a table.
func squeeze(text string) string { return regexp.MustCompile(` +`).ReplaceAllString(text, " ") }

// archiveTables compares what people see.
func archiveTables(t *testing.T) {
	for line, want := range map[string]string{
		"list gate --last 2": `
TIME                 CHANNEL    LABEL    SIZE     FILE
2026-03-05 11:00:00  gate/yard  routine  SIZE     gate/1/2026-03-05/11-00-00.jpg
2026-03-05 12:00:00  gate/yard  alarm    SIZE     gate/1/2026-03-05/12-00-00.jpg
`,
		"show": `
PLACE: 26 pictures, SIZE

CHANNEL    PICTURES  SIZE     FIRST                LAST
gate/yard  24        SIZE     2026-03-04 13:00:00  2026-03-05 12:00:00
mast/1     1         SIZE     2026-03-05 13:00:00  2026-03-05 13:00:00
nvr/ramp   1         SIZE     2026-03-05 13:00:00  2026-03-05 13:00:00
`,
		"verify": `
ok: 26 pictures as archived, SIZE, in 2 days
`,
	} {
		s, status := typed(t, append([]string{"archive"}, strings.Fields(line)...)...)
		got := "\n" + sizes.ReplaceAllStringFunc(s.out.String(), func(size string) string { return ("SIZE" + strings.Repeat(" ", 10))[:len(size)] })
		got = strings.ReplaceAll(got, filepath.Join("data", "archive"), "PLACE")
		got = regexp.MustCompile(`SIZE +([,\n])`).ReplaceAllString(got, "SIZE$1")
		for text := range strings.Lines(got) {
			if uniseg.StringWidth(text) > 81 {
				t.Errorf("%s: wider than 80 columns: %s", line, text)
			}
		}
		if squeeze(got) != squeeze(want) || status != statusOK {
			t.Errorf("%s: status %d\n%s%s", line, status, got, s.err.String())
		}
	}
}

// archiveShowsOne shows a picture by its path in the archive and on disk.
func archiveShowsOne(t *testing.T) {
	const below = "gate/1/2026-03-04/18-00-00.jpg"
	full, err := filepath.Abs(filepath.Join("data", "archive", filepath.FromSlash(below)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{below, "data/archive/" + below, full} {
		s, status := typed(t, "archive", "show", file)
		if status != statusOK {
			t.Errorf("%s: status %d %s", file, status, s.err.String())
		}
		wants(t, s.out.String(), below, "gate", "1 yard", "alarm", "Wed 2026-03-04 18:00:00.000 CET", "320x180", "sha256")
	}
	s, status := typed(t, "archive", "show", "gate/1/none.jpg")
	if status != statusFailure || s.err.String() != "the archive has no picture gate/1/none.jpg on record\n" {
		t.Errorf("status %d %s", status, s.err.String())
	}
}

// archiveExports makes each kind of file.
func archiveExports(t *testing.T) {
	for _, row := range []struct {
		line   string
		status int
		shown  string // on stdout, or on stderr if the status is not 0
	}{
		{"gate --to day.avi", statusOK, "day.avi: 24 pictures, 320x180, 1.0 s at 25 a second"},
		{"gate --to day.avi", statusFailure, "day.avi is there already: --force replaces it\n"},
		{"gate --to day.avi --fps 0.5 --force --last 4", statusOK, "day.avi: 4 pictures, 320x180, 8.0 s at 0.5 a second"},
		{"--to all.zip", statusOK, "all.zip: 26 pictures, "},
		{"gate --contact-sheet day.jpg", statusOK, "day.jpg: 24 pictures, "},
		{"gate --to day2.AVI --json", statusOK, `"pictures": 24`},
		{"--to mixed.avi", statusFailure, "the pictures are of 3 channels (gate/yard, nvr/ramp, mast/1); here they must be of one: name it, as in hiklua archive export gate/yard\n"},
		{"gate --to data/archive/x.avi", statusFailure, "inside the archive"},
		{"gate --to nowhere/x.avi", statusFailure, "there is no folder"},
		{"gate --label none --to x.avi", statusFailure, "no such picture is in the archive"},
		{"gate/yrad --to x.avi", statusMisuse, "did you mean \"gate/yard\"?"},
		{"gate", statusMisuse, "try: hiklua archive export gate/yard --to day.avi\n"},
		{"gate --to x.avii", statusMisuse, "try: hiklua archive export gate/yard --to x.avi\n"},
		{"gate --to x", statusMisuse, "its name ends in none of .avi, .mp4, .zip"},
		{"gate --to x.avi --contact-sheet x.jpg", statusMisuse, "one at a time"},
		{"gate --contact-sheet x.png", statusMisuse, "try: hiklua archive export gate/yard --contact-sheet x.jpg\n"},
		{"gate --to x.avi --fps 0", statusMisuse, "--fps 0: it is 0.001 to 1000"},
		{"gate --to x.avi --fps NaN", statusMisuse, "--fps NaN: it is 0.001 to 1000"},
		{"gate --to x.avi --fps fast", statusMisuse, `--fps: "fast" is no number`},
	} {
		s, status := typed(t, append([]string{"archive", "export"}, strings.Fields(row.line)...)...)
		shown := s.out.String()
		if row.status != statusOK {
			shown = s.err.String()
		}
		if status != row.status || !strings.Contains(shown, row.shown) {
			t.Errorf("%s: status %d\n%s%s", row.line, status, s.out.String(), s.err.String())
		}
	}
	files, err := filepath.Glob("*")
	if want := "all.zip data day.avi day.jpg day2.AVI site.yaml"; err != nil || strings.Join(files, " ") != want {
		t.Errorf("%v: %s, want %s", err, files, want)
	}

	// What is broken is named, and left out.
	broken := filepath.Join("data", "archive", "gate", "1", "2026-03-04", "18-00-00.jpg")
	if err := os.WriteFile(broken, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, status := typed(t, "archive", "export", "gate", "--to", "rest.avi")
	if status != statusOK || !strings.HasPrefix(s.err.String(), "left out: gate/1/2026-03-04/18-00-00.jpg: it is no JPEG") || !strings.Contains(s.out.String(), "rest.avi: 23 pictures") {
		t.Errorf("status %d\n%s%s", status, s.out.String(), s.err.String())
	}
}

// archiveVerifies finds what was changed, and makes the index anew.
func archiveVerifies(t *testing.T) {
	day := filepath.Join("data", "archive", "gate", "1", "2026-03-04")
	write(t, day, map[string]string{"18-00-00.jpg": "changed", "foreign.jpg": "added"})
	if err := os.Remove(filepath.Join(day, "19-00-00.jpg")); err != nil {
		t.Fatal(err)
	}
	s, status := typed(t, "archive", "verify")
	if status != statusFailure {
		t.Errorf("status %d\n%s", status, s.err.String())
	}
	wants(t, s.out.String(), "changed", "missing", "added", "18-00-00.jpg", "19-00-00.jpg", "foreign.jpg", "not ok: 3 findings: 24 pictures as archived")
	s, status = typed(t, "archive", "verify", "--json")
	if status != statusFailure || strings.Count(s.out.String(), `"kind"`) != 3 {
		t.Errorf("status %d\n%s", status, s.out.String())
	}
	if err := os.Remove(filepath.Join("data", "archive.db")); err != nil {
		t.Fatal(err)
	}
	s, status = typed(t, "archive", "list")
	if status != statusFailure || !strings.Contains(s.err.String(), "hiklua archive verify --rebuild makes it") {
		t.Errorf("status %d\n%s", status, s.err.String())
	}
	// A new index lacks what was there before, and says so.
	if s, status := typed(t, "exec", "-e", `hik.snapshot("nvr", "ramp"):archive()`); status != statusOK {
		t.Fatalf("status %d %s", status, s.err.String())
	}
	for _, line := range []string{"list --json", "show"} {
		s, status = typed(t, append([]string{"archive"}, strings.Fields(line)...)...)
		if status != statusOK || !strings.Contains(s.err.String(), "lacks what was archived before") || !strings.Contains(s.err.String(), "--rebuild") {
			t.Errorf("%s: status %d\n%s%s", line, status, s.out.String(), s.err.String())
		}
	}
	typed(t, "archive", "verify", "--rebuild")
	s, status = typed(t, "archive", "list", "gate", "--label", "alarm", "--json")
	if n := strings.Count(s.out.String(), "\n"); n < 3 || status != statusOK || s.err.Len() > 0 {
		t.Errorf("status %d, %d pictures\n%s", status, n, s.err.String())
	}
	if s, status := typed(t, "archive", "verify", "nowhere"); status != statusFailure {
		t.Errorf("status %d\n%s", status, s.err.String())
	}
}

// A site that has archived nothing has an empty archive, and stays as it is.
func TestArchiveOfNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": "devices: {gate: {simulate: ptz}}\n"})
	for line, said := range map[string]string{
		"list":        "no picture is in the archive\n",
		"list --json": "",
		"show":        "",
		"verify":      "there is no archive in " + filepath.Join("data", "archive") + "\n",
		"verify --rebuild": "there is no archive in " + filepath.Join("data", "archive") +
			": mount its disk or put the folder back; if the pictures are gone for good, make the folder and try again\n",
		"export gate --to x.avi": "no picture is in the archive\n",
		"prune":                  "",
	} {
		s, _ := typed(t, append([]string{"archive"}, strings.Fields(line)...)...)
		if s.err.String() != said {
			t.Errorf("%s: %s%s", line, s.out.String(), s.err.String())
		}
	}
	files, err := filepath.Glob("*")
	if err != nil || strings.Join(files, " ") != "site.yaml" {
		t.Errorf("%v: %s", err, files)
	}
}

// TestArchiveBesideAHost asks for the archive of a host that has its index open.
func TestArchiveBesideAHost(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{
		"site.yaml":        archiveSite,
		"scripts/idle.lua": `hik.log.info("up")`,
	}, "run")
	p.logs("up")
	out, errs, status := p.ask("", "exec", "-e", `for i = 1, 5 do hik.snapshot("gate", "yard", {width = 320, height = 180}):archive{label = "by hand"} end
		local list = hik.archive.list{device = "gate", limit = 2}
		print(#list, list[2].label, list[2].channel, hik.file.read(list[2].path):len() == list[2].size)`)
	if status != statusOK || out != "2\tby hand\t1\ttrue\n" {
		t.Errorf("status %d %s%s", status, out, errs)
	}
	for line, want := range map[string]string{
		"archive list gate --last 3 --json": `"label":"by hand"`,
		"archive show":                      "data/archive: 5 pictures",
		"archive verify":                    "ok: 5 pictures as archived",
		"archive verify --rebuild":          "; the index was made anew",
		"archive export gate --to five.avi": "five.avi: 5 pictures",
	} {
		out, errs, status := p.ask("", strings.Fields(line)...)
		if status != statusOK || !strings.Contains(out, want) {
			t.Errorf("%s: status %d\n%s%s", line, status, out, errs)
		}
	}
	out, _, _ = p.ask("", "archive", "list", "--json")
	if n := strings.Count(out, "\n"); n != 5 {
		t.Errorf("%d pictures after the index was made anew", n)
	}
	p.signal(os.Interrupt)
	if status := p.ends(); status != statusOK {
		t.Errorf("status %d\n%s", status, p.stderr())
	}
	if out, errs, status := p.ask("", "archive", "show"); status != statusOK || !strings.Contains(out, "5 pictures") {
		t.Errorf("status %d %s%s", status, out, errs)
	}
}

// TestArchiveGaps stops a host for three hours, and asks what is missing.
func TestArchiveGaps(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": strings.TrimSuffix(archiveSite, "}\n") +
		`, schedules: [{channels: [gate/yard], every: 30m, label: routine}, {channels: ["nvr/2"], every: 1h}]}` + "\n"})
	now := begin
	typed := func(ctx context.Context, args ...string) (*session, int) {
		s, clk := newSession(t), clock.NewVirtual(now)
		s.clk = clk
		if args[0] == "run" {
			ctx = s.interruptAfter(4 * time.Hour)
		}
		status := s.run(ctx, args...)
		now = clk.Now()
		return s, status
	}
	s, status := typed(t.Context(), "archive", "gaps")
	if status != statusOK || s.err.String() != "no such schedule was followed yet: hiklua run . begins it\n" {
		t.Errorf("status %d %s", status, s.err.String())
	}
	if s, status := typed(t.Context(), "run"); status != statusOK {
		t.Fatalf("status %d %s", status, s.err.String())
	}
	s, status = typed(t.Context(), "archive", "gaps", "--check")
	if status != statusOK {
		t.Errorf("status %d %s%s", status, s.out.String(), s.err.String())
	}
	wants(t, s.out.String(), "from 2026-03-03 17:00:00 to 2026-03-04 17:00:00\n", "0 of 7 missing: gate/yard (routine)\n", "0 of 3 missing: nvr/ramp\n")
	now = now.Add(3 * time.Hour)
	s, status = typed(t.Context(), "archive", "gaps", "--check")
	if status != statusFailure {
		t.Errorf("status %d %s%s", status, s.out.String(), s.err.String())
	}
	wants(t, s.out.String(), "missing: host not running since 2026-03-04 17:00 (gate/yard, routine)\n", "missing: host not running since 2026-03-04 17:00 (nvr/ramp)\n")
	s, _ = typed(t.Context(), "archive", "gaps", "nvr", "--json")
	var r api.Gaps
	if err := json.Unmarshal(s.out.Bytes(), &r); err != nil || len(r.Series) != 1 || r.Missing < 2 || r.Missing > 4 || r.Series[0].Missing != r.Missing ||
		r.Series[0].Gaps[0].Reasons[0].Why != "host not running" || r.Series[0].Gaps[0].Till != nil {
		t.Errorf("%v: %s", err, s.out.String())
	}
	s, status = typed(t.Context(), "archive", "gaps", "gaet")
	if status != statusMisuse || !strings.Contains(s.err.String(), "did you mean") {
		t.Errorf("status %d %s", status, s.err.String())
	}
}

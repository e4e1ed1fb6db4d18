package site

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// loadIn loads a site.yaml in a folder of its own, which prepare makes ready.
func loadIn(t *testing.T, yaml string, prepare func(dir string)) (*Site, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(dir)
	}
	return Load(dir, func(string) (string, bool) { return "", false })
}

func TestNamesThatDifferInCapitals(t *testing.T) {
	s, err := loadIn(t, "devices:\n  gate: {simulate: ptz}\n  Gate: {simulate: ptz}\narchive: {keep: 30d}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "site.yaml:4:10: where capitals make no difference to file names, pictures of gate/1 and Gate/1 lie in one folder"
	if len(s.Warnings) != 1 || s.Warnings[0].String() != want {
		t.Errorf("%v", s.Warnings)
	}
}

// Where the archive may not be is told by what is on the disk, links too.
func TestWhereTheArchiveMayBe(t *testing.T) {
	outside := t.TempDir()
	for _, c := range []struct {
		path    string
		prepare func(dir string)
		want    string
	}{
		{"data/archive", nil, ""},
		{"pictures", nil, ""},
		{filepath.Join(outside, "archive"), nil, ""},
		{"data/x", func(dir string) {
			os.MkdirAll(filepath.Join(dir, "data"), 0o700)
			os.Symlink(outside, filepath.Join(dir, "data/x"))
		}, ""},
		{"data/x", func(dir string) {
			os.MkdirAll(filepath.Join(dir, "data"), 0o700)
			os.WriteFile(filepath.Join(dir, "data/x"), nil, 0o600)
		}, `path: "data/x" is a file, not a folder`},
		{"x/archive", func(dir string) { os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) }, `path: "x/archive": not a directory`},
		{"x/archive", func(dir string) {
			os.Mkdir(filepath.Join(dir, "scripts"), 0o700)
			os.Symlink("scripts", filepath.Join(dir, "x"))
		}, `path: "x/archive" is in scripts/: what is saved there is run`},
		{"scripts", nil, `path: "scripts" is in scripts/`},
		{"lib/../lib/x", nil, `path: "lib/../lib/x" is in lib/`},
		{".", nil, `path: "." holds hiklua's own files too`},
		{"/", nil, `path: "/" holds hiklua's own files too`},
	} {
		_, err := loadIn(t, fmt.Sprintf("archive: {path: %q}\n", c.path), c.prepare)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "site.yaml:1:17: "+c.want)) {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
	// Also where site.yaml does not name it.
	_, err := loadIn(t, "archive: {keep: 30d}\n", func(dir string) {
		os.MkdirAll(filepath.Join(dir, "scripts"), 0o700)
		os.MkdirAll(filepath.Join(dir, "data"), 0o700)
		os.Symlink("../scripts", filepath.Join(dir, "data/archive"))
	})
	if err == nil || !strings.Contains(err.Error(), `site.yaml:1:10: archive: "data/archive" is in scripts/`) {
		t.Error(err)
	}
}

func TestPlansOfSchedules(t *testing.T) {
	s, err := loadIn(t, `timezone: Europe/Berlin
location: {lat: 52.52, lon: 13.40}
devices: {gate: {simulate: ptz}}
archive:
  schedules:
    - {channels: [gate/1], every: 15m, between: "06:00-20:00", days: mon-fri, preset: 3}
    - {channels: [gate/1], cron: "30 12 * * sat", label: noon, preset: door}
    - {channels: [gate/1], at: sunset-15m}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 6, 19, 0, 0, 0, time.UTC) // a Friday, 20:00 in Berlin
	for i, want := range []string{"2026-03-09 06:00", "2026-03-07 12:30", "2026-03-07 17:41"} {
		plan, err := s.Archive.Schedules[i].Plan(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Next(from).In(s.Timezone).Format("2006-01-02 15:04"); got != want {
			t.Errorf("schedule %d: %s, want %s", i, got, want)
		}
	}
	if a := s.Archive.Schedules; a[0].Preset != "3" || a[1].Preset != "door" || a[1].Line != 7 || a[1].Col != 7 {
		t.Errorf("%+v", a)
	}
}

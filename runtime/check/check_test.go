package check_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/check"
)

var update = flag.Bool("update", false, "write what was found into the cases")

func noEnv(string) (string, bool) { return "", false }

// A case is a site in one file, in the notation of txtar; its last section,
// "want", is what check says of it.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			site, want, found := strings.Cut(string(text), "-- want --\n")
			if !found {
				t.Fatal("no section want")
			}
			var got strings.Builder
			for _, f := range check.Site(unpack(t, site), noEnv, false).Findings {
				got.WriteString(f.String() + "\n")
			}
			if *update {
				if err := os.WriteFile(file, []byte(site+"-- want --\n"+got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Error("-want +got\n" + diff)
			}
		})
	}
}

var section = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// unpack writes the files of a case to a new folder.
func unpack(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	heads := section.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		path := filepath.Join(dir, text[h[2]:h[3]])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text[h[1]:end]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Without the site's secrets, names of devices are compared all the same.
func TestSecretsMissing(t *testing.T) {
	dir := unpack(t, `-- site.yaml --
devices:
  gate: {ip: 192.0.2.1, username: a, password: "${NOT_SET}"}
-- scripts/a.lua --
hik.device("gaet")
`)
	for simulate, want := range map[bool]int{false: 2, true: 1} {
		r := check.Site(dir, noEnv, simulate)
		if len(r.Findings) != want || r.Findings[want-1].Message != `no device "gaet" (did you mean "gate"?)` {
			t.Errorf("simulate %v: %v", simulate, r.Findings)
		}
	}
}

// Folders and scripts that are links are followed; a pipe is not opened, nor a
// folder with the name of a script.
func TestLinksAndPipes(t *testing.T) {
	dir := unpack(t, "-- site.yaml --\ntimezone: UTC\n-- release/a.lua --\nprint(\n-- elsewhere.lua --\nhik.evry()\n-- release/d.lua/x.lua --\n-- release/_e.lua/x.lua --\n")
	for link, target := range map[string]string{"scripts": "release", "release/b.lua": "../elsewhere.lua"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "release", "c.lua"), 0o644); err != nil {
		t.Skip(err)
	}
	var got strings.Builder
	for _, f := range check.Site(dir, noEnv, false).Findings {
		got.WriteString(f.String() + "\n")
	}
	for _, want := range []string{"scripts/a.lua:", "scripts/b.lua:", "scripts/c.lua: is not a file", "scripts/d.lua: is not a file"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("nothing about %s:\n%s", want, got.String())
		}
	}
	if strings.Contains(got.String(), "_e.lua") {
		t.Errorf("a folder that is switched off:\n%s", got.String())
	}
}

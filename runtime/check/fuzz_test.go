package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hiklua/hiklua/runtime/check"
)

// Whatever a script holds, check ends and says only places that there are.
func FuzzScript(f *testing.F) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range cases {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i, m := range section.Split(string(text), -1) {
			if i > 1 { // not the heading and not site.yaml
				f.Add(m)
			}
		}
	}
	dir := f.TempDir()
	for name, text := range map[string]string{
		"site.yaml":     "vars: {a: 1, b: {c: x}}\ndevices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\n",
		"scripts/a.lua": "", "lib/m.lua": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, script string) {
		for _, name := range []string{"scripts/a.lua", "lib/m.lua"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, found := range check.Site(dir, noEnv, false).Findings {
			if found.Message == "" || found.Line < 0 || found.Col < 0 || found.File == "" {
				t.Errorf("%q: %+v", script, found)
			}
		}
	})
}

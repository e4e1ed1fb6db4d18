package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A password that is missing is none where devices are simulated; what vars takes
// from the environment is missing there, too, and --simulate is no help.
func TestWhatSimulateHelpsAgainst(t *testing.T) {
	dir := t.TempDir()
	yaml := "vars: {n: \"${NEW}\"}\ndevices:\n  gate: {ip: 192.0.2.1, username: a, password: \"${SECRET}\"}\n"
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) (string, bool) { return "", false }
	for _, f := range Site(dir, none, false).Findings {
		if help := strings.Contains(f.Message, "--simulate"); help != strings.Contains(f.Message, "SECRET") {
			t.Error(f)
		}
	}
	simulated := Site(dir, none, true).Findings
	if len(simulated) != 1 || strings.Contains(simulated[0].Message, "--simulate") {
		t.Error(simulated)
	}
}

package browsertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeVersion is of axe-core, which checks accessibility.
const axeVersion = "4.14.1"

// Axe is the checker of accessibility, which comes from npm for the test.
type Axe string

// NewAxe gets the checker. Without npm the test is skipped.
func NewAxe(t *testing.T) Axe {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("timeout", "60", "npm", "pack", "--silent", "axe-core@"+axeVersion)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED with axe-core: npm cannot get it here: %v %s", err, out)
	}
	cmd = exec.Command("tar", "xzf", "axe-core-"+axeVersion+".tgz", "package/axe.min.js")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	axe, err := os.ReadFile(filepath.Join(dir, "package", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return Axe(axe)
}

// Violations is what is wrong with the page that b shows, by at least so many
// rules that pass; "": nothing.
func (a Axe) Violations(b *Browser, rules int) string {
	b.T.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](string(a)))
	return Eval[string](b, `axe.run().then((r) => r.passes.length < %d ? "only " + r.passes.length + " rules were looked at" : r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).join("; ")).join("\n"))`, rules)
}

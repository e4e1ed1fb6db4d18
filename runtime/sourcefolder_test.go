package runtime

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hiklua/hiklua/runtime/site"
)

// A host whose scripts, modules and site.yaml lie in another folder than the rest
// of its site runs those, and not what lies in the site's folder.
func TestSourceIsAnotherFolder(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/edited.lua":                  `print("from the site's folder")`,
		"data/cluster/release/site.yaml":      oneHead,
		"data/cluster/release/scripts/a.lua":  `print(require("word"), site ~= 1)`,
		"data/cluster/release/scripts/b.lua":  `print("not of this host")`,
		"data/cluster/release/lib/word.lua":   `return "released"`,
		"data/cluster/release/scripts/a2.lua": `print("a2")`,
	})
	source := filepath.Join(w.dir, "data/cluster/release")
	w.host.conf.Source = source
	runs := map[string]bool{"a": true, "a2": true}
	w.host.conf.Runs = func(script string) bool { return runs[script] }
	w.host.conf.Reload = func() (*site.Site, error) { return site.LoadFrom(source, w.dir, noEnv) }
	w.start()
	w.run(0)
	w.wantPrinted("released	true", "a2")
	if b, err := w.host.ScriptSource("a"); err != nil || len(b) == 0 {
		t.Errorf("the source of a: %q, %v", b, err)
	}

	// The next release: b is this host's now, a2 is not, and site.yaml has a zone.
	runs["b"], runs["a2"] = true, false
	if err := os.WriteFile(filepath.Join(source, "site.yaml"), []byte("vars: {a: 1}\n"+oneHead), 0o644); err != nil {
		t.Fatal(err)
	}
	w.sync()
	if w.host.find("a2") != nil || w.host.find("b") == nil {
		t.Errorf("a2 should have ended and b run:\n%s", w.log)
	}
	if w.host.Site().Vars["a"] == nil || w.host.Site().Dir != w.dir {
		t.Errorf("the site is %+v", w.host.Site())
	}
}

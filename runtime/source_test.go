package runtime

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A source is shown of scripts that Status lists, and of no other file.
func TestScriptSource(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": "-- a", "scripts/broken.lua": "oops(", "scripts/_off.lua": "", "lib/m.lua": ""})
	outside := filepath.Join(t.TempDir(), "x.lua")
	if err := os.WriteFile(outside, []byte("-- secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(w.dir, "scripts", "linked.lua")); err != nil {
		t.Skip(err)
	}
	w.start()
	w.run(time.Second)
	w.hold("a")
	for name, want := range map[string]string{"a": "-- a", "broken": "oops("} {
		if got, err := w.host.ScriptSource(name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"", ".", "_off", "../lib/m", "../site", "a.lua", "/etc/passwd", "linked", "site.yaml", "a\x00"} {
		if got, err := w.host.ScriptSource(name); err == nil || len(got) > 0 {
			t.Errorf("%q: %q", name, got)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hiklua/hiklua/runtime"
)

// TestScriptHold: a script is set aside over a restart of the host, and let go.
func TestScriptHold(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/night.lua": `
		print("night begins")
		hik.every("1h", {name = "look"}, function() end)
		hik.on_stop(function() print("night ends") end)`, "scripts/day.lua": `print("day begins")`}, "run")
	p.logs("2 scripts live")
	_, errs, code := p.ask("", "script", "hold", "nigth")
	wants(t, errs, `no script "nigth"`, `did you mean "night"?`)
	if code != statusFailure {
		t.Errorf("%d", code)
	}
	out, errs, code := p.ask("", "script", "hold", "night")
	if code != statusOK || errs != "" {
		t.Errorf("%d %q", code, errs)
	}
	wants(t, out, "night is set aside")
	p.logs("night ends")
	out, _, code = p.ask("", "status", "--check")
	wants(t, out, "not ok: night set aside since ")
	if code != statusFailure || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %q", code, out)
	}
	_, errs, _ = p.ask("", "job", "run", "night/look")
	wants(t, errs, "script night is set aside: release it first")
	p.signal(syscall.SIGTERM)
	p.ends()

	p.launch(p.cmd.Dir, []string{"run"})
	p.logs("day begins")
	out, _, _ = p.ask("", "status")
	wants(t, out, "night", runtime.ScriptAside)
	write(t, p.cmd.Dir, map[string]string{"scripts/night.lua": "hik.evry(1)"})
	out, _, code = p.ask("", "reload")
	wants(t, out, "night: not loaded, the script is set aside", "scripts/night.lua:1")
	if code != statusFailure {
		t.Errorf("%d", code)
	}
	_, errs, code = p.ask("", "script", "release", "night")
	wants(t, errs, "scripts/night.lua:1: there is no hik.evry")
	if code != statusFailure {
		t.Errorf("%d %q", code, errs)
	}
	write(t, p.cmd.Dir, map[string]string{"scripts/night.lua": `print("night begins anew")`})
	p.logs("night begins anew")
	out, _, code = p.ask("", "script", "release", "night")
	if code != statusOK || out != "night runs\n" {
		t.Errorf("%d %q", code, out)
	}
	for _, args := range [][]string{{"script"}, {"script", "hold"}, {"script", "stop", "night"}} {
		if _, errs, code := p.ask("", args...); code != statusMisuse || errs == "" {
			t.Errorf("%v: %d %q", args, code, errs)
		}
	}
	p.signal(syscall.SIGTERM)
	p.ends()
	_, errs, code = p.ask("", "script", "release", "night")
	wants(t, errs, "no host runs")
	if _, err := os.Stat(filepath.Join(p.cmd.Dir, "data", "state.db")); code != statusFailure || err != nil {
		t.Errorf("%d %v", code, err)
	}
}

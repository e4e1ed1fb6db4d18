package main

import (
	"os"
	"syscall"
	"testing"
)

// TestJobRunWait ends with the run and with its outcome; Ctrl-C ends the waiting
// only.
func TestJobRunWait(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `
		hik.cron("0 3 * * *", {name = "quick"}, function() hik.sleep(0.05) end)
		hik.cron("0 3 * * *", {name = "broken"}, function() error("no luck") end)
		hik.cron("0 3 * * *", {name = "slow"}, function() print("begun") hik.sleep(2) print("ended") end)`}, "run")
	p.logs("1 script live")
	p.status()
	out, errs, code := p.ask("", "job", "run", "quick", "--wait")
	wants(t, out, "quick: ok after ")
	if code != statusOK || errs != "" {
		t.Errorf("%d %q", code, errs)
	}
	out, errs, code = p.ask("", "job", "run", "a/broken", "--wait")
	wants(t, out, "a/broken: failed after ", "scripts/a.lua:3: no luck")
	if code != statusFailure || errs != "" {
		t.Errorf("%d %q", code, errs)
	}
	_, errs, code = p.ask("", "job", "run", "brokn", "--wait")
	wants(t, errs, `no job "brokn"`, `did you mean "broken"?`)
	if code != statusFailure {
		t.Errorf("%d", code)
	}
	c, _, stderr := p.beside("job", "run", "slow", "--wait")
	p.logs("begun")
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != statusFailure {
		t.Errorf("%v", err)
	}
	wants(t, stderr.String(), "interrupted: the run goes on")
	p.logs("ended")
	p.signal(syscall.SIGTERM)
	p.ends()
}

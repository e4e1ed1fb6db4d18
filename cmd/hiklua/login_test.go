package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// refusingSite is the site of a device that has another password.
const refusingSite = `
devices:
  gate: {ip: 127.0.0.1, port: PORT, username: admin, password: wrong-1, status_interval: 1s}
`

// siteOf writes a site for the device of p, and gives its folder.
func (p *process) siteOf(yaml string) string {
	p.t.Helper()
	dir := p.t.TempDir()
	p.rewrite(dir, yaml)
	return dir
}

func (p *process) rewrite(dir, yaml string) {
	_, port, _ := strings.Cut(p.server.Addr(), ":")
	write(p.t, dir, map[string]string{"site.yaml": strings.ReplaceAll(yaml, "PORT", port)})
}

// by gives a command in dir and returns all that it says.
func (p *process) by(dir string, args ...string) string {
	p.t.Helper()
	p.launch(dir, args)
	out, err := p.stdout.ReadString(0)
	_ = err // its end
	p.ends()
	return out + p.stderr()
}

// TestWrongPasswordByHand: commands given one after another spend one login on a
// wrong password, and "login" one for each time it is given.
func TestWrongPasswordByHand(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := p.siteOf(refusingSite)
	rejected := func(want int64) {
		t.Helper()
		if n := p.device.Counts().RejectedLogins; n != want {
			t.Fatalf("%d rejected logins, want %d", n, want)
		}
	}
	said := p.by(dir, "devices")
	wants(t, said, "4 more tries", "hiklua login gate")
	rejected(1)
	for range 3 {
		said = p.by(dir, "devices")
		wants(t, said, "the device refused this password on", "4 more tries", "hiklua login gate")
		wants(t, p.by(dir, "exec", "-e", `hik.device("gate"):info()`), "unauthorized", "hiklua login gate")
		wants(t, oneLine(p.by(dir, "doctor")), "nothing was sent now")
		p.by(dir, "exec", "--alone", "-e", `hik.device("gate"):snapshot()`)
	}
	rejected(1)

	text, err := os.ReadFile(filepath.Join(dir, "data", "refused-logins"))
	if err != nil || strings.Contains(string(text), "wrong-1") {
		t.Errorf("%v %s", err, text)
	}
	if info, _ := os.Stat(filepath.Join(dir, "data", "refused-logins")); info.Mode().Perm() != 0o600 {
		t.Errorf("%v", info.Mode())
	}

	said = p.by(dir, "login", "gate")
	wants(t, said, "one login as admin at 127.0.0.1:", "the device said: 4 more tries", "gate: unauthorized", "3 more tries")
	rejected(2)
	p.by(dir, "devices")
	rejected(2)

	// Another password is another try, but for the last ones.
	p.rewrite(dir, strings.ReplaceAll(refusingSite, "wrong-1", "wrong-2"))
	wants(t, p.by(dir, "devices"), "2 more tries")
	rejected(3)
	p.rewrite(dir, refusingSite)
	wants(t, p.by(dir, "devices"), "the device refused this password on")
	p.rewrite(dir, strings.ReplaceAll(refusingSite, "wrong-1", "simulated"))
	wants(t, p.by(dir, "devices"), "the device refused another password on", "2 more tries", "spends one of the last tries")
	rejected(3)
	wants(t, p.by(dir, "login", "gate"), "the login is right")
	rejected(3)
	if said := p.by(dir, "devices"); strings.Contains(said, "unauthorized") {
		t.Error(said)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "refused-logins")); err != nil {
		t.Error(err)
	}
	wants(t, p.by(dir, "login", "gat"), `did you mean "gate"?`)
}

// remembers waits until the refusal is on disk. A command that another process
// gives before that is the second try that safety.md grants.
func (p *process) remembers(dir string) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "data", "refused-logins")); err == nil {
			return
		}
	}
	p.t.Fatalf("the refusal is not remembered:\n%s", p.stderr())
}

// TestWrongPasswordOfAHost: a host does not try again after a restart, beside it
// no command does, and "login" is a try of the host's.
func TestWrongPasswordOfAHost(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := p.siteOf(refusingSite)
	for range 3 {
		p.launch(dir, []string{"run"})
		p.logs("login refused")
		p.logs("login gate\"")
		p.remembers(dir)
		out, _, _ := p.ask("", "devices")
		wants(t, out, "unauthorized")
		p.signal(syscall.SIGTERM)
		p.ends()
	}
	if n := p.device.Counts().RejectedLogins; n != 1 {
		t.Errorf("%d rejected logins", n)
	}
	p.launch(dir, []string{"run"})
	p.logs("login refused")
	out, errs, status := p.ask("", "login", "gate")
	wants(t, out, "the device said: 4 more tries", "3 more tries")
	if status != statusFailure || errs != "" {
		t.Errorf("%d %q", status, errs)
	}
	p.device.SetPassword("admin", "wrong-1")
	out, _, status = p.ask("", "login", "gate")
	wants(t, out, "gate: the login is right")
	if status != statusOK {
		t.Errorf("%d", status)
	}
	if st := p.status(); st.Devices[0].State != "online" || p.device.Counts().RejectedLogins != 2 {
		t.Errorf("%+v %d", st.Devices[0], p.device.Counts().RejectedLogins)
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}

// TestWrongPasswordOfOneDevice: without a site it is remembered for the user.
func TestWrongPasswordOfOneDevice(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	p := aloneWithDevice(t)
	p.device.SetPassword("admin", "another")
	dir, url := t.TempDir(), "http://admin@"+p.server.Addr()
	for range 4 {
		wants(t, p.by(dir, "exec", "--device", url, "-e", "cam:info()"), "unauthorized", "hiklua login --device "+url)
	}
	if n := p.device.Counts().RejectedLogins; n != 1 {
		t.Errorf("%d rejected logins", n)
	}
	p.device.SetPassword("admin", "simulated")
	wants(t, p.by(dir, "login", "--device", url), "the login is right")
	wants(t, p.by(dir, "exec", "--device", url, "-e", "print(cam:info().model)"), "DS-2DE")
}

// TestWrongPasswordInAScript: a device that a script opened has the same promise.
func TestWrongPasswordInAScript(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := p.siteOf("devices:\n  other: {simulate: ptz}\n")
	p.device.SetPassword("admin", "another")
	_, port, _ := strings.Cut(p.server.Addr(), ":")
	code := `print(pcall(function() hik.device{ip = "127.0.0.1", port = ` + port + `, username = "admin", password = "simulated"}:info() end))`
	url := "http://admin@" + p.server.Addr()
	for range 3 {
		wants(t, p.by(dir, "exec", "-e", code), "unauthorized", "hiklua login --device "+url)
	}
	write(t, dir, map[string]string{"scripts/a.lua": code + " hik.every('1h', print)"})
	p.launch(dir, []string{"run"})
	p.logs("1 script live")
	if n := p.device.Counts().RejectedLogins; n != 1 {
		t.Errorf("%d rejected logins", n)
	}
	p.device.SetPassword("admin", "simulated")
	out, errs, _ := p.ask("", "login", "--device", url)
	wants(t, out+errs, "one login as admin at 127.0.0.1:"+port, "the login is right")
	if _, _, status := p.ask("", "exec", "-e", `hik.device{ip = "127.0.0.1", port = `+port+`, username = "admin", password = "simulated"}:info()`); status != statusOK {
		t.Error("the login is right, and refused")
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}

// TestRightPasswordIsForgotten: once the device takes another password, what it
// refused before is no longer held against the account.
func TestRightPasswordIsForgotten(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := p.siteOf(refusingSite)
	book := func() string {
		text, err := os.ReadFile(filepath.Join(dir, "data", "refused-logins"))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	p.by(dir, "devices")
	wants(t, book(), `"username": "admin"`)
	p.rewrite(dir, strings.ReplaceAll(refusingSite, "wrong-1", "simulated"))
	wants(t, p.by(dir, "devices"), "online")
	if strings.Contains(book(), "admin") {
		t.Error(book())
	}
}

// TestWrongPasswordOfACluster: what the hosts of a cluster know of refused passwords
// holds for a command beside them, and a new try is theirs.
func TestWrongPasswordOfACluster(t *testing.T) {
	t.Parallel()
	p := aloneWithDevice(t)
	dir := p.siteOf(refusingSite)
	p.by(dir, "devices")
	text, err := os.ReadFile(filepath.Join(dir, "data", "refused-logins"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "data", "refused-logins")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"data/cluster/site/refused-logins": string(text)})
	p.rewrite(dir, refusingSite+"cluster:\n  hosts: {left: 192.0.2.11, right: 192.0.2.12}\n  witnesses: {box: 192.0.2.13}\n")
	wants(t, p.by(dir, "devices"), "the device refused this password on")
	wants(t, oneLine(p.by(dir, "doctor")), "nothing was sent now")
	wants(t, p.by(dir, "login", "gate"), "the hosts of the cluster have to know of a new try", "the host runs that drives gate")
	if n := p.device.Counts().RejectedLogins; n != 1 {
		t.Errorf("%d rejected logins", n)
	}
}

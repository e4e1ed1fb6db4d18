package runtime

import (
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// Invariant 2 is about an account, not about a block of site.yaml: whoever asks the
// same device with the same password shares the verdict, under whatever name, after
// whatever change of other settings.
func TestOneVerdictForOneAccount(t *testing.T) {
	const two = `timezone: UTC
devices:
  gate: {ip: 192.0.2.10, username: admin, password: wrong}
  again: {ip: 192.0.2.10, username: admin, password: wrong}
  other: {ip: 192.0.2.11, username: admin, password: wrong}
`
	w := newWorld(t, two, map[string]string{"scripts/a.lua": `
		hik.every(10, function()
			local dev = hik.device{ip = "192.0.2.10", username = "admin", password = "wrong", timeout = "3s"}
			local ok, err = pcall(hik.channels, dev)
			print(ok, err.kind)
		end)`,
	}, func(o *sim.Options) { o.Password = "right" })
	rejected := func() (n uint64) {
		for _, name := range []string{"gate", "again", "192.0.2.10"} {
			if d := w.devices[name]; d != nil {
				n += uint64(d.Counts().RejectedLogins)
			}
		}
		return n
	}
	states := func(want string) {
		t.Helper()
		var got []string
		for _, d := range w.host.Devices() {
			got = append(got, d.State())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("states %s, want %s\n%s", got, want, w.log)
		}
	}
	w.start()
	w.run(time.Minute)
	states("unauthorized unauthorized unauthorized")
	if n := rejected(); n != 1 {
		t.Errorf("%d rejected logins for one account", n)
	}
	if n := w.devices["other"].Counts().RejectedLogins; n != 1 {
		t.Errorf("%d rejected logins on another device", n)
	}
	if len(w.printed) == 0 || w.printed[len(w.printed)-1] != "false\tunauthorized" {
		t.Errorf("printed %q", w.printed)
	}

	// Each of these makes a new line, and with it a new simulated device.
	for _, edit := range []string{"timeout: 5s", "channels: {yard: {address: 1}}", "status_interval: 30s", "max_rate: 2", "concurrency: 3"} {
		w.write("site.yaml", strings.ReplaceAll(two, "password: wrong", "password: wrong, "+edit))
		w.sync()
		w.run(time.Minute)
		states("unauthorized unauthorized unauthorized")
		for _, name := range []string{"gate", "again", "other"} {
			if c := w.devices[name].Counts(); c.Requests != 0 {
				t.Errorf("%s: %d requests after %q", name, c.Requests, edit)
			}
		}
	}

	w.write("site.yaml", strings.ReplaceAll(two, "password: wrong", "password: right"))
	w.sync()
	w.run(time.Minute)
	states("online online online")
}

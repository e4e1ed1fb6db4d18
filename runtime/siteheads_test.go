package runtime

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// account is the site of these tests; the device knows admin and simulated1,
// and viewer and simulated2, who may not move it.
func account(user, password string) string {
	return "timezone: UTC\ndevices:\n  gate: {ip: 192.0.2.1, username: " + user + ", password: " + password + ", channels: {yard: {address: 1}}}\n"
}

// newAccountWorld has the head turn, for ten seconds.
func newAccountWorld(t *testing.T) *world {
	w := newWorld(t, account("admin", "simulated1"), map[string]string{"scripts/a.lua": `
		hik.spawn(function() print(pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0, {duration = 10})) end)`}, func(o *sim.Options) {
		o.Model, o.Username, o.Password = sim.PTZ, "admin", "simulated1"
		o.Users = []sim.User{{Name: "viewer", Password: "simulated2", NoPTZ: true}}
	})
	w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if at := w.clk.Now().Sub(noon); at > 9*time.Second && at < 12*time.Second && strings.Contains(r.Header.Get("Authorization"), "admin") {
			return nil, io.ErrUnexpectedEOF
		}
		return device.RoundTrip(r)
	})
	w.start()
	w.run(time.Second)
	if !w.head().Driven(1) {
		t.Fatalf("the head does not move\n%s", w.log)
	}
	return w
}

// An account that does not do is saved while the head moves: the stop has the
// one with which the move began, and is tried until that one is answered.
func TestStopAfterAWrongAccountWasSaved(t *testing.T) {
	for name, yaml := range map[string]string{
		"wrong password": account("admin", "typo"),
		"no right":       account("viewer", "simulated2"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newAccountWorld(t)
			w.write("site.yaml", yaml)
			w.sync()
			w.run(15 * time.Second)
			if w.head().Driven(1) {
				t.Errorf("the head turns\n%v\n%s", w.sent("gate"), w.log)
			}
			w.wantPrinted("true")
			if n := w.head().Counts().RejectedLogins; n > 2 {
				t.Errorf("%d rejected logins", n)
			}
			if strings.Contains(w.log.String(), "refuses to stop") {
				t.Error(w.log)
			}
		})
	}
}

// Where no account does, that is told once, and mending it is enough.
func TestStopWaitsForAnAccount(t *testing.T) {
	w := newAccountWorld(t)
	w.write("site.yaml", account("admin", "typo"))
	w.head().SetPassword("admin", "simulated3")
	w.sync()
	w.run(5 * time.Minute)
	if n := strings.Count(w.log.String(), "stop not answered"); n != 1 {
		t.Errorf("told %d times\n%s", n, w.log)
	}
	if n := w.head().Counts().RejectedLogins; n > 3 {
		t.Errorf("%d rejected logins with two wrong passwords", n)
	}
	w.write("site.yaml", account("admin", "simulated3"))
	w.sync()
	w.run(time.Second)
	if w.head().Driven(1) {
		t.Errorf("the head turns\n%s", w.log)
	}
}

// A run that outlives a reload still knows the device as it was: what it moves
// at the one that has its name now, it also stops there.
func TestStopFollowsTheSuccessor(t *testing.T) {
	yaml := func(concurrency string) string {
		return "timezone: UTC\ndevices:\n  gate: {simulate: ptz, concurrency: " + concurrency + ", channels: {yard: {address: 1}}}\n"
	}
	w := newWorld(t, yaml("1"), map[string]string{"scripts/a.lua": `
		hik.after(1, {on_reload = "finish"}, function()
			local gate = hik.device("gate")
			hik.sleep(5)
			gate:ptz_pan_tilt(40, 0)
			hik.sleep(3)
			print(pcall(gate.ptz_stop, gate))
			hik.sleep(600)
		end)`})
	w.start()
	w.run(3 * time.Second)
	w.write("site.yaml", yaml("2"))
	w.sync()
	w.run(5500 * time.Millisecond)
	if !w.head().Driven(1) {
		t.Fatalf("the head does not move\n%s", w.log)
	}
	w.run(time.Second)
	if w.head().Driven(1) {
		t.Errorf("ptz_stop did not stop the head\n%v\n%s", w.sent("gate"), w.log)
	}
	w.wantPrinted("true")
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/site"
)

// ward is a site of devices with faults, as docs/doctor.md shows them.
const ward = `timezone: UTC
devices:
  gate:
    simulate: ptz
    username: guard
    password: patrol-99
    channels: {yard: {address: 1}}
  door:
    simulate: ipc
  nvr:
    simulate: nvr
    channels: {ramp: {address: 2}, store: {address: 3}}
  barn:
    simulate: ipc
`

// ail gives the devices of ward their faults.
func ail(d site.Device, clk clock.Clock) sim.Options {
	o := simOptions(d, clk)
	switch d.Name {
	case "gate":
		guard := sim.User{Name: o.Username, Password: o.Password, NoEvents: true, NoPTZ: true}
		o.Username, o.Password, o.Users = "admin", "simulated", []sim.User{guard}
	case "door":
		o.HTTPSOnly = true
	case "nvr":
		o.NoCenter = []string{"VMD"}
		for i := range o.Channels {
			o.Channels[i].NoRegion = o.Channels[i].ID == 3
		}
	case "barn":
		o.Faults = []sim.Fault{{Name: "locked", Value: "25m"}}
	}
	return o
}

// What the page shows is what the program writes.
func TestDoctorPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "doctor.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```text\n")
	want, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed {
		t.Fatal("docs/doctor.md shows no report")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": ward})
	s := newSession(t)
	s.env["COLUMNS"] = "100"
	var reports []*doctor.Report
	s.do(func() {
		conf, err := s.loadSite(dir, false)
		if err != nil {
			t.Fatal(err)
		}
		if reports, err = s.examineAll(context.Background(), conf, false, ail); err != nil {
			t.Fatal(err)
		}
		s.writeReports(conf, reports)
	})
	if got := s.out.String(); got != want {
		t.Errorf("docs/doctor.md shows something else than this:\n%s", got)
	}
	if took := s.clk.Now().Sub(begin); took != 15*time.Second {
		t.Errorf("devices are examined side by side, in 15 s, not %s", took)
	}
	s.out.Reset()
	if err := s.writeJSON(reports); err != nil {
		t.Fatal(err)
	}
	var list []doctor.Report
	if err := json.Unmarshal(s.out.Bytes(), &list); err != nil || len(list) != 4 || list[1].State != doctor.Fail {
		t.Errorf("%v: %+v", err, list)
	}
}

// The command against a device on a real port: status 1, one wrong login.
func TestDoctorFails(t *testing.T) {
	device := sim.New(sim.Options{Model: sim.PTZ})
	server, err := sim.Listen("127.0.0.1:0", device)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const conf = "devices: {gate: {ip: 127.0.0.1, port: %s, username: admin, password: %s}, door: {simulate: ipc}}\n"
	for _, row := range []struct {
		password string
		args     []string
		status   int
		shown    string
	}{
		{"wrong", []string{"doctor", dir, "gate"}, statusFailure, "user name or password; 4 more tries before"},
		{"simulated", []string{"doctor", dir, "gate"}, statusOK, "nothing is wrong with 1 device\n"},
		{"simulated", []string{"doctor", dir, "--json"}, statusOK, `"state": "ok"`},
	} {
		write(t, dir, map[string]string{"site.yaml": fmt.Sprintf(conf, port, row.password)})
		s := newSession(t)
		s.clk = clock.Real()
		if status := s.run(context.Background(), row.args...); status != row.status || !strings.Contains(s.out.String(), row.shown) {
			t.Errorf("%v: status %d\n%s%s", row.args, status, s.out.String(), s.err.String())
		}
	}
	if n := device.Counts().RejectedLogins; n != 1 {
		t.Errorf("%d wrong logins", n)
	}
}

// Which arguments are the site, which are devices.
func TestDoctorArguments(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site/site.yaml":  "devices: {gate: {simulate: ipc}, door: {simulate: ipc}}\n",
		"empty/gate/x":    "",
		"other/site.yaml": "devices: {gate: {simulate: ipc}, door: {simulate: ipc}}\n",
		"site/door/x":     "",
	})
	for _, row := range []struct {
		in     string
		args   string
		status int
		shown  string // on stdout, or on stderr if the status is not 0
	}{
		{"site", "", statusOK, "nothing is wrong with 2 devices"},
		{"site", "door", statusOK, "nothing is wrong with 1 device\n"},
		{"site", "../other gate", statusOK, "nothing is wrong with 1 device\n"},
		{".", "site", statusOK, "nothing is wrong with 2 devices"},
		{".", "site gate door gate", statusOK, "nothing is wrong with 2 devices"},
		{"site", "gaet", statusMisuse, `error: doctor: site.yaml has no device named "gaet" (did you mean "gate"?)` + "\ntry: hiklua doctor gate\n"},
		{".", "site gaet", statusMisuse, "try: hiklua doctor site gate\n"},
		{"empty", "gate", statusFailure, "no site.yaml in gate"},
	} {
		t.Run(row.in+" "+row.args, func(t *testing.T) {
			t.Chdir(filepath.Join(dir, row.in))
			s := newSession(t)
			status := s.run(context.Background(), append([]string{"doctor"}, strings.Fields(row.args)...)...)
			shown := s.out.String()
			if status != statusOK {
				shown = s.err.String()
			}
			if status != row.status || !strings.Contains(shown, row.shown) {
				t.Errorf("status %d\n%s%s", status, s.out.String(), s.err.String())
			}
		})
	}
}

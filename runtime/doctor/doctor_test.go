package doctor_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/site"
)

// noon is when examinations begin.
var noon = time.Date(2026, 6, 5, 12, 0, 0, 0, time.UTC)

// patient is a simulated device and how the site describes it.
type patient struct {
	sim   sim.Options
	conf  site.Device
	zone  *time.Location
	wrap  func(http.RoundTripper) http.RoundTripper // nil: the device as it is
	login bool                                      // as conf says, not the simulated administrator
}

// examine looks at p in virtual time.
func examine(t *testing.T, p patient) (*doctor.Report, *sim.Device, time.Duration) {
	t.Helper()
	v := clock.NewVirtual(noon)
	p.sim.Clock = v
	d := sim.New(p.sim)
	if p.conf.Name == "" {
		p.conf.Name = "gate"
	}
	if p.conf.Scheme == "" {
		p.conf.Scheme, p.conf.Port = "http", 80
	}
	if !p.login {
		p.conf.Username, p.conf.Password = "admin", isapi.NewSecret("simulated")
	}
	rt := d.Transport()
	if p.wrap != nil {
		rt = p.wrap(rt)
	}
	if p.zone == nil {
		p.zone = time.UTC
	}
	var r *doctor.Report
	v.Do(func() {
		client, err := isapi.New(isapi.Config{
			Name: p.conf.Name, Host: "192.0.2.10", Scheme: p.conf.Scheme, Username: p.conf.Username, Password: p.conf.Password,
			PTZID:     map[site.PTZIDMode]isapi.PTZIDMode{site.PTZIDChannel: isapi.PTZIDChannel, site.PTZIDStream: isapi.PTZIDStream}[p.conf.PTZID],
			Transport: rt, NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(v, n) },
		})
		if err != nil {
			t.Fatal(err)
		}
		r = doctor.Examine(context.Background(), doctor.Config{
			Device: p.conf, Client: client, Network: doctor.Network{Transport: rt}, Clock: v, Zone: p.zone,
		})
	})
	for _, e := range d.Journal() {
		if e.Method != http.MethodGet {
			t.Errorf("%s %s was sent", e.Method, e.Path)
		}
		if e.End.IsZero() {
			t.Errorf("%s was left open", e.Path)
		}
	}
	return r, d, v.Now().Sub(noon)
}

// find is the check of that name on that channel.
func find(r *doctor.Report, name string, channel int) doctor.Check {
	for _, c := range r.Checks {
		if c.Name == name && c.Channel == channel {
			return c
		}
	}
	return doctor.Check{}
}

func text(r *doctor.Report) string {
	var b strings.Builder
	for _, c := range r.Checks {
		b.WriteString(string(c.State) + "\t" + c.Name + " " + string(rune('0'+c.Channel)) + "\t" + c.Finding)
		if c.Fix != "" {
			b.WriteString(" FIX " + c.Fix)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Of a healthy device of each model nothing is to be said.
func TestHealthy(t *testing.T) {
	for _, m := range []sim.Model{sim.IPC, sim.PTZ, sim.NVR, sim.DVR} {
		t.Run(string(m), func(t *testing.T) {
			r, _, took := examine(t, patient{sim: sim.Options{Model: m}})
			t.Log(took, "\n"+text(r))
			if r.State != doctor.OK || len(r.Checks) == 0 || r.Count(doctor.OK) != len(r.Checks) {
				t.Errorf("%s\n%s", r.State, text(r))
			}
		})
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

// TestStatusOfAHostThatHoldsAPart: a device that another host drives is not away, and
// what runs in several shares goes by its share.
func TestStatusOfAHostThatHoldsAPart(t *testing.T) {
	t.Parallel()
	of := func(name, state, share, holder string) runtime.DeviceStatus {
		return runtime.DeviceStatus{Status: device.Status{Name: name, State: state, Events: "off"}, Share: share, Holder: holder}
	}
	st := runtime.Status{
		Now: begin, Started: begin,
		Cluster: &runtime.ClusterStatus{Host: "left", Quorum: true, Shares: []runtime.ShareStatus{{Name: "east", State: "held", Holder: "left"}, {Name: "west", State: "held", Holder: "right"}}},
		Devices: []runtime.DeviceStatus{of("gate", "online", "east", ""), of("ramp", "elsewhere", "west", "right")},
		Scripts: []runtime.ScriptStatus{{Name: "all", Share: "east", State: "running"}},
		Jobs:    []runtime.JobStatus{{Script: "all", Name: "round", Share: "east"}},
	}
	look := func() (status, verdict string, err error) {
		s := newSession(t)
		s.writeStatus(st)
		var out bytes.Buffer
		err = (&app{stdout: &out}).writeVerdict(st, nil)
		return strings.Join(strings.Fields(s.out.String()), " "), out.String(), err
	}
	status, verdict, err := look()
	for _, want := range []string{"ramp driven by right", "gate online", " east/all running", " east/all/round "} {
		if !strings.Contains(status, want) {
			t.Errorf("%q is not in: %s", want, status)
		}
	}
	if err != nil || verdict != "ok: 1 of 1 device online, 1 elsewhere, 1 script\n" {
		t.Errorf("%q %v", verdict, err)
	}

	st.Devices[0] = of("gate", "elsewhere", "east", "right")
	st.Cluster.Shares[0].Holder = "right"
	st.Scripts, st.Jobs = nil, nil
	if _, verdict, err = look(); err != nil || verdict != "ok: 2 devices elsewhere, no scripts\n" {
		t.Errorf("a standby: %q %v", verdict, err)
	}
	st.Devices[0].Holder, st.Cluster.Shares[0].State = "", "nobody"
	if status, verdict, err = look(); err == nil || !strings.Contains(verdict, "no host drives the devices of share east") || !strings.Contains(verdict, "gate driven by no host") || !strings.Contains(status, "gate no host drives it") {
		t.Errorf("%q %v %s", verdict, err, status)
	}
}

package sim_test

import (
	"bufio"
	"context"
	"crypto/md5"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
)

// served puts a device on a real port of this machine.
func served(t *testing.T, o sim.Options) (*sim.Device, *client) {
	t.Helper()
	d := sim.New(o)
	s, err := sim.Listen("127.0.0.1:0", d)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := newClient(t, d)
	c.rt, c.base = tr, "http://"+s.Addr()
	return d, c
}

func TestOnARealPort(t *testing.T) {
	d, c := served(t, sim.Options{Model: sim.PTZ})
	c.get(infoPath).want(t, 200, "")
	c.put(ptz1+"/continuous", move(10, 0, 0))
	if r := c.get("/ISAPI/Streaming/channels/102/picture"); !strings.HasPrefix(r.body, "\xff\xd8") || !strings.HasSuffix(r.body, "\xff\xd9") {
		t.Errorf("no whole JPEG: %d bytes", len(r.body))
	}
	if !d.Driven(1) {
		t.Error("it moves")
	}
}

func TestFaultsOnARealPort(t *testing.T) {
	d, c := served(t, sim.Options{})
	c.learn()
	try := func(fault string) (reply, error) {
		d.SetFaults(faults(t, fault)...)
		return c.raw(context.Background(), "GET", infoPath, "", c.authorization("GET", infoPath))
	}
	if r, err := try("cut"); r.status != 200 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %d %v", r.status, err)
	}
	if _, err := try("reset"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	c.rt.(*http.Transport).CloseIdleConnections()
	if r, err := try("offline"); err == nil {
		t.Errorf("offline: %d", r.status)
	}
	d.SetFaults()
	c.get(infoPath).want(t, 200, "")
}

func TestControlOnARealPort(t *testing.T) {
	d, c := served(t, sim.Options{Model: sim.PTZ})
	send := func(method, path, body string) reply {
		r, err := c.raw(context.Background(), method, path, body, "")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	c.learn()
	r := send("PUT", "/sim/faults", "slow=10ms@0s-1h busy")
	if r.status != 200 || len(d.Faults()) != 2 {
		t.Errorf("%d %s", r.status, r.body)
	}
	c.get(infoPath).want(t, 503, "deviceBusy")
	if r := send("GET", "/sim/faults", ""); !strings.Contains(r.body, `"slow=10ms@0s-1h0m0s"`) || !strings.Contains(r.body, `"busy"`) {
		t.Errorf("%s", r.body)
	}
	send("PUT", "/sim/faults", `["offline"]`)
	c.rt.(*http.Transport).CloseIdleConnections() // the simulator itself can still be reached
	if r := send("PUT", "/sim/faults", ""); r.status != 200 || len(d.Faults()) != 0 {
		t.Errorf("an empty body clears them: %d %s", r.status, r.body)
	}
	for _, bad := range []struct{ method, path, body, want string }{
		{"PUT", "/sim/faults", "explode", "unknown fault"},
		{"PUT", "/sim/faults", "[1]", "no list of texts"},
		{"PUT", "/sim/events", `{"typ": "motion"}`, "unknown field"},
		{"PUT", "/sim/events", `{"channel": 1}`, "type"},
		{"PUT", "/sim/events", `{"type": "motion", "channel": 7}`, "no channel 7"},
		{"PUT", "/sim/events", `{"type": "motion", "state": "maybe"}`, "start or stop"},
		{"GET", "/sim/other", "", "there are"},
	} {
		if r := send(bad.method, bad.path, bad.body); r.status < 400 || !strings.Contains(r.body, bad.want) {
			t.Errorf("%s %s %s: %d %s", bad.method, bad.path, bad.body, r.status, r.body)
		}
	}
	if r := send("GET", "/sim/journal", ""); !strings.Contains(r.body, `"what": "refused: deviceBusy"`) {
		t.Errorf("%s", r.body)
	}
	if r := send("GET", "/sim/state", ""); !strings.Contains(r.body, `"tilt": -5`) {
		t.Errorf("%s", r.body)
	}
}

func TestEventsOnARealPort(t *testing.T) {
	_, c := served(t, sim.Options{})
	c.learn()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", c.base+streamPath, nil)
	req.Header.Set("Authorization", c.authorization("GET", streamPath))
	resp, err := c.rt.RoundTrip(req)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	defer resp.Body.Close()
	if r, err := c.raw(ctx, "PUT", "/sim/events", `{"type": "motion", "channel": 1, "seconds": 0.2}`, ""); err != nil || r.status != 200 {
		t.Fatal(r, err)
	}
	lines := bufio.NewScanner(resp.Body)
	for want := []string{"<eventType>VMD</eventType>", "<eventState>active</eventState>", "<eventState>inactive</eventState>"}; lines.Scan(); {
		if strings.TrimSpace(lines.Text()) == want[0] {
			if want = want[1:]; len(want) == 0 {
				return
			}
		}
	}
	t.Errorf("the stream ended: %v", lines.Err())
}

func TestControlIsForThisMachineOnly(t *testing.T) {
	d := sim.New(sim.Options{})
	for addr, want := range map[string]int{"127.0.0.1:5": 200, "[::1]:5": 200, "192.0.2.7:5": 403, "": 403} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/sim/faults", nil)
		r.RemoteAddr = addr
		d.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d", addr, w.Code)
		}
	}
}

func TestListenNamesTheDevice(t *testing.T) {
	if _, err := sim.Listen("256.0.0.1:x", sim.New(sim.Options{Name: "gate"})); err == nil || !strings.Contains(err.Error(), "gate") {
		t.Errorf("%v", err)
	}
}

func BenchmarkPicture(b *testing.B) {
	d := sim.New(sim.Options{Model: sim.PTZ, OpenPictures: true})
	rt := d.Transport()
	for _, path := range []string{"101", "102"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				req, _ := http.NewRequest("GET", "http://192.0.2.1/ISAPI/Streaming/channels/"+path+"/picture", nil)
				resp, err := rt.RoundTrip(req)
				if err != nil || resp.StatusCode != 200 {
					b.Fatal(resp, err)
				}
			}
		})
	}
}

func BenchmarkContinuous(b *testing.B) {
	d := sim.New(sim.Options{Model: sim.PTZ})
	c := &client{t: &testing.T{}, rt: d.Transport(), base: "http://192.0.2.1", user: "admin", password: "simulated", newHash: md5.New}
	c.learn()
	for b.Loop() {
		if r, err := c.raw(context.Background(), "PUT", ptz1+"/continuous", move(1, 0, 0), c.authorization("PUT", ptz1+"/continuous")); err != nil || r.status != 200 {
			b.Fatal(r, err)
		}
	}
}

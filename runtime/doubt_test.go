package runtime

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/site"
)

// between has f stand between the host and the device of oneHead.
func (w *world) between(f func(r *http.Request, device http.RoundTripper) (*http.Response, error)) {
	w.t.Helper()
	device, gate := w.head().Transport(), w.host.devices[0]
	w.host.conf.Transport = func(site.Device) (http.RoundTripper, error) {
		return roundTrip(func(r *http.Request) (*http.Response, error) { return f(r, device) }), nil
	}
	l, err := w.host.newLine(gate.line.Load().conf)
	if err != nil {
		w.t.Fatal(err)
	}
	gate.line.Store(l)
}

// isMove reports whether a request sets the head in motion.
func isMove(r *http.Request) bool {
	if r.GetBody == nil || !strings.HasSuffix(r.URL.Path, "/continuous") {
		return false
	}
	body, _ := r.GetBody()
	text, _ := io.ReadAll(body)
	return strings.Contains(string(text), "<pan>40</pan>")
}

// A recorder that hands a move on says 5xx when its camera is late with the
// answer, and the camera turns.
func TestMoveAnswered5xxIsStopped(t *testing.T) {
	for _, test := range []struct {
		status, stops int
	}{{500, 2}, {502, 2}, {504, 2}, {503, 0}, {403, 0}} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
				hik.spawn(function()
					print(pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0, {duration = 2}) and "done" or "failed")
					hik.sleep(3600)
				end)`})
			w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
				move := isMove(r)
				if move && test.stops == 0 && r.Header.Get("Authorization") != "" {
					r.Body = io.NopCloser(strings.NewReader("<refused/>"))
				}
				resp, err := device.RoundTrip(r)
				if err == nil && move && resp.StatusCode != 401 {
					resp.StatusCode, resp.Body, resp.Header = test.status, http.NoBody, http.Header{}
				}
				return resp, err
			})
			w.start()
			w.run(time.Minute)
			w.wantPrinted("failed")
			if w.head().Driven(1) {
				t.Errorf("the head turns\n%v\n%s", w.sent("gate"), w.log)
			}
			if n := w.head().Counts().Stops; n != int64(test.stops) {
				t.Errorf("%d stops, want %d", n, test.stops)
			}
		})
	}
}

// A renewal whose answer never came is carried out by a device that lags
// behind, after whatever came next.
func TestLateRenewalIsStopped(t *testing.T) {
	for name, test := range map[string]struct {
		then string
		want []string
	}{
		"end of the task": {`hik.sleep(4.5)`, []string{"4.5s continuous 0 0 0", "6.5s continuous 0 0 0"}},
		"ptz_stop":        {`hik.sleep(4.5) yard:ptz_stop() hik.sleep(3600)`, []string{"4.5s continuous 0 0 0", "6.5s continuous 0 0 0"}},
		"preset":          {`hik.sleep(4.5) yard:preset(3) hik.sleep(3600)`, []string{"4.5s goto 3", "6.5s continuous 0 0 0"}},
		"short move": {`hik.sleep(4.5) yard:ptz_pan_tilt(0, 9, {duration = 0.1}) hik.sleep(3600)`,
			[]string{"4.5s continuous 0 9 0", "4.6s continuous 0 0 0", "6.6s continuous 0 0 0"}},
		// An answered renewal ends the doubt: nothing may break off the preset.
		"renewed": {`hik.sleep(6.5) yard:ptz_stop() yard:preset(3) hik.sleep(3600)`,
			[]string{"6s continuous 40 0 0", "6.5s continuous 0 0 0", "6.5s goto 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
				local yard = hik.device("gate"):channel("yard")
				hik.spawn(function() yard:ptz_pan_tilt(40, 0) ` + test.then + ` end)`})
			w.start()
			w.run(1500 * time.Millisecond)
			w.head().SetFaults(sim.Fault{Name: "late", Value: "3s", To: time.Second})
			w.run(time.Minute)
			if w.head().Driven(1) {
				t.Errorf("the renewal was carried out after the stop\n%v\n%s", w.sent("gate"), w.log)
			}
			w.wantSent("gate", append([]string{"0s continuous 40 0 0", "2s continuous 40 0 0"}, test.want...)...)
		})
	}
}

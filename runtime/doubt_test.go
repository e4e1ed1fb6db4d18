package runtime

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/device"
)

// between has f stand between the host and the device of oneHead.
func (w *world) between(f func(r *http.Request, device http.RoundTripper) (*http.Response, error)) {
	w.via["gate"] = f
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

// isStop reports whether a request stops the head.
func isStop(r *http.Request) bool {
	if r.GetBody == nil || !strings.HasSuffix(r.URL.Path, "/continuous") {
		return false
	}
	body, _ := r.GetBody()
	text, _ := io.ReadAll(body)
	return strings.Contains(string(text), "<pan>0</pan>")
}

// A recorder that hands a move on says 5xx when its camera is late with the
// answer, and the camera turns.
func TestMoveAnswered5xxIsStopped(t *testing.T) {
	for _, test := range []struct {
		status, stops int
	}{{500, 2}, {502, 2}, {504, 2}, {503, 0}, {403, 0}, {409, 0}, {400, 0}} {
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

// A camera without a head that answers 500 to whatever it does not know is not
// asked to stop for ever.
func TestNoHeadNoStopForEver(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function() print(pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0) and "done" or "failed") end)`})
	asked := 0
	w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		resp, err := device.RoundTrip(r)
		if err == nil && strings.HasSuffix(r.URL.Path, "/continuous") && resp.StatusCode != 401 {
			asked++
			resp.StatusCode, resp.Body, resp.Header = 500, http.NoBody, http.Header{}
		}
		return resp, err
	})
	w.start()
	w.run(20 * time.Second)
	before := asked
	w.run(time.Hour)
	w.wantPrinted("failed")
	w.wantLog("the device refuses to stop the head")
	if asked != before || asked < 10 {
		t.Errorf("asked %d times in 20 s, %d in an hour\n%s", before, asked, w.log)
	}
	w.end()
	if w.err != nil {
		t.Error(w.err)
	}
}

// One such answer, and then none at all for a while, is not that camera: its
// head may turn.
func TestHeadThatIsNotReachedIsNotGivenUp(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function() print(pcall(hik.ptz_pan_tilt, "gate", "yard", 40, 0) and "done" or "failed") end)`})
	w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		at := w.clk.Now().Sub(noon)
		if strings.HasSuffix(r.URL.Path, "/continuous") && at > 100*time.Millisecond && at < time.Minute {
			return nil, io.ErrUnexpectedEOF
		}
		resp, err := device.RoundTrip(r)
		if err == nil && strings.HasSuffix(r.URL.Path, "/continuous") && resp.StatusCode != 401 && at < time.Minute {
			resp.StatusCode, resp.Body, resp.Header = 500, http.NoBody, http.Header{}
		}
		return resp, err
	})
	w.start()
	w.run(50 * time.Second)
	if w.host.devices.AllAtRest() {
		t.Errorf("the head counts as at rest\n%s", w.log)
	}
	w.run(time.Minute)
	if w.head().Driven(1) || !w.host.devices.AllAtRest() {
		t.Errorf("the head turns\n%s", w.log)
	}
}

// A head that has moved is not given up because its device fails for a while.
func TestStopAnswered5xxIsTriedAgain(t *testing.T) {
	w := newWorld(t, oneHead, moving(`hik.sleep(1)`))
	refused := 0
	w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/continuous") && !isMove(r) && w.clk.Now().Sub(noon) < 2*time.Minute {
			refused++
			return &http.Response{StatusCode: 500, Body: http.NoBody, Request: r}, nil
		}
		return device.RoundTrip(r)
	})
	w.start()
	w.run(2*time.Minute + 5*time.Second + time.Second)
	if w.head().Driven(1) {
		t.Errorf("the head turns\n%s", w.log)
	}
	if n := strings.Count(w.log.String(), "stop not answered"); n != 1 {
		t.Errorf("told %d times\n%s", n, w.log)
	}
	w.wantLog("the stop was answered")
	if refused < 40 || refused > 70 { // two requests each 5 s, after the first few
		t.Errorf("asked %d times in two minutes", refused)
	}
}

// A Go panic in what is sent to a device is the error of that command. A move
// or a renewal that ended so may have been carried out.
func TestPanicOfACommand(t *testing.T) {
	stop := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/continuous") && !isMove(r) }
	for name, test := range map[string]struct {
		which func(r *http.Request) bool
		nth   int
		want  string
	}{
		"snapshot": {func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/picture") }, 1, "true nil, false panic"},
		"poll":     {func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/deviceInfo") }, 1, "true nil, true nil"},
		"move":     {isMove, 1, "false panic, true nil"},
		"renewal":  {isMove, 2, "true nil, true nil"},
		"stop":     {stop, 1, "true nil, true nil"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
				local yard, said = hik.device("gate"):channel("yard"), {}
				local function try(f, ...)
					local ok, err = pcall(f, ...)
					said[#said + 1] = tostring(ok) .. " " .. tostring(not ok and err.kind or nil)
				end
				hik.spawn(function()
					try(yard.ptz_pan_tilt, yard, 40, 0)
					hik.sleep(2.5)
					try(yard.snapshot, yard)
					print(table.concat(said, ", "))
				end)`})
			seen := 0
			w.between(func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
				resp, err := device.RoundTrip(r)
				if test.which(r) && err == nil && resp.StatusCode == 200 {
					if seen++; seen == test.nth {
						panic("boom")
					}
				}
				return resp, err
			})
			w.start()
			w.run(20 * time.Second)
			w.wantPrinted(test.want)
			w.wantLog("internal error: boom")
			w.wantLog("doubt_test.go") // in the Go stack
			if w.head().Driven(1) || w.host.Devices()[0].State() != device.StateOnline {
				t.Errorf("the head turns\n%v\n%s", w.sent("gate"), w.log)
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

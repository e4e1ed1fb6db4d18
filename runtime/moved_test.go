package runtime

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
)

// byHand moves the head of the gate past the host, at the given time after the start, for
// two seconds.
func (w *world) byHand(at time.Duration) {
	w.clk.AfterFunc(at, func() {
		w.clk.Go(func() {
			c, err := isapi.New(isapi.Config{
				Name: "hand", Host: "simulated", Username: "admin", Password: isapi.NewSecret("simulated"), Transport: w.head().Transport(),
			})
			if err == nil {
				err = c.Continuous(context.Background(), 1, isapi.Velocity{Pan: 60})
			}
			if err != nil {
				w.t.Error(err)
			}
			w.clk.AfterFunc(2*time.Second, func() {
				w.clk.Go(func() { c.StopPTZ(context.Background(), 1) })
			})
		})
	})
}

// polls counts how often the head was asked where it looks.
func (w *world) polls() (n int) {
	for _, r := range w.records {
		if r.What == "ptz_status" {
			n++
		}
	}
	return n
}

const onMoved = `
	local began = hik.now()
	local yard = hik.device("gate"):channel("yard")
	yard:on("moved", {state = "both", overlap = "queue"}, function(ev)
		print(("%d"):format(hik.now() - began), ev.type, ev.state, ev.device, ev.channel, ev.native)
	end)
	hik.device("gate"):on("any", function(ev) print("any", ev.type) end)`

// A head that is moved past the host is an event, one for each bout; what scripts
// do with it is none.
func TestMovedByHand(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": onMoved + `
		hik.after("2m", function()
			yard:ptz_pan_tilt(40, 0, {duration = "3s"})
			yard:preset(5)
			hik.sleep("20s")
			yard:preset(1, {wait = true})
		end)`})
	w.start()
	w.byHand(20 * time.Second)
	w.byHand(40 * time.Second)
	w.run(10 * time.Minute)
	w.wantPrinted("22\tmoved\tstart\tgate\t1\t", "74\tmoved\tstop\tgate\t1\t")
}

// A command of a script ends it.
func TestMovedEndsWithACommand(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": onMoved + ` hik.after("30s", function() yard:preset(5) end)`})
	w.start()
	w.byHand(20 * time.Second)
	w.run(5 * time.Minute)
	w.wantPrinted("22\tmoved\tstart\tgate\t1\t", "30\tmoved\tstop\tgate\t1\t")
}

// The head is asked only while a script listens, also over a reload; one that does
// not tell its position is asked too, and said to.
func TestMovedIsAskedForWhileSomebodyListens(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": onMoved})
	w.start()
	w.run(time.Minute)
	if n := w.polls(); n < 25 || n > 30 {
		t.Errorf("%d polls in a minute", n)
	}
	w.write("scripts/a.lua", onMoved+" -- saved")
	w.sync()
	before := w.polls()
	w.run(time.Minute)
	if n := w.polls() - before; n < 25 || n > 30 {
		t.Errorf("%d polls in the minute after a reload", n)
	}
	w.write("scripts/a.lua", `hik.device("gate"):on("online", print)`)
	w.sync()
	before = w.polls()
	w.run(time.Minute)
	if n := w.polls() - before; n > 1 {
		t.Errorf("%d polls although nobody listens", n)
	}

	blind := newWorld(t, oneHead, map[string]string{"scripts/a.lua": onMoved})
	blind.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/PTZCtrl/") && (strings.HasSuffix(r.URL.Path, "/status") || strings.HasSuffix(r.URL.Path, "/absoluteEx")) {
			return &http.Response{StatusCode: 404, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}
		return device.RoundTrip(r)
	}
	blind.start()
	blind.byHand(20 * time.Second)
	blind.run(time.Minute)
	blind.wantPrinted()
	if n := strings.Count(blind.log.String(), "it does not tell its position"); n != 1 {
		t.Errorf("told %d times\n%s", n, blind.log)
	}
}

// The event is of a channel.
func TestMovedNeedsAChannel(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  rec: {simulate: nvr, channels: {a: {address: 1}, b: {address: 2}}}\n", map[string]string{"scripts/a.lua": `
		print(select(2, pcall(function() hik.device("rec"):on("moved", print) end)))
		print(pcall(function() hik.on("rec/b:moved", print) end))`})
	w.start()
	w.run(time.Second)
	w.wantPrinted(`scripts/a.lua:2: on: "moved" is an event of a channel: dev:channel(1):on("moved", ...)`, "true")
}

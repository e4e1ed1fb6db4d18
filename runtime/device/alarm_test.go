package device

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
)

// A device may make up a new event type each second, for years.
func TestMadeUpEventTypesAreBounded(t *testing.T) {
	r := newRig(t, gateAt(oneGate))
	f := r.quiet().dev().feed
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for i := range 20_000 {
		kind := fmt.Sprint("type ", i)
		f.alarms.fold(&isapi.Alert{Type: kind, Native: kind, Channel: 1, State: isapi.StateActive, Time: now}, now)
		f.alarms.fold(&isapi.Alert{Type: kind, Native: kind, Channel: 1, Attachment: true, Image: []byte{1}, Time: now}, now)
		f.alarms.fold(&isapi.Alert{Type: kind, Native: kind, Channel: 1, State: isapi.StateInactive, Time: now}, now)
	}
	if e, l, s := len(f.alarms.ends), len(f.alarms.late), len(f.alarms.seen); e > maxTypes || l > maxTypes || s > maxSeen {
		t.Errorf("%d ends, %d late, %d seen", e, l, s)
	}
	if !f.alarms.ends["type 19999"] || !f.alarms.late["type 19999"] {
		t.Error("the latest is not known")
	}
}

// One event stream serves all names of a device, each under its own.
func TestEventsOfAllNames(t *testing.T) {
	r := newRig(t, gateAt(oneGate)+"  again: {ip: "+oneGate+", username: admin, password: simulated}\n")
	heard := make(chan string, 9)
	for _, ref := range r.set.Devices() {
		r.set.Hub().Add(&Listener{
			Spec: luaapi.EventSpec{Device: ref, Type: "motion"},
			Tell: func(ev *luaapi.Event, _, _ any) { heard <- ref.Name() + " hears of " + ev.Device },
		})
	}
	f := r.quiet().dev().feed
	f.mu.Lock()
	f.alarms.fold(&isapi.Alert{Type: "motion", Native: "VMD", Channel: 1, State: isapi.StateActive}, time.Now())
	f.mu.Unlock()
	if a, b := <-heard, <-heard; a != "gate hears of gate" || b != "again hears of again" {
		t.Error(a, b)
	}
	if len(heard) != 0 || f.wanted != 2 {
		t.Errorf("%d more, %d want the stream", len(heard), f.wanted)
	}
	// A name that gets another address takes its listeners along.
	r.swap(gateAt(oneGate) + "  again: {ip: 192.0.2.2, username: admin, password: simulated}\n")
	other := r.set.Devices()[1].dev().feed
	for _, one := range []*feed{f, other} {
		one.mu.Lock()
		if one.wanted != 1 {
			t.Errorf("%d want the stream of %s", one.wanted, one.d.address)
		}
		one.mu.Unlock()
	}
}

// When the name whose line carries the event stream goes, the stream is opened
// anew over the next name's.
func TestStreamFollowsTheFirstName(t *testing.T) {
	r := newRig(t, gateAt(oneGate)+"  again: {ip: "+oneGate+", username: admin, password: simulated}\n")
	again := r.set.Devices()[1]
	r.set.Hub().Add(&Listener{Spec: luaapi.EventSpec{Device: again, Type: "motion"}, Tell: func(*luaapi.Event, any, any) {}})
	f := again.dev().feed
	over := func() *line {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.line
	}
	r.eventually("the stream is open", func() bool { return f.shown() == EventsFlowing })
	if over().ref != r.set.Devices()[0] {
		t.Error("the stream is not over the first name's line")
	}
	r.swap("timezone: UTC\ndevices:\n  again: {ip: " + oneGate + ", username: admin, password: simulated}\n")
	r.eventually("the stream is over the other name's line", func() bool { return over() != nil && over().ref == again && f.shown() == EventsFlowing })
}

// A first name whose login is refused, or that has not been answered yet, holds
// up the stream of the next name no longer than it is there.
func TestStreamIsNotHeldUpByANameThatIsGone(t *testing.T) {
	again := "  again: {ip: " + oneGate + ", username: admin, password: simulated}\n"
	r := newRig(t, strings.Replace(gateAt(oneGate), "simulated", "wrong", 1)+again)
	ref := r.set.Devices()[1]
	r.eventually("the login is refused", func() bool { return r.set.Devices()[0].State() == StateUnauthorized })
	r.set.Hub().Add(&Listener{Spec: luaapi.EventSpec{Device: ref, Type: "motion"}, Tell: func(*luaapi.Event, any, any) {}})
	r.eventually("the stream waits", func() bool { return ref.Events() == EventsStale })
	r.swap("timezone: UTC\ndevices:\n" + again)
	r.eventually("the stream is open over the other name's line", func() bool { return ref.Events() == EventsFlowing })
}

// What waits for another state of a device leaves nothing behind where it waits
// no longer.
func TestWaitingForAStateLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/alertStream") {
				return status(req, http.StatusForbidden), nil
			}
			return device.RoundTrip(req)
		})
		r.set.Hub().Add(&Listener{Spec: luaapi.EventSpec{Device: gate, Type: "motion"}, Tell: func(*luaapi.Event, any, any) {}})
		time.Sleep(24 * time.Hour)
		gate.mu.Lock()
		n := gate.changed.Waiting()
		gate.mu.Unlock()
		if n > 1 {
			t.Errorf("%d wait after a day of refused streams", n)
		}
		r.close(time.Second)
	})
}

// A device that was away has its stream again soon after it is back, however long the pause
// between two tries has become.
func TestStreamComesBackWithTheDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, gate := newGate(t)
		r.set.Hub().Add(&Listener{Spec: luaapi.EventSpec{Device: gate, Type: "motion"}, Tell: func(*luaapi.Event, any, any) {}})
		time.Sleep(time.Minute)
		var away atomic.Bool
		away.Store(true)
		r.putBetween(unreachable(oneGate, &away))
		gate.dev().feed.rewired()
		time.Sleep(time.Hour)
		if gate.State() != StateOffline || gate.Events() != EventsStale {
			t.Fatalf("%s, events %s", gate.State(), gate.Events())
		}
		away.Store(false)
		for gate.State() != StateOnline {
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(backSpread + time.Second)
		if gate.Events() != EventsFlowing {
			t.Errorf("events %s though the device is back", gate.Events())
		}
		r.close(time.Second)
	})
}

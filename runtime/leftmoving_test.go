package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/store"
)

// onDisk lists what the file says of heads in motion at this moment, as it
// would be found after a crash.
func (w *world) onDisk() string {
	var all []string
	w.readState(func(s *store.Store) {
		for _, m := range s.AllMoving() {
			all = append(all, strings.TrimRight(fmt.Sprintf("%s/%d %s", m.Device, m.Channel, m.Part), " "))
		}
	})
	return strings.Join(all, ", ")
}

func TestHeadIsOnDiskBeforeItMoves(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `hik.after(1, function()
		hik.ptz_pan_tilt("gate", "yard", 40, 0, {duration = 5})
		hik.focus("gate", "yard", 20, {duration = 5})
		hik.preset("gate", "yard", 1)
	end)`})
	w.disk = func() error {
		if w.head().Driven(1) && w.onDisk() == "" {
			t.Error("the head moves and the disk does not know")
		}
		return nil
	}
	w.start()
	w.run(time.Second)
	if got := w.onDisk(); got != "gate/1" || !w.head().Driven(1) {
		t.Error(got, w.head().Driven(1))
	}
	w.run(6 * time.Second)
	if got := w.onDisk(); got != "gate/1, gate/1 focus" { // written with the next commit
		t.Error(got)
	}
	w.run(time.Minute)
	if got := w.onDisk(); got != "" {
		t.Error(got)
	}
}

const turnAway = `hik.spawn(function() hik.ptz_pan_tilt("gate", "yard", 40, 0) hik.sleep(3600) end)`

// After a crash the next host stops the head before anything else, and strikes
// it out once the device has answered.
func TestHeadLeftMovingIsStopped(t *testing.T) {
	w := newKeeper(t, oneHead+"limits: {motion: 10m}\n", map[string]string{"scripts/a.lua": turnAway})
	w.start()
	w.run(time.Minute)
	w.crash()
	n := w.next(time.Minute, map[string]string{"scripts/a.lua": `hik.spawn(function() hik.preset("gate", "yard", 1) end)`})
	off, _ := sim.ParseFault("offline")
	n.head().SetFaults(off)
	n.start()
	n.run(30 * time.Second)
	if got := n.onDisk(); got != "gate/1" || len(n.sent("gate")) != 0 {
		t.Error(got, n.sent("gate"))
	}
	n.wantLog("a head was left moving when hiklua ended: it is stopped now")
	n.wantLog("task=a/task-1")
	n.head().SetFaults()
	n.run(time.Minute)
	if sent := n.sent("gate"); len(sent) == 0 || !strings.HasSuffix(sent[0], "continuous 0 0 0") {
		t.Error(sent)
	}
	if got := n.onDisk(); got != "" {
		t.Error(got)
	}
	again := n.next(time.Second, nil)
	again.start()
	again.run(time.Second)
	if strings.Contains(again.log.String(), "left moving") {
		t.Error(again.log)
	}
}

// Only the device whose head was left moving is sent a stop: another one may be
// moved by somebody at its joystick.
func TestOtherDevicesAreNotStopped(t *testing.T) {
	const twoHeads = "timezone: UTC\ndevices:\n  door: {ip: 192.0.2.11, username: a, password: b, channels: {hall: {address: 1}}}\n" +
		"  gate: {ip: 192.0.2.10, username: a, password: b, channels: {yard: {address: 1}}}\n"
	w := newKeeper(t, twoHeads, map[string]string{"scripts/a.lua": turnAway})
	w.start()
	w.run(time.Minute / 4)
	w.crash()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(time.Minute)
	if sent := n.sent("gate"); len(sent) == 0 || !strings.HasSuffix(sent[0], "continuous 0 0 0") {
		t.Errorf("gate: %v", sent)
	}
	if sent := n.sent("door"); len(sent) != 0 {
		t.Errorf("door: %v", sent)
	}
}

// An orderly end leaves nothing behind; one that could not stop the head does.
func TestWhatAnEndLeavesOnDisk(t *testing.T) {
	for _, offline := range []bool{false, true} {
		w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": turnAway})
		w.start()
		w.run(time.Second)
		want := ""
		if offline {
			off, _ := sim.ParseFault("offline")
			w.head().SetFaults(off)
			want = "gate/1"
		}
		w.end()
		if got := w.onDisk(); got != want || (w.err != nil) != offline {
			t.Errorf("offline %v: %q, %v", offline, got, w.err)
		}
	}
}

// A move that was refused, or never sent, moves nothing.
func TestRefusedMoveIsStruckOut(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.every(60, function() pcall(hik.ptz_pan_tilt, "gate", 9, 40, 0) end)
		hik.every(60, function() pcall(hik.timeout, 0.1, function() hik.exclusive("gate", "yard", function() hik.ptz_pan_tilt("gate", "yard", 5, 5, {duration = 1}) end) end) end)`})
	w.start()
	w.run(70 * time.Second)
	if all := w.host.store.AllMoving(); len(all) != 0 {
		t.Errorf("%+v\n%s", all, w.log)
	}
}

// A device that is gone from site.yaml is named at each start, for a day.
func TestHeadOfADeviceThatIsGone(t *testing.T) {
	w := newKeeper(t, twoHeads, map[string]string{"scripts/a.lua": turnAway})
	w.start()
	w.run(time.Second)
	w.crash()
	const rest = "timezone: UTC\ndevices:\n  other:\n    simulate: nvr\n    ip: 192.0.2.7\n"
	n := w.next(time.Hour, map[string]string{"site.yaml": rest})
	n.start()
	n.run(time.Second)
	n.wantLog("site.yaml does not have its device: look at it")
	n.wantLog("device=gate channel=1 address=simulated://ptz/gate")
	for i, told := range []bool{true, false} {
		n = n.next(25*time.Hour, nil)
		n.start()
		n.run(time.Second)
		if strings.Contains(n.log.String(), "look at it") != told {
			t.Errorf("%d: %s", i, n.log)
		}
	}
}

// The stops that go out after a crash have no marks to cost moves anything: a
// host without a state file writes nothing down.
func TestNoFileNothingIsWrittenDown(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": turnAway})
	w.start()
	w.run(time.Second)
	if !w.head().Driven(1) || len(w.host.store.AllMoving()) != 0 {
		t.Error(w.head().Driven(1), w.host.store.AllMoving())
	}
}

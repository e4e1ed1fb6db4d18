package sim_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

func TestContinuousMovesUntilStopped(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		from := d.Head(1)
		c.put(ptz1+"/continuous", move(50, 20, 0))
		pass(v, 2*time.Second)
		p := d.Head(1)
		// 30 degrees a second after a ramp of 1/8 s, of which half is lost.
		if want := 30 * (2 - 0.0625); !near(p.Pan-from.Pan, want, 0.01) {
			t.Errorf("pan went %.2f, want %.2f", p.Pan-from.Pan, want)
		}
		if p.Tilt <= from.Tilt {
			t.Error("positive tilt moves up")
		}
		if !d.Moving(1) || !d.Driven(1) {
			t.Error("it moves")
		}
		c.put(ptz1+"/continuous", "<PTZData></PTZData>") // an empty document stops
		if d.Driven(1) {
			t.Error("it was stopped")
		}
		pass(v, time.Second)
		at := d.Head(1)
		pass(v, time.Hour)
		if d.Moving(1) || d.Head(1) != at {
			t.Error("it rests")
		}
		if n := d.Counts(); n.Moves != 1 || n.Stops != 1 {
			t.Errorf("%+v", n)
		}
	})
}

func TestLimitsAndWrapping(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/continuous", move(-100, -100, 100))
		pass(v, time.Minute)
		p := d.Head(1)
		if p.Tilt != -60 || !near(p.Zoom, 25, 1e-9) || p.Pan < 0 || p.Pan >= 360 {
			t.Errorf("at its limits: %+v", p)
		}
		r := c.get(ptz1 + "/status")
		if r.tag("elevation") != "600" || r.tag("absoluteZoom") != "250" {
			t.Errorf("positive elevation is down: %s", r.body)
		}
		c.put(ptz1+"/continuous", move(0, 100, -100))
		pass(v, time.Minute)
		if p := d.Head(1); p.Tilt != 50 || p.Zoom != 1 {
			t.Errorf("at the others: %+v", p)
		}
	})
}

func TestPartialCommandsKeepOtherAxes(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/continuous", "<PTZData><pan>10</pan></PTZData>")
		c.put(ptz1+"/continuous", "<PTZData><zoom>10</zoom></PTZData>")
		c.put(ptz1+"/continuous", "<PTZData><zoom>0</zoom></PTZData>")
		pass(v, time.Second)
		if !d.Moving(1) || !d.Driven(1) {
			t.Error("the stop of the zoom does not stop the pan")
		}
	})
}

func TestSelfStopAndMomentary(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ, SelfStop: 3 * time.Second}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/continuous", move(50, 0, 0))
		pass(v, 2900*time.Millisecond)
		if !d.Driven(1) {
			t.Error("too early")
		}
		pass(v, time.Second)
		if d.Moving(1) || d.Driven(1) {
			t.Error("it stops by itself")
		}
	})
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/momentary", "<PTZData><pan>100</pan><tilt>0</tilt><zoom>0</zoom><Momentary><duration>500</duration></Momentary></PTZData>")
		pass(v, 2*time.Second)
		if p := d.Head(1); d.Moving(1) || !near(p.Pan, 30, 0.01) {
			t.Errorf("half a second at 60 degrees a second: %+v", p)
		}
	})
}

func TestPresetsTakeTime(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/presets/5/goto", "")
		if !d.Moving(1) || d.Driven(1) {
			t.Error("on its way, by itself")
		}
		pass(v, time.Second)
		if p := d.Head(1); p.Pan == 0 || p.Pan > 179 {
			t.Errorf("half-way: %+v", p)
		}
		pass(v, 3*time.Second)
		r := c.get(ptz1 + "/status")
		if d.Moving(1) || r.tag("azimuth") != "1800" || r.tag("elevation") != "220" || r.tag("absoluteZoom") != "10" {
			t.Errorf("arrived exactly: %s", r.body)
		}
		c.put(ptz1+"/presets/8/goto", "")
		pass(v, 200*time.Millisecond)
		c.put(ptz1+"/presets/4/goto", "") // changes its mind on the way
		pass(v, 10*time.Second)
		if r := c.get(ptz1 + "/status"); r.tag("azimuth") != "1350" || r.tag("absoluteZoom") != "30" {
			t.Errorf("%s", r.body)
		}
	})
}

func TestShortestWay(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/absolute", "<PTZData><AbsoluteHigh><elevation>0</elevation><azimuth>3500</azimuth><absoluteZoom>10</absoluteZoom></AbsoluteHigh></PTZData>")
		pass(v, time.Second)
		if p := d.Head(1); d.Moving(1) || !near(p.Pan, 350, 0.001) {
			t.Errorf("ten degrees to the left are quick: %+v", p)
		}
	})
}

func TestPatrolRunsByTheClock(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/patrols/1/start", "")
		var seen []string
		for range 10 {
			pass(v, 10*time.Second)
			if !d.Moving(1) {
				if s := fmt.Sprintf("%.0f", d.Head(1).Pan); len(seen) == 0 || seen[len(seen)-1] != s {
					seen = append(seen, s)
				}
			}
		}
		if got := fmt.Sprint(seen); got != "[0 45 90 135 0 45 90]" {
			t.Errorf("visited %s", got)
		}
		c.put(ptz1+"/patrols/1/pause", "")
		pass(v, time.Second)
		at := d.Head(1)
		pass(v, time.Hour)
		if d.Head(1) != at {
			t.Error("it pauses")
		}
		c.put(ptz1+"/patrols/1/start", "")
		pass(v, time.Minute)
		c.put(ptz1+"/continuous", move(0, 0, 0)) // by hand: ends it
		pass(v, time.Second)
		at = d.Head(1)
		pass(v, time.Hour)
		if d.Head(1) != at {
			t.Error("a manual command ends a patrol")
		}
		c.do("PUT", ptz1+"/patrols/2/start", "").want(t, 403, "invalidOperation")
	})
}

func TestRelativeAndPosition3D(t *testing.T) {
	relative := func(x, y, z int) string {
		return fmt.Sprintf("<PTZData><Relative><positionX>%d</positionX><positionY>%d</positionY><relativeZoom>%d</relativeZoom></Relative></PTZData>", x, y, z)
	}
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/relative", relative(127, 128, 0))
		pass(v, time.Second)
		if p := d.Head(1); p.Pan != 0 || p.Tilt != -5 {
			t.Errorf("the middle stays: %+v", p)
		}
		c.put(ptz1+"/relative", relative(255, 127, 50))
		pass(v, 10*time.Second)
		if p := d.Head(1); !near(p.Pan, 30, 0.1) || !near(p.Zoom, 5, 0.01) {
			t.Errorf("the right edge comes to the middle: %+v", p)
		}
		c.do("PUT", ptz1+"/relative", relative(-1, 0, 0)).want(t, 400, "badParameters")
		box := "<position3D><StartPoint><positionX>64</positionX><positionY>192</positionY></StartPoint><EndPoint><positionX>191</positionX><positionY>64</positionY></EndPoint></position3D>"
		c.put(ptz1+"/position3D", box)
		pass(v, 10*time.Second)
		if p := d.Head(1); !near(p.Zoom, 10, 0.1) {
			t.Errorf("a box of half the picture doubles the zoom: %+v", p)
		}
	})
	virtually(t, sim.Options{Model: sim.PTZ, Relative: sim.RelativeNone}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.do("PUT", ptz1+"/relative", relative(0, 0, 0)).want(t, 404, "notSupport")
	})
}

func TestAbsoluteExSetsTheSpeed(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/absoluteEx", "<PTZAbsoluteEx><elevation>12.5</elevation><azimuth>100.5</azimuth><absoluteZoom>2.5</absoluteZoom><horizontalSpeed>10</horizontalSpeed></PTZAbsoluteEx>")
		pass(v, 9*time.Second)
		if !d.Moving(1) {
			t.Error("100 degrees at 10 a second take more than 9 seconds")
		}
		pass(v, 30*time.Second)
		r := c.get(ptz1 + "/absoluteEx")
		if r.tag("elevation") != "12.5" || r.tag("azimuth") != "100.5" || r.tag("absoluteZoom") != "2.5" {
			t.Errorf("%s", r.body)
		}
	})
}

package sim

import (
	"math"
	"time"
)

// Pose is where a head looks.
type Pose struct {
	Pan  float64 // degrees, 0 to 360, growing to the right
	Tilt float64 // degrees, up is positive. The device's own elevation has the other sign
	Zoom float64 // factor, 1 to 25
}

// The limits of a head unless Gear has others. On the wire they are azimuth
// 0..3600, elevation -500..600 (positive is down) and absoluteZoom 10..250.
const (
	tiltLow, tiltHigh = -60.0, 50.0
	zoomMax           = 25.0
)

// head is a moving head. Zoom is planned as its logarithm, so that a constant
// speed looks constant.
type head struct {
	o               HeadOptions
	gear            Gear
	pan, tilt, zoom axis
	home            Pose
	presets         map[int]preset
	patrols         map[int]patrol
	run             *patrolRun
	speeds          [3]int    // commanded and not stopped, -100..100
	drivenTill      time.Time // a continuous command is in force until then
	focus, iris     int
	light, wiper    bool
}

func newHead(o HeadOptions, g Gear, now time.Time) *head {
	h := &head{o: o, gear: g.withDefaults(), patrols: defaultPatrols()}
	h.presets = h.gear.presets()
	if h.gear.Pan.Max-h.gear.Pan.Min < 360 {
		h.pan.low, h.pan.high = h.gear.Pan.Min, h.gear.Pan.Max
	}
	h.tilt.low, h.tilt.high = h.gear.Tilt.Min, h.gear.Tilt.Max
	h.zoom.low, h.zoom.high = math.Log2(h.gear.Zoom.Min), math.Log2(h.gear.Zoom.Max)
	h.home = h.clamp(Pose{Pan: 0, Tilt: -5, Zoom: 1})
	h.pan.set(h.home.Pan, now)
	h.tilt.set(h.home.Tilt, now)
	h.zoom.set(math.Log2(h.home.Zoom), now)
	return h
}

// pose is where it looks at now, after everything that a patrol did until then.
func (h *head) pose(now time.Time) Pose {
	h.advance(now)
	p, _ := h.pan.at(now)
	t, _ := h.tilt.at(now)
	z, _ := h.zoom.at(now)
	return Pose{math.Mod(math.Mod(p, 360)+360, 360), t, math.Exp2(z)}
}

func (h *head) moving(now time.Time) bool {
	h.advance(now)
	at, ok := h.rest()
	return !ok || now.Before(at)
}

// rest is when all axes will stand still.
func (h *head) rest() (time.Time, bool) {
	var last time.Time
	for _, x := range []*axis{&h.pan, &h.tilt, &h.zoom} {
		t, ok := x.rest()
		if !ok {
			return time.Time{}, false
		}
		if t.After(last) {
			last = t
		}
	}
	return last, true
}

// drive is a continuous move at speeds -100..100. An axis that is not named
// keeps what it does; a stop names all of them.
func (h *head) drive(now time.Time, pan, tilt, zoom *int, span time.Duration) {
	h.interrupt(now)
	full := [3]float64{h.o.PanSpeed, h.o.TiltSpeed, h.o.ZoomSpeed}
	acceleration := [3]float64{h.o.Acceleration, h.o.Acceleration, h.o.ZoomSpeed * 4}
	for i, x := range []*axis{&h.pan, &h.tilt, &h.zoom} {
		if speed := [3]*int{pan, tilt, zoom}[i]; speed != nil {
			h.speeds[i] = *speed
			x.drive(now, float64(*speed)/100*full[i], acceleration[i], span)
		}
	}
	h.drivenTill = time.Time{}
	if h.speeds != [3]int{} {
		h.drivenTill = farFuture
		if span != never {
			h.drivenTill = now.Add(span)
		}
	}
}

var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func nonzero(n *int) bool { return n != nil && *n != 0 }

// travel goes to a pose at a share of the preset speed.
func (h *head) travel(now time.Time, to Pose, share float64) {
	h.speeds, h.drivenTill = [3]int{}, time.Time{}
	speed := h.o.PresetSpeed * share
	h.pan.travel(now, to.Pan, speed, h.o.Acceleration)
	h.tilt.travel(now, to.Tilt, speed, h.o.Acceleration)
	h.zoom.travel(now, math.Log2(h.gear.Zoom.Clamp(to.Zoom)), h.o.ZoomSpeed*2*share, h.o.ZoomSpeed*8)
}

func (h *head) stop(now time.Time) {
	zero := 0
	h.drive(now, &zero, &zero, &zero, never)
}

// interrupt ends a patrol: any manual command does.
func (h *head) interrupt(now time.Time) {
	h.advance(now)
	h.run = nil
}

// elevation, azimuth and zoom in the device's tenths.
func (p Pose) tenths() (elevation, azimuth, zoom int) {
	azimuth = int(math.Round(p.Pan*10)) % 3600
	return int(math.Round(-p.Tilt * 10)), azimuth, int(math.Round(p.Zoom * 10))
}

// fieldOfView is the width and height of the picture in degrees.
func fieldOfView(zoom float64) (h, v float64) { return 60 / zoom, 60 / zoom * 9 / 16 }

package sim

import (
	"fmt"
	"math"
	"net/http"
)

func absolute(x *exchange, h *head) {
	if x.tellsNoPosition(h) {
		return
	}
	e, ok := x.read(group(map[string]shape{"AbsoluteHigh": group(h.gear.tenths())}, "AbsoluteHigh"), "PTZData")
	if !ok {
		return
	}
	a := e.child("AbsoluteHigh")
	if len(a.kids) == 0 {
		x.refuse(badContent)
		return
	}
	to := h.pose(x.now)
	if k := a.child("elevation"); k != nil {
		to.Tilt = -k.number() / 10
	}
	if k := a.child("azimuth"); k != nil {
		to.Pan = k.number() / 10
	}
	if k := a.child("absoluteZoom"); k != nil {
		to.Zoom = k.number() / 10
	}
	elevation, azimuth, zoom := to.tenths()
	x.move(h, to, 1, fmt.Sprintf("absolute %d %d %d", azimuth, elevation, zoom))
}

// move sends the head to a pose, as every command but the continuous ones does.
func (x *exchange) move(h *head, to Pose, share float64, what string) {
	x.entry.What = what
	h.interrupt(x.now)
	h.travel(x.now, to, share)
	x.d.counts.Moves++
	x.ok()
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 }

// tellsNoPosition refuses what a head without a position does not have.
func (x *exchange) tellsNoPosition(h *head) bool {
	if h.gear.NoPosition {
		x.refuse("notSupport")
	}
	return h.gear.NoPosition
}

func getAbsoluteEx(x *exchange, h *head) {
	if x.tellsNoPosition(h) {
		return
	}
	p := h.pose(x.now)
	x.entry.What = "position"
	x.send(el("PTZAbsoluteEx", root{}, el("elevation", tenth(-p.Tilt)), el("azimuth", math.Mod(tenth(p.Pan), 360)),
		el("absoluteZoom", tenth(p.Zoom)), el("focus", 4096)))
}

const (
	slowestPan, fastestPan   = 0.2, 210.8
	slowestTilt, fastestTilt = 0.2, 151.8
)

func putAbsoluteEx(x *exchange, h *head) {
	if x.tellsNoPosition(h) {
		return
	}
	g := h.gear
	e, ok := x.read(group(map[string]shape{
		"elevation": decimal(-g.Tilt.Max, -g.Tilt.Min), "azimuth": decimal(g.Pan.Min, g.Pan.Max), "absoluteZoom": decimal(g.Zoom.Min, g.Zoom.Max),
		"focus": decimal(4096, 2576990208), "horizontalSpeed": decimal(slowestPan, fastestPan), "verticalSpeed": decimal(slowestTilt, fastestTilt),
	}, "elevation", "azimuth", "absoluteZoom"), "PTZAbsoluteEx")
	if !ok {
		return
	}
	share := 1.0
	if k := e.child("horizontalSpeed"); k != nil {
		share = k.number() / h.o.PresetSpeed
	}
	to := Pose{Pan: e.child("azimuth").number(), Tilt: -e.child("elevation").number(), Zoom: e.child("absoluteZoom").number()}
	x.move(h, to, share, fmt.Sprintf("absoluteEx %g %g %g", to.Pan, -to.Tilt, to.Zoom))
}

func absoluteExCapabilities(x *exchange, h *head) {
	if x.tellsNoPosition(h) {
		return
	}
	p, g := h.pose(x.now), h.gear
	x.entry.What = "position capabilities"
	x.send(el("PTZAbsoluteEx", root{},
		el("elevation", span(-g.Tilt.Max, -g.Tilt.Min), tenth(-p.Tilt)), el("azimuth", span(g.Pan.Min, g.Pan.Max), tenth(p.Pan)),
		el("absoluteZoom", span(g.Zoom.Min, g.Zoom.Max), tenth(p.Zoom)), el("focus", span(4096, int64(2576990208))),
		el("horizontalSpeed", span(slowestPan, fastestPan)), el("verticalSpeed", span(slowestTilt, fastestTilt))))
}

// relative moves what stands at a place of the picture into its middle.
func relative(x *exchange, h *head) {
	low, high, signed := 0, 255, false
	switch x.d.o.Relative {
	case RelativeNone:
		x.refuse("notSupport")
		x.status = http.StatusNotFound
		return
	case RelativeSigned:
		low, signed = -255, true
	}
	e, ok := x.read(group(map[string]shape{"Relative": group(map[string]shape{
		"positionX": whole(low, high), "positionY": whole(low, high), "relativeZoom": whole(-100, 100),
	}, "positionX", "positionY")}, "Relative"), "PTZData")
	if !ok {
		return
	}
	a := e.child("Relative")
	share := func(n float64) float64 {
		if signed {
			return n / 255
		}
		if n == 127 || n == 128 {
			return 0
		}
		return (n - 127.5) / 255
	}
	px, py, zoom := a.child("positionX").number(), a.child("positionY").number(), a.child("relativeZoom").number()
	p := h.pose(x.now)
	w, v := fieldOfView(p.Zoom)
	to := Pose{Pan: p.Pan + share(px)*w, Tilt: p.Tilt + share(py)*v, Zoom: p.Zoom * math.Pow(h.gear.Zoom.Max, zoom/100)}
	x.move(h, h.clamp(to), 1, fmt.Sprintf("relative %g %g %g", px, py, zoom))
}

// position3D looks at a point, or zooms in on a box that was drawn from its
// upper left corner. The origin of the 256 x 256 grid is the lower left.
func position3D(x *exchange, h *head) {
	point := group(map[string]shape{"positionX": whole(0, 255), "positionY": whole(0, 255)}, "positionX", "positionY")
	e, ok := x.read(group(map[string]shape{"StartPoint": point, "EndPoint": point}, "StartPoint", "EndPoint"), "position3D", "Position3D")
	if !ok {
		return
	}
	x1, y1 := e.at("StartPoint", "positionX").number(), e.at("StartPoint", "positionY").number()
	x2, y2 := e.at("EndPoint", "positionX").number(), e.at("EndPoint", "positionY").number()
	p := h.pose(x.now)
	w, v := fieldOfView(p.Zoom)
	to := Pose{Pan: p.Pan + ((x1+x2)/2-127.5)/255*w, Tilt: p.Tilt + ((y1+y2)/2-127.5)/255*v, Zoom: p.Zoom}
	if x2 > x1 && y2 < y1 {
		to.Zoom = p.Zoom * min(255/(x2-x1), 255/(y1-y2))
	}
	x.move(h, h.clamp(to), 1, fmt.Sprintf("position3D %g %g %g %g", x1, y1, x2, y2))
}

// clamp brings a pose to where the head can go.
func (h *head) clamp(p Pose) Pose {
	return Pose{h.gear.Pan.Clamp(math.Mod(p.Pan+360, 360)), h.gear.Tilt.Clamp(p.Tilt), h.gear.Zoom.Clamp(p.Zoom)}
}

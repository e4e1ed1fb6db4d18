package isapi

import (
	"context"
	"math"
	"net/http"
)

// Pose is where a head looks: Pan 0-360 degrees to the right of the device's
// zero, Tilt -90..90 degrees with up positive, Zoom as a factor from 1.
//
// Devices count tilt the other way round and in tenths; that stays inside
// this package.
type Pose struct{ Pan, Tilt, Zoom float64 }

// PTZStatus asks where a head looks: GET .../status, or .../absoluteEx where
// status does not tell. There is no flag for "moving": compare two answers.
// A head that does not know its position is ErrUnsupported.
func (c *Client) PTZStatus(ctx context.Context, channel int) (*Pose, error) {
	pose, err := c.ptzStatus(ctx, channel)
	if err == nil {
		note(c.known, c.known.poses, channel, *pose)
	}
	return pose, err
}

// LastPose is what PTZStatus last gave for a channel. Nothing is asked.
func (c *Client) LastPose(channel int) (Pose, bool) { return recall(c.known, c.known.poses, channel) }

func (c *Client) ptzStatus(ctx context.Context, channel int) (*Pose, error) {
	const op = "PTZ status"
	root, err := c.headGet(ctx, op, channel, "/status")
	if err != nil && !missing(err) {
		return nil, err
	}
	if p := poseOf(root.Child("AbsoluteHigh"), 10); p != nil {
		return p, nil
	}
	root, exErr := c.headGet(ctx, op, channel, "/absoluteEx")
	if exErr == nil {
		if p := poseOf(root, 1); p != nil {
			return p, nil
		}
	} else if !missing(exErr) {
		return nil, exErr
	}
	if err != nil {
		return nil, err
	}
	return nil, c.noPosition(op, channel)
}

func (c *Client) noPosition(op string, channel int) *Error {
	return &Error{Op: op, Device: c.cfg.Name, Channel: channel, Err: ErrUnsupported,
		Detail: "the head does not tell its position", Hint: "use continuous moves and presets on this head"}
}

// poseOf reads azimuth, elevation and absoluteZoom in units of 1/scale. nil:
// neither angle is there.
func poseOf(n *Node, scale float64) *Pose {
	azimuth, hasPan := n.Float("azimuth")
	elevation, hasTilt := n.Float("elevation")
	zoom, hasZoom := n.Float("absoluteZoom")
	if !hasPan && !hasTilt {
		return nil
	}
	p := &Pose{Pan: turn(azimuth / scale), Tilt: tenth(-elevation / scale), Zoom: 1}
	if hasZoom && zoom > 0 {
		p.Zoom = tenth(zoom / scale)
	}
	return p
}

// turn brings an angle into 0 <= a < 360.
func turn(a float64) float64 {
	a = tenth(math.Mod(a, 360))
	if a < 0 {
		a += 360
	}
	if a >= 360 {
		a -= 360
	}
	return tenth(a)
}

// tenth rounds to the devices' resolution, and never gives -0.
func tenth(a float64) float64 { return math.Round(a*10)/10 + 0 }

// missing reports that the device has no such function, as opposed to
// refusing these values.
func missing(err error) bool {
	e := asError(err)
	if e == nil || !absent(err) {
		return false
	}
	switch e.Kind() {
	case "forbidden", "not_found", "unsupported":
		return true
	}
	return e.HTTPStatus == http.StatusInternalServerError
}

// Range is from Min to Max, both included.
type Range struct{ Min, Max float64 }

// Clamp brings v into the range.
func (r Range) Clamp(v float64) float64 { return min(max(v, r.Min), r.Max) }

// PTZCapabilities is what a head can do, in the units of Pose.
type PTZCapabilities struct {
	Position      bool  // it tells where it looks: absolute and relative moves work
	Pan           Range // degrees
	Tilt          Range // degrees, up positive
	Zoom          Range // factor
	MaxPresets    int   // 0: the device does not say
	MaxPatrols    int
	MaxPatterns   int
	PresetNames   bool
	MaxPresetName int   // bytes
	Special       []int // presets that are functions of the device
	Position3D    bool
	Park          bool
	Wiper         bool
}

// PTZCapabilities asks GET .../capabilities and whether the head tells its
// position. Recorders answer the former for inputs without a head, so the
// latter is what proves one.
func (c *Client) PTZCapabilities(ctx context.Context, channel int) (*PTZCapabilities, error) {
	const op = "PTZ capabilities"
	root, err := c.headGet(ctx, op, channel, "/capabilities")
	if err != nil {
		return nil, err
	}
	caps := readPTZCapabilities(root)
	_, err = c.PTZStatus(ctx, channel)
	if err != nil && !missing(err) && asError(err).Kind() != "unsupported" {
		return nil, err
	}
	caps.Position = err == nil
	note(c.known, c.known.limits, channel, limits{caps.Pan, caps.Tilt, caps.Zoom})
	note(c.known, c.known.special, channel, presetSet(caps.Special))
	return caps, nil
}

// limits are how far a head goes.
type limits struct{ pan, tilt, zoom Range }

var widest = limits{pan: Range{0, 360}, tilt: Range{-90, 90}, zoom: Range{1, 1000}}

func readPTZCapabilities(root *Node) *PTZCapabilities {
	caps := &PTZCapabilities{Pan: widest.pan, Tilt: widest.tilt, Zoom: widest.zoom}
	space := root.Child("AbsolutePanTiltPositionSpace")
	if lo, hi, ok := bounds(space.Child("XRange")); ok {
		caps.Pan = Range{tenth(lo / 10), tenth(hi / 10)}
	}
	if lo, hi, ok := bounds(space.Child("YRange")); ok {
		caps.Tilt = Range{tenth(max(-90, -hi/10)), tenth(min(90, -lo/10))}
	}
	if lo, hi, ok := bounds(root.Child("AbsoluteZoomPositionSpace").Child("ZRange")); ok && hi > 0 {
		caps.Zoom = Range{tenth(max(1, lo/10)), tenth(max(1, hi/10))}
	}
	caps.MaxPresets, _ = root.Int("maxPresetNum")
	caps.MaxPatrols, _ = root.Int("maxPatrolNum")
	caps.MaxPatterns, _ = root.Int("maxPatternNum")
	names := root.Child("PresetNameCap")
	caps.PresetNames, _ = names.Bool("presetNameSupport")
	if n, ok := parseInt(names.Child("maxPresetNameLen").Attr("max")); ok {
		caps.MaxPresetName = n
	}
	caps.Position3D, _ = root.Bool("isSupportPosition3D")
	caps.Park = root.Child("ParkAction") != nil
	caps.Wiper, _ = root.Bool("wiperStatusSupport")
	caps.Special = specialOf(root)
	return caps
}

func bounds(n *Node) (lo, hi float64, ok bool) {
	lo, okLo := n.Float("Min")
	hi, okHi := n.Float("Max")
	return lo, hi, okLo && okHi && lo < hi
}

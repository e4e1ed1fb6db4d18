package isapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// Target is where to go, in the units of Pose; nil leaves an axis where it is.
type Target struct {
	Pan, Tilt, Zoom *float64
	Speed           float64 // degrees a second; 0: the device's own. Only some devices take it
}

// AbsoluteMove sends a head somewhere: PUT .../absolute, or .../absoluteEx
// where the device has only that or a speed is wanted. Pan is 0-360 degrees,
// tilt -90..90 with up positive, zoom a factor from 1. The answer means
// accepted, not arrived. An axis that is left out needs a head that tells its
// position.
func (c *Client) AbsoluteMove(ctx context.Context, channel int, t Target) error {
	const op = "absolute move"
	for _, a := range []struct {
		name  string
		value *float64
		Range
	}{{"pan", t.Pan, widest.pan}, {"tilt", t.Tilt, widest.tilt}, {"zoom", t.Zoom, widest.zoom}} {
		if a.value != nil && !(*a.value >= a.Min && *a.value <= a.Max) {
			return c.misuse(op, channel, "%s %v is not in %v..%v", a.name, *a.value, a.Min, a.Max)
		}
	}
	if !(t.Speed >= 0 && t.Speed <= 1000) {
		return c.misuse(op, channel, "speed %v is not in 0..1000", t.Speed)
	}
	if t.Pan == nil && t.Tilt == nil && t.Zoom == nil {
		return c.misuse(op, channel, "give pan, tilt or zoom")
	}
	var p Pose
	if t.Pan == nil || t.Tilt == nil || t.Zoom == nil {
		now, err := c.PTZStatus(ctx, channel)
		if err != nil {
			return err
		}
		p = *now
	}
	for _, a := range []struct{ to, from *float64 }{{&p.Pan, t.Pan}, {&p.Tilt, t.Tilt}, {&p.Zoom, t.Zoom}} {
		if a.from != nil {
			*a.to = *a.from
		}
	}
	return c.moveTo(ctx, op, channel, p, t.Speed)
}

// moveTo tries the two forms, the one that worked before first.
func (c *Client) moveTo(ctx context.Context, op string, channel int, p Pose, speed float64) error {
	high := func() error {
		return c.headPut(ctx, op, channel, "/absolute", ptzData(fmt.Sprintf(
			"<AbsoluteHigh><elevation>%d</elevation><azimuth>%d</azimuth><absoluteZoom>%d</absoluteZoom></AbsoluteHigh>",
			tenths(-p.Tilt), tenths(p.Pan), tenths(p.Zoom))), true)
	}
	ex := func() error {
		body := fmt.Sprintf("<elevation>%.1f</elevation><azimuth>%.1f</azimuth><absoluteZoom>%.1f</absoluteZoom>",
			tenth(-p.Tilt), p.Pan, p.Zoom)
		if speed > 0 {
			body += fmt.Sprintf("<horizontalSpeed>%.1f</horizontalSpeed><verticalSpeed>%.1f</verticalSpeed>", speed, speed)
		}
		return c.headPut(ctx, op, channel, "/absoluteEx", []byte(xmlProlog+"<PTZAbsoluteEx>"+body+"</PTZAbsoluteEx>"), true)
	}
	forms := []func() error{high, ex}
	first := 0
	if learned, ok := recall(c.known, c.known.absolute, channel); ok {
		first = learned
	}
	if speed > 0 {
		first = 1
	}
	err := forms[first]()
	if !missing(err) {
		if err == nil && speed == 0 {
			note(c.known, c.known.absolute, channel, first)
		}
		return err
	}
	if other := forms[1-first](); other == nil || !missing(other) {
		if other == nil {
			note(c.known, c.known.absolute, channel, 1-first)
		}
		return other
	}
	return err
}

func tenths(v float64) int { return int(math.Round(v * 10)) }

// Offset is how far to move: Pan degrees to the right, Tilt degrees up, Zoom
// steps of one zoom factor.
type Offset struct{ Pan, Tilt, Zoom float64 }

// RelativeMove moves a head by an offset. It is computed from the position
// and sent as an absolute move, as the units of PUT .../relative differ by model; tilt and zoom end at the head's limits, pan
// goes the short way round. A head that does not tell its position is
// ErrUnsupported.
func (c *Client) RelativeMove(ctx context.Context, channel int, o Offset) error {
	const op = "relative move"
	for _, v := range []float64{o.Pan, o.Tilt, o.Zoom} {
		if !(math.Abs(v) <= 3600) {
			return c.misuse(op, channel, "%v is not in -3600..3600", v)
		}
	}
	p, err := c.PTZStatus(ctx, channel)
	if err != nil {
		if e := asError(err); e != nil && (missing(err) || e.Kind() == "unsupported") {
			lost := c.noPosition(op, channel)
			lost.HTTPStatus, lost.SubCode = e.HTTPStatus, e.SubCode
			return lost
		}
		return err
	}
	lim, err := c.headLimits(ctx, channel)
	if err != nil {
		return err
	}
	p.Pan = turn(p.Pan + o.Pan)
	if lim.pan.Max-lim.pan.Min < 359 {
		p.Pan = lim.pan.Clamp(p.Pan)
	}
	p.Tilt = lim.tilt.Clamp(tenth(p.Tilt + o.Tilt))
	p.Zoom = lim.zoom.Clamp(tenth(p.Zoom + o.Zoom))
	return c.moveTo(ctx, op, channel, *p, 0)
}

// headLimits asks for a head's limits once.
func (c *Client) headLimits(ctx context.Context, channel int) (limits, error) {
	if l, ok := recall(c.known, c.known.limits, channel); ok {
		return l, nil
	}
	if err := c.learnHead(ctx, channel); err != nil {
		return limits{}, err
	}
	l, _ := recall(c.known, c.known.limits, channel)
	return l, nil
}

// learnHead reads limits and special presets from a head's capabilities.
func (c *Client) learnHead(ctx context.Context, channel int) error {
	root, err := c.headGet(ctx, "PTZ capabilities", channel, "/capabilities")
	if err != nil && !absent(err) && !errors.Is(err, ErrBadAnswer) {
		return err
	}
	caps := readPTZCapabilities(root)
	note(c.known, c.known.limits, channel, limits{caps.Pan, caps.Tilt, caps.Zoom})
	note(c.known, c.known.special, channel, presetSet(caps.Special))
	return nil
}

// MaxMomentary is the longest move that Momentary takes.
const MaxMomentary = time.Minute

// Momentary moves a head for a span that the device keeps by itself:
// PUT .../momentary. Not every device has it (ErrUnsupported).
func (c *Client) Momentary(ctx context.Context, channel int, v Velocity, d time.Duration) error {
	const op = "momentary move"
	if err := v.check(); err != nil {
		return c.misuse(op, channel, "%v", err)
	}
	if d < time.Millisecond || d > MaxMomentary {
		return c.misuse(op, channel, "duration %v is not in 1ms..%v", d, MaxMomentary)
	}
	return c.headPut(ctx, op, channel, "/momentary", ptzData(fmt.Sprintf(
		"<pan>%d</pan><tilt>%d</tilt><zoom>%d</zoom><Momentary><duration>%d</duration></Momentary>",
		v.Pan, v.Tilt, v.Zoom, d.Milliseconds())), false)
}

// Box is a part of the picture; 0,0 is its top left corner and 1,1 its bottom
// right one.
type Box struct{ StartX, StartY, EndX, EndY float64 }

// Position3D brings a part of the picture into the middle and zooms in on it:
// PUT .../position3D. A box drawn from the bottom right to the top left zooms
// out or only centres, and one point only centres, by firmware.
func (c *Client) Position3D(ctx context.Context, channel int, b Box) error {
	const op = "3D position"
	for _, v := range []float64{b.StartX, b.StartY, b.EndX, b.EndY} {
		if !(v >= 0 && v <= 1) {
			return c.misuse(op, channel, "%v is not in 0..1", v)
		}
	}
	// On the wire: 0-255 from the bottom left corner.
	x := func(v float64) int { return int(math.Round(v * 255)) }
	y := func(v float64) int { return 255 - x(v) }
	body := fmt.Appendf(nil, xmlProlog+"<position3D><StartPoint><positionX>%d</positionX><positionY>%d</positionY></StartPoint>"+
		"<EndPoint><positionX>%d</positionX><positionY>%d</positionY></EndPoint></position3D>",
		x(b.StartX), y(b.StartY), x(b.EndX), y(b.EndY))
	err := c.headPut(ctx, op, channel, "/position3D", body, false)
	if base, _ := recall(c.known, c.known.heads, channel); missing(err) && base != ptzCtrl+itoa(channel) && c.cfg.PTZID != PTZIDStream {
		// The vendor's own client sends this one past the proxy.
		cl := &call{op: op, channel: channel, method: http.MethodPut, path: ptzCtrl + itoa(channel) + "/position3D", body: body}
		if _, plain := c.do(ctx, cl); plain == nil || !missing(plain) {
			return plain
		}
	}
	return err
}

package isapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Velocity is a speed in percent of what the device can do, -100..100 on each
// axis: right, up and towards tele are positive. It is no angle per second:
// devices scale it with the zoom.
type Velocity struct{ Pan, Tilt, Zoom int }

func (v Velocity) check() error {
	for _, a := range []struct {
		name  string
		value int
	}{{"pan", v.Pan}, {"tilt", v.Tilt}, {"zoom", v.Zoom}} {
		if a.value < -100 || a.value > 100 {
			return fmt.Errorf("%s %d is not in -100..100", a.name, a.value)
		}
	}
	return nil
}

const xmlProlog = `<?xml version="1.0" encoding="UTF-8"?>`

// Continuous sets a head in motion until StopPTZ or the next PTZ command:
// PUT /ISAPI/PTZCtrl/channels/1/continuous. Some firmware stops by itself
// after a few seconds; sending the same again goes on with the motion.
func (c *Client) Continuous(ctx context.Context, channel int, v Velocity) error {
	if err := v.check(); err != nil {
		return c.misuse("move", channel, "%v", err)
	}
	return c.continuous(ctx, call{op: "move", channel: channel}, v)
}

// StopPTZ stops pan, tilt and zoom: continuous with 0, 0, 0. It may be sent
// again and again until it is answered.
func (c *Client) StopPTZ(ctx context.Context, channel int) error {
	return c.continuous(ctx, call{op: "stop", channel: channel, stop: true}, Velocity{})
}

func (c *Client) continuous(ctx context.Context, cl call, v Velocity) error {
	cl.method, cl.path, cl.replay = http.MethodPut, "/continuous", true
	pan := fmt.Sprintf("<pan>%d</pan><tilt>%d</tilt>", v.Pan, v.Tilt)
	zoom := fmt.Sprintf("<zoom>%d</zoom>", v.Zoom)
	cl.moves = v != Velocity{}
	return c.head(ctx, cl, func(ctx context.Context, cl *call) error {
		if apart, _ := recall(c.known, c.known.apart, cl.channel); apart {
			return c.sendApart(ctx, cl, v, pan, zoom)
		}
		cl.body = ptzData(pan + zoom)
		_, err := c.do(ctx, cl)
		if !badBody(err) {
			return err
		}
		// Some heads take pan and tilt, or zoom, but not all three at once.
		if apart := c.sendApart(ctx, cl, v, pan, zoom); apart != nil {
			if e := asError(apart); e != nil && e.HTTPStatus == 0 {
				return apart // the head may move
			}
			return err
		}
		note(c.known, c.known.apart, cl.channel, true)
		return nil
	})
}

func (c *Client) sendApart(ctx context.Context, cl *call, v Velocity, pan, zoom string) error {
	cl.body = ptzData(pan)
	_, err := c.do(ctx, cl)
	if err != nil && !badBody(err) {
		return err
	}
	cl.body = ptzData(zoom)
	_, zoomErr := c.do(ctx, cl)
	switch e := asError(zoomErr); {
	case err != nil && zoomErr == nil || badBody(zoomErr) && err == nil:
		return nil // a head without one of the axes
	case err != nil:
		return err
	case e != nil && (v.Pan != 0 || v.Tilt != 0):
		// What was refused is only one half. The caller must not take it for
		// the refusal of the move: the head turns.
		e.HTTPStatus, e.Err, e.Detail = 0, ErrBadAnswer, "the device took pan and tilt and refused zoom: the head turns"
	}
	return zoomErr
}

func ptzData(inner string) []byte {
	return []byte(xmlProlog + "<PTZData>" + inner + "</PTZData>")
}

// badBody reports that the device knows the path and refuses the document.
func badBody(err error) bool {
	e := asError(err)
	if e == nil {
		return false
	}
	switch strings.ToLower(e.SubCode) {
	case "badxmlcontent", "badxmlformat", "badparameters":
		return true
	}
	return e.SubCode == "" && (e.Code == 5 || e.Code == 6)
}

// MaxPreset is the highest preset number that any device has.
const MaxPreset = 999

// GotoPreset recalls preset id, 1 and up: PUT .../presets/3/goto. The answer
// means that the device has accepted it, not that the head has arrived.
// Numbers that are functions of the device are not refused here (see Presets
// and SpecialPreset).
func (c *Client) GotoPreset(ctx context.Context, channel, id int) error {
	op := fmt.Sprintf("preset %d", id)
	if id < 1 || id > MaxPreset {
		return c.misuse(op, channel, "a preset is 1-%d", MaxPreset)
	}
	return c.headPut(ctx, op, channel, fmt.Sprintf("/presets/%d/goto", id), nil, true)
}

// headPut sends one PUT to a head.
func (c *Client) headPut(ctx context.Context, op string, channel int, suffix string, body []byte, replay bool) error {
	return c.headDo(ctx, call{op: op, channel: channel, method: http.MethodPut, path: suffix, body: body, replay: replay})
}

// headDo sends something to a head that answers nothing of use.
func (c *Client) headDo(ctx context.Context, cl call) error {
	return c.head(ctx, cl, func(ctx context.Context, cl *call) error {
		_, err := c.do(ctx, cl)
		return err
	})
}

// headGet asks a head something.
func (c *Client) headGet(ctx context.Context, op string, channel int, suffix string) (root *Node, err error) {
	cl := call{op: op, channel: channel, method: http.MethodGet, path: suffix}
	err = c.head(ctx, cl, func(ctx context.Context, cl *call) (err error) {
		root, _, err = c.document(ctx, cl)
		return err
	})
	return root, err
}

package isapi

import (
	"context"
	"fmt"
	"net/http"
)

// Focus moves the focus at speed -100..100, far is positive, until Focus with
// 0: PUT .../focus under the path that the kind of device has for it.
func (c *Client) Focus(ctx context.Context, channel, speed int) error {
	return c.lens(ctx, "focus", channel, speed)
}

// Iris opens (positive) or closes the iris at speed -100..100, until Iris
// with 0.
func (c *Client) Iris(ctx context.Context, channel, speed int) error {
	return c.lens(ctx, "iris", channel, speed)
}

// lensRoutes are the paths that cameras, analog inputs of recorders and
// cameras behind recorders have, the likeliest for this channel first.
func (c *Client) lensRoutes(channel int) []string {
	id := itoa(channel)
	camera, analog := "/ISAPI/System/Video/inputs/channels/"+id, "/ISAPI/Image/channels/"+id
	in := know(c.known, &c.known.inputs)
	proxy := id
	if in != nil && in.proxy[channel] > 0 {
		proxy = itoa(in.proxy[channel])
	}
	proxies := []string{"/ISAPI/ContentMgmt/ImageProxy/channels/" + proxy, "/ISAPI/ContentMgmt/InputProxy/channels/" + proxy + "/video"}
	switch {
	case in == nil || !in.recorder:
		return append([]string{camera, analog}, proxies...)
	case channel <= in.analog:
		return append([]string{analog, camera}, proxies...)
	}
	return append(proxies, camera, analog)
}

func (c *Client) lens(ctx context.Context, what string, channel, speed int) error {
	if err := checkChannel(channel); err != nil {
		return c.misuse(what, channel, "%v", err)
	}
	if speed < -100 || speed > 100 {
		return c.misuse(what, channel, "speed %d is not in -100..100", speed)
	}
	root := map[string]string{"focus": "FocusData", "iris": "IrisData"}[what]
	cl := &call{
		op: what, channel: channel, method: http.MethodPut, replay: true, stop: speed == 0, moves: speed != 0,
		body: fmt.Appendf(nil, "%s<%s><%s>%d</%s></%s>", xmlProlog, root, what, speed, what, root),
	}
	known, ok := recall(c.known, c.known.lens, channel)
	if ok {
		cl.path = known + "/" + what
		_, err := c.do(ctx, cl)
		return err
	}
	var first error
	for _, base := range c.lensRoutes(channel) {
		cl.path = base + "/" + what
		_, err := c.do(ctx, cl)
		if err == nil {
			note(c.known, c.known.lens, channel, base)
			return nil
		}
		if first == nil {
			first = err
		}
		if !missing(err) {
			return err
		}
	}
	return first
}

// AuxDevice is something that a head can switch.
type AuxDevice string

const (
	AuxLight AuxDevice = "LIGHT"
	AuxWiper AuxDevice = "WIPER"
)

// Aux switches a head's light or wiper: PUT .../auxcontrols/1.
func (c *Client) Aux(ctx context.Context, channel int, what AuxDevice, on bool) error {
	if what != AuxLight && what != AuxWiper {
		return c.misuse("aux", channel, "%q is neither light nor wiper", string(what))
	}
	state := map[bool]string{true: "on", false: "off"}[on]
	return c.headPut(ctx, "aux", channel, "/auxcontrols/1", fmt.Appendf(nil,
		"%s<PTZAux><id>1</id><type>%s</type><status>%s</status></PTZAux>", xmlProlog, what, state), true)
}

package isapi

import (
	"context"
	"slices"
	"strings"
)

const (
	ptzCtrl      = "/ISAPI/PTZCtrl/channels/"
	ptzCtrlProxy = "/ISAPI/ContentMgmt/PTZCtrlProxy/channels/"
)

// ptzChannels asks GET /ISAPI/PTZCtrl/channels for the ids that can move. A
// device without the list gives none.
func (c *Client) ptzChannels(ctx context.Context, op string) ([]int, error) {
	if ids := know(c.known, &c.known.ptzIDs); ids != nil {
		return ids, nil
	}
	root, err := c.get(ctx, op, 0, strings.TrimSuffix(ptzCtrl, "/"))
	if err != nil && !absent(err) {
		return nil, err
	}
	ids := []int{}
	for _, n := range root.All("PTZChannel") {
		id, ok := n.Int("id")
		if !ok || !n.isOn("enabled") {
			continue
		}
		moves, silent := false, true
		for _, axis := range []string{"panSupport", "tiltSupport", "zoomSupport"} {
			if can, told := n.Bool(axis); told {
				moves, silent = moves || can, false
			}
		}
		if moves || silent {
			ids = append(ids, id)
		}
	}
	learn(c.known, &c.known.ptzIDs, ids)
	return ids, nil
}

// headRoutes are the base paths that a channel's PTZ commands may have, the
// likeliest first. What the device listed and whether the channel is a
// camera behind a recorder is asked once per device; a stop does not wait
// for that.
func (c *Client) headRoutes(ctx context.Context, op string, channel int, ask bool) ([]string, error) {
	ids := []int{channel, StreamID(channel, Main)}
	switch c.cfg.PTZID {
	case PTZIDChannel:
		ids = ids[:1]
	case PTZIDStream:
		ids = ids[1:]
	default:
		if ask {
			listed, err := c.ptzChannels(ctx, op)
			if err != nil {
				return nil, err
			}
			if slices.Contains(listed, ids[1]) && !slices.Contains(listed, ids[0]) {
				slices.Reverse(ids)
			}
		}
	}
	in := know(c.known, &c.known.inputs)
	if in == nil && ask {
		var err error
		if in, err = c.learnInputs(ctx, op); err != nil {
			return nil, err
		}
	}
	var plain, proxy []string
	for _, id := range ids {
		plain = append(plain, ptzCtrl+itoa(id))
		proxy = append(proxy, ptzCtrlProxy+itoa(id))
	}
	var routes []string
	switch {
	case in == nil:
		routes = append(plain, proxy...)
	case !in.recorder:
		routes = plain
	case channel <= in.analog:
		routes = append(plain, proxy...)
	default:
		// The vendor's own client numbers a recorder's cameras as InputProxy does.
		if p := in.proxy[channel]; p > 0 && p != channel && c.cfg.PTZID != PTZIDStream {
			proxy = append([]string{ptzCtrlProxy + itoa(p)}, proxy...)
		}
		routes = append(proxy, plain...)
	}
	if known, ok := recall(c.known, c.known.heads, channel); ok {
		routes = append([]string{known}, slices.DeleteFunc(routes, func(r string) bool { return r == known })...)
	}
	return routes, nil
}

// learnInputs asks whether the device is a recorder, where its channels were
// not listed yet.
func (c *Client) learnInputs(ctx context.Context, op string) (*inputs, error) {
	root, err := c.get(ctx, op, 0, "/ISAPI/ContentMgmt/InputProxy/channels")
	switch {
	case absent(err):
		in := &inputs{}
		learn(c.known, &c.known.inputs, in)
		return in, nil
	case err != nil:
		return nil, err
	case len(root.All("InputProxyChannel")) == 0:
		// Analog inputs only, or none at all: nothing to count on.
		return &inputs{recorder: true, analog: maxChannel}, nil
	}
	if _, err := c.Channels(ctx); err != nil {
		return nil, err
	}
	return know(c.known, &c.known.inputs), nil
}

// head runs one command on a channel's head, over the path that is known to
// work or over the ones that may. A refusal does nothing to a head, so the
// next path can be tried; an answer from the channel itself ends the search.
func (c *Client) head(ctx context.Context, cl call, run func(context.Context, *call) error) error {
	if err := checkChannel(cl.channel); err != nil {
		return c.misuse(cl.op, cl.channel, "%v", err)
	}
	suffix := cl.path
	known, ok := recall(c.known, c.known.heads, cl.channel)
	var first error
	if ok {
		cl.path = known + suffix
		if first = run(ctx, &cl); first == nil || !otherHead(first) {
			return first
		}
		// The path has worked before: what is missing is this preset or this
		// function. Only a head that does not even move was exchanged.
		if suffix != "/continuous" {
			return first
		}
	}
	routes, err := c.headRoutes(ctx, cl.op, cl.channel, !cl.stop)
	if err != nil {
		return err
	}
	for _, base := range routes {
		if ok && base == known {
			continue
		}
		cl.path = base + suffix
		err := run(ctx, &cl)
		if err == nil {
			if !cl.stop { // a stop did not ask which path is the right one
				note(c.known, c.known.heads, cl.channel, base)
			}
			return nil
		}
		if first == nil || saysMore(err, first) {
			first = err
		}
		if !otherHead(err) {
			return err
		}
	}
	return first
}

// otherHead reports whether another path may do what this one refused.
func otherHead(err error) bool {
	e := asError(err)
	if e == nil || !absent(err) {
		return false
	}
	switch strings.ToLower(e.SubCode) {
	case "lowprivilege", "badauthorization", "notactivated", "transparentmutexptz485":
		return false
	}
	return true
}

// saysMore prefers a fault of the device over a refusal, for it may have done
// what it was asked, and a missing right over a missing path: the account is
// what an installer can mend.
func saysMore(err, than error) bool {
	a, b := asError(err), asError(than)
	if a == nil || b == nil {
		return false
	}
	if fault := a.HTTPStatus/100 == 5; fault != (b.HTTPStatus/100 == 5) {
		return fault
	}
	return a.Kind() == "forbidden" && b.Kind() != "forbidden"
}

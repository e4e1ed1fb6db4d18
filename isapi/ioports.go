package isapi

import (
	"context"
	"fmt"
)

// IOPort is an alarm input or a relay output.
type IOPort struct {
	ID     int   // 1, 2 ...; 301 is port 1 of the camera on channel 3 of a recorder
	Active *bool // nil: the device does not say
}

// maxIO bounds the ports that are asked one by one.
const maxIO = 64

// Inputs lists the alarm inputs and their state:
// GET /ISAPI/System/IO/inputs/1/status and so on. A device without any gives
// an empty list.
func (c *Client) Inputs(ctx context.Context) ([]IOPort, error) {
	return c.ioPorts(ctx, "list inputs", "inputs")
}

// Outputs lists the relay outputs and their state.
func (c *Client) Outputs(ctx context.Context) ([]IOPort, error) {
	return c.ioPorts(ctx, "list outputs", "outputs")
}

// ioPorts asks each port that the capabilities count. A device that counts
// none is asked for the first: some have one and do not say.
func (c *Client) ioPorts(ctx context.Context, op, side string) ([]IOPort, error) {
	caps, err := c.Capabilities(ctx)
	if err != nil && !absent(err) {
		return nil, err
	}
	count, told := 1, false
	if caps != nil {
		n := caps.Inputs
		if side == "outputs" {
			n = caps.Outputs
		}
		if n != nil {
			count, told = min(*n, maxIO), true
		}
	}
	var list []IOPort
	for id := 1; id <= count; id++ {
		active, err := c.ioStatus(ctx, op, side, id)
		if err != nil {
			if !absent(err) {
				return nil, err
			}
			if !told {
				return nil, nil
			}
		}
		list = append(list, IOPort{ID: id, Active: active})
	}
	return list, nil
}

func (c *Client) ioStatus(ctx context.Context, op, side string, id int) (*bool, error) {
	root, err := c.get(ctx, op, 0, ioPath(side, id)+"/status")
	if err != nil {
		return nil, err
	}
	switch root.Get("ioState") {
	case "active", "high":
		return new(true), nil
	case "inactive", "low":
		return new(false), nil
	}
	return nil, nil
}

// ioPath: ports above 100 belong to cameras behind a recorder.
func ioPath(side string, id int) string {
	tree := "/ISAPI/System/IO/"
	if id > 100 {
		tree = "/ISAPI/ContentMgmt/IOProxy/"
	}
	return tree + side + "/" + itoa(id)
}

// SetOutput switches a relay: PUT /ISAPI/System/IO/outputs/1/trigger. It is a
// level and stays until it is switched back.
func (c *Client) SetOutput(ctx context.Context, id int, on bool) error {
	op := fmt.Sprintf("output %d", id)
	if id < 1 || id > maxChannel {
		return c.misuse(op, 0, "a port is 1-%d", maxChannel)
	}
	level := map[bool]string{true: "high", false: "low"}[on]
	return c.put(ctx, op, 0, ioPath("outputs", id)+"/trigger",
		xmlProlog+"<IOPortData><outputState>"+level+"</outputState></IOPortData>")
}

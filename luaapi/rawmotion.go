package luaapi

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/isapi"
)

var continuousPath = regexp.MustCompile(`(?i)^/ISAPI/(?:PTZCtrl|ContentMgmt/PTZCtrlProxy)/channels/([1-9]\d*)/continuous/?(?:\?.*)?$`)

// motionRequest is a hik.request that drives a head. The host has to know of
// it to stop the head when the task ends.
type motionRequest struct {
	channel int
	v       isapi.Velocity
	axes    []string // that it names
}

// rawMotion reads a request that drives a head; nil if it does not.
func rawMotion(method, path string, body []byte) *motionRequest {
	found := continuousPath.FindStringSubmatch(path)
	if method != "PUT" || found == nil {
		return nil
	}
	root, err := isapi.ParseXML(body)
	if err != nil {
		return nil
	}
	m := new(motionRequest)
	m.channel, _ = strconv.Atoi(found[1])
	if m.channel > 100 {
		m.channel /= 100 // 101 is the main stream of channel 1
	}
	for _, axis := range []struct {
		name  string
		speed *int
	}{{"pan", &m.v.Pan}, {"tilt", &m.v.Tilt}, {"zoom", &m.v.Zoom}} {
		if speed, ok := root.Int(axis.name); ok {
			*axis.speed = speed
			m.axes = append(m.axes, axis.name)
		}
	}
	return m
}

// stopBody names the axes that the motion has named: some heads take no others.
func (m *motionRequest) stopBody() []byte {
	var b strings.Builder
	for _, axis := range m.axes {
		b.WriteString("<" + axis + ">0</" + axis + ">")
	}
	return []byte("<PTZData>" + b.String() + "</PTZData>")
}

// moveRaw has send be a motion of the task, which is stopped by the path and
// the axes of the script's own. A stop of all axes ends the motion that the
// head is in; a stop of some axes leaves that to the end of the task.
func (c *call) moveRaw(cmd Command, m *motionRequest, send func(context.Context, *isapi.Client) error, path string, o isapi.RequestOptions) {
	cmd.Channel = m.channel
	if m.v == (isapi.Velocity{}) {
		cmd.Head = len(m.axes) == 3
		c.doAs(cmd, send)
		return
	}
	cmd.Head = true
	o.Body = m.stopBody()
	dev := c.dev
	c.wait(func(ctx context.Context) error {
		return dev.Move(ctx, cmd, m.v, MoveOptions{Send: func(ctx context.Context, client *isapi.Client, v isapi.Velocity) error {
			if v != (isapi.Velocity{}) {
				return send(ctx, client)
			}
			_, err := client.Request(ctx, "PUT", path, o)
			return err
		}})
	})
}

package luaapi

import (
	"context"
	"fmt"

	"github.com/hiklua/hiklua/isapi"
)

var moveOptions = []Option{
	{Name: "duration", Type: "duration", Doc: "how long to move; without it until ptz_stop, the end of the task, or limits.motion of site.yaml"},
	{Name: "wait", Type: "boolean", Doc: "false: return at once, the host stops the head; default: return when it was stopped"},
}

// speedOptions are the axes of ptz_move, in the order of isapi.Velocity.
var speedOptions = []Option{
	{Name: "pan", Type: "integer", Min: -100, Max: 100, Doc: "percent of full speed, right is positive"},
	{Name: "tilt", Type: "integer", Min: -100, Max: 100, Doc: "percent of full speed, up is positive"},
	{Name: "zoom", Type: "integer", Min: -100, Max: 100, Doc: "percent of full speed, towards tele is positive"},
}

var ptzCommands = []command{
	{
		name: "ptz_pan_tilt", channel: true, head: true, args: "pan, tilt, {duration=, wait=}", values: 2, options: moveOptions,
		doc: "moves the head, -100..100 on each axis: right and up are positive",
		fn: func(c *call) int {
			pan, tilt := c.integer(0, "pan", -100, 100), c.integer(1, "tilt", -100, 100)
			return c.move(isapi.Velocity{Pan: pan, Tilt: tilt}, c.options(2, moveOptions))
		},
	},
	{
		name: "ptz_zoom", channel: true, head: true, args: "zoom, {duration=, wait=}", values: 1, options: moveOptions,
		doc: "zooms, -100..100: towards tele is positive",
		fn: func(c *call) int {
			zoom := c.integer(0, "zoom", -100, 100)
			return c.move(isapi.Velocity{Zoom: zoom}, c.options(1, moveOptions))
		},
	},
	{
		name: "ptz_move", channel: true, head: true, args: "{pan=, tilt=, zoom=, duration=, wait=}",
		options: append(append([]Option(nil), speedOptions...), moveOptions...),
		doc:     "moves all axes at once, -100..100",
		fn: func(c *call) int {
			o := c.options(0, c.cmd.options)
			if !o.given("pan") && !o.given("tilt") && !o.given("zoom") {
				c.misuse("give at least one of pan=, tilt=, zoom=")
			}
			return c.move(isapi.Velocity{Pan: o.int("pan"), Tilt: o.int("tilt"), Zoom: o.int("zoom")}, o)
		},
	},
	{
		name: "focus", channel: true, args: "speed, {duration=, wait=}", values: 1, options: moveOptions,
		doc: "moves the focus, -100..100: far is positive, 0 stops it",
		fn:  func(c *call) int { return c.moveLens(Focus) },
	},
	{
		name: "iris", channel: true, args: "speed, {duration=, wait=}", values: 1, options: moveOptions,
		doc: "moves the iris, -100..100: open is positive, 0 stops it",
		fn:  func(c *call) int { return c.moveLens(Iris) },
	},
	{
		name: "ptz_stop", channel: true, head: true,
		doc: "stops pan, tilt and zoom, ahead of everything that waits for the device",
		fn: func(c *call) int {
			c.stopHead(c.channel())
			return 0
		},
	},
}

// motion reads the options of a motion.
func (c *call) motion(o options) MoveOptions {
	if o.given("wait") && !o.given("duration") {
		c.misuse("wait= goes with duration=")
	}
	if o.given("duration") && o.duration("duration") == 0 {
		c.misuse("duration must be more than 0")
	}
	return MoveOptions{Duration: o.duration("duration"), NoWait: !o.bool("wait", true)}
}

// move starts a motion. The host owns its end.
func (c *call) move(v isapi.Velocity, o options) int {
	how := c.motion(o)
	id := c.channel()
	if v == (isapi.Velocity{}) {
		c.stopHead(id)
		return 0
	}
	dev := c.dev
	cmd := Command{What: c.cmd.name, Channel: id, Detail: fmt.Sprintf("%d %d %d", v.Pan, v.Tilt, v.Zoom), Head: true}
	c.wait(func(ctx context.Context) error { return dev.Move(ctx, cmd, v, how) })
	return 0
}

// moveLens is move for a part of the lens.
func (c *call) moveLens(part Lens) int {
	speed := c.integer(0, "speed", -100, 100)
	how := c.motion(c.options(1, moveOptions))
	dev := c.dev
	cmd := Command{What: c.cmd.name, Channel: c.channel(), Detail: fmt.Sprint(speed), Head: true}
	c.wait(func(ctx context.Context) error { return dev.MoveLens(ctx, cmd, part, speed, how) })
	return 0
}

func (c *call) stopHead(id int) {
	dev := c.dev
	c.wait(func(ctx context.Context) error { return dev.StopHead(ctx, id) })
}

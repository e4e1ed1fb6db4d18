package luaapi

import (
	"context"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

var patrolCommands = []command{
	{
		name: "patrols", channel: true, result: "list of {id, name, enabled, steps}",
		doc: "the patrols that the device itself keeps; steps are {preset, speed, dwell}",
		fn:  listPatrols,
	},
	{
		name: "patrol_start", channel: true, args: "id", values: 1,
		doc: "starts a patrol of the device; it goes on until patrol_stop or another command for the head",
		fn: func(c *call) int {
			return c.patrol(c.doHead, (*isapi.Client).StartPatrol)
		},
	},
	{
		name: "patrol_stop", channel: true, args: "id", values: 1, doc: "stops a patrol of the device",
		fn: func(c *call) int { return c.patrol(c.do, (*isapi.Client).StopPatrol) },
	},
	{
		name: "patrol_pause", channel: true, args: "id", values: 1, doc: "holds a patrol of the device where it is",
		fn: func(c *call) int { return c.patrol(c.do, (*isapi.Client).PausePatrol) },
	},
}

func (c *call) patrol(do func(string, func(context.Context, *isapi.Client) error), verb func(*isapi.Client, context.Context, int, int) error) int {
	id, channel := c.integer(0, "the patrol", 1, isapi.MaxPatrol), c.channel()
	do(itoa(id), func(ctx context.Context, client *isapi.Client) error { return verb(client, ctx, channel, id) })
	return 0
}

func listPatrols(c *call) int {
	channel := c.channel()
	var list []isapi.Patrol
	c.do("", func(ctx context.Context, client *isapi.Client) (err error) {
		list, err = client.Patrols(ctx, channel)
		return err
	})
	t := c.L.CreateTable(0, 0)
	for _, p := range list {
		steps := c.L.CreateTable(0, 0)
		for _, s := range p.Steps {
			step := c.L.CreateTable(0, 0)
			step.RawSetString("preset", lua.LNumber(s.Preset))
			step.RawSetString("speed", lua.LNumber(s.Speed))
			step.RawSetString("dwell", lua.LNumber(s.Dwell.Seconds()))
			steps.Append(step)
		}
		item := c.L.CreateTable(0, 0)
		item.RawSetString("id", lua.LNumber(p.ID))
		item.RawSetString("name", lua.LString(p.Name))
		item.RawSetString("enabled", lua.LBool(p.Enabled))
		item.RawSetString("steps", steps)
		t.Append(item)
	}
	c.L.Push(t)
	return 1
}

package luaapi

import (
	"context"

	"github.com/hiklua/hiklua/isapi"
)

var patrolCommands = []command{
	{
		name: "patrols", channel: true, head: true, result: "list of {id, name, enabled, steps}",
		doc: "the patrols that the device itself keeps; steps are {preset, speed, dwell}",
		fn:  listPatrols,
	},
	{
		name: "patrol_start", channel: true, head: true, args: "id", values: 1,
		doc: "starts a patrol of the device; it goes on until patrol_stop or another command for the head",
		fn: func(c *call) int {
			return c.patrol(c.doHead, (*isapi.Client).StartPatrol)
		},
	},
	{
		name: "patrol_stop", channel: true, head: true, args: "id", values: 1, doc: "stops a patrol of the device",
		fn: func(c *call) int { return c.patrol(c.do, (*isapi.Client).StopPatrol) },
	},
	{
		name: "patrol_pause", channel: true, head: true, args: "id", values: 1, doc: "holds a patrol of the device where it is",
		fn: func(c *call) int { return c.patrol(c.do, (*isapi.Client).PausePatrol) },
	},
}

func (c *call) patrol(do func(string, func(context.Context, *isapi.Client) error), verb func(*isapi.Client, context.Context, int, int) error) int {
	id, channel := c.integer(0, "the patrol", 1, isapi.MaxPatrol), c.channel()
	do(itoa(id), func(ctx context.Context, client *isapi.Client) error { return verb(client, ctx, channel, id) })
	return 0
}

func listPatrols(c *call) int {
	list := []any{}
	for _, p := range askChannel(c, (*isapi.Client).Patrols) {
		steps := []any{}
		for _, s := range p.Steps {
			steps = append(steps, map[string]any{"preset": s.Preset, "speed": s.Speed, "dwell": s.Dwell})
		}
		list = append(list, map[string]any{"id": p.ID, "name": p.Name, "enabled": p.Enabled, "steps": steps})
	}
	return c.push(toLua(c.L, list))
}

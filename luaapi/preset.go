package luaapi

import (
	"context"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// OrdinaryPresets is the last preset that no known device uses for a function
// of its own; up to it nothing has to be asked.
const OrdinaryPresets = 32

// everyHeadsPresets is the last preset that every head is taken to have, without
// asking it.
const everyHeadsPresets = 255

var presetOptions = []Option{
	{Name: "wait", Type: "boolean", Doc: "true: return when the head has arrived; default: as soon as the device has accepted"},
	{Name: "special", Type: "boolean", Doc: "true: allow the numbers that are functions of the device, such as 94, which reboots it"},
}

var presetCommands = []command{
	{
		name: "preset", aliases: []string{"ptz_preset"}, channel: true, head: true,
		args: "preset, {wait=, special=}", values: 1, options: presetOptions,
		doc: "turns the head to a preset, by number or name",
		fn:  gotoPreset,
	},
	{
		name: "presets", channel: true, head: true, args: "{special=}",
		options: []Option{{Name: "special", Type: "boolean", Doc: "true: also those that are functions of the device"}},
		result:  "list of {id, name, special, pan, tilt, zoom}",
		doc:     "the presets that are set; pan, tilt, zoom where the device tells",
		fn:      listPresets,
	},
	{
		name: "set_preset", channel: true, head: true, args: "id, name", values: 2,
		doc: "stores where the head looks as a preset",
		fn: func(c *call) int {
			want := fmt.Sprintf("a whole number, 1 to %d", everyHeadsPresets)
			if _, named := c.arg(0).(lua.LString); named {
				want += ", and its name comes after it"
			}
			id, name := c.presetNumber(c.arg(0), want), c.text(1, "the name")
			if id > everyHeadsPresets {
				c.headHasPreset(id, "a whole number, 1 to %d")
			}
			channel := c.channel()
			c.doAs(Command{What: c.cmd.name, Detail: itoa(id), Name: name}, func(ctx context.Context, client *isapi.Client) error {
				return client.SetPreset(ctx, channel, id, name)
			})
			delete(c.m.presets, presetKey{c.dev, channel})
			return 0
		},
	},
	{
		name: "delete_preset", channel: true, head: true, args: "preset", values: 1,
		doc: "forgets a preset, by number or name",
		fn: func(c *call) int {
			id, channel := c.preset(0), c.channel()
			cmd := Command{What: c.cmd.name, Detail: itoa(id), Name: c.presetName(id)}
			c.doAs(cmd, func(ctx context.Context, client *isapi.Client) error {
				return client.DeletePreset(ctx, channel, id)
			})
			delete(c.m.presets, presetKey{c.dev, channel})
			return 0
		},
	},
}

func gotoPreset(c *call) int {
	o := c.options(1, presetOptions)
	id := c.preset(0)
	if !o.bool("special", false) {
		c.ordinary(id)
	}
	if id > everyHeadsPresets {
		c.headHasPreset(id, "a whole number, 1 to %d, or a name")
	}
	channel := c.channel()
	cmd := Command{What: c.cmd.name, Detail: itoa(id), Name: c.presetName(id), Head: true}
	c.doAs(cmd, func(ctx context.Context, client *isapi.Client) error {
		return client.GotoPreset(ctx, channel, id)
	})
	if o.bool("wait", false) {
		c.awaitArrival()
	}
	return 0
}

// ordinary refuses a preset that is a function of the device, which is asked
// once.
func (c *call) ordinary(id int) {
	if id <= OrdinaryPresets {
		return
	}
	key := presetKey{c.dev, c.channel()}
	known := c.m.special[key]
	special, asked := known[id]
	if !asked {
		var err error
		special, err = tryAsk(c, Command{What: "ptz_capabilities"}, func(ctx context.Context, client *isapi.Client) (bool, error) {
			return client.SpecialPreset(ctx, key.channel, id)
		})
		if lacks(err) { // as the devices of hiklua check, which are asked nothing
			special, err = specialPreset(id) != "", nil
		}
		if err != nil {
			c.raise(err)
		}
		if known == nil {
			known = make(map[int]bool)
			c.m.special[key] = known
		}
		known[id] = special
	}
	if !special {
		return
	}
	c.misuse("%s; {special=true} allows it", noPosition(id))
}

// lacks reports whether err means that the device has no such function.
func lacks(err error) bool {
	var refused *isapi.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Kind() {
	case "forbidden", "not_found", "unsupported", "device":
		return !refused.Retryable()
	}
	return false
}

// headHasPreset refuses what is beyond the number of presets that the device
// says it has; want says what it must be.
func (c *call) headHasPreset(id int, want string) {
	channel := c.channel()
	most, err := tryAsk(c, Command{What: "ptz_capabilities"}, func(ctx context.Context, client *isapi.Client) (int, error) {
		return MostPresets(ctx, client, channel)
	})
	if lacks(err) { // as the devices of hiklua check
		most, err = everyHeadsPresets, nil
	}
	if err != nil {
		c.raise(err)
	}
	if id > most {
		c.wrong("the preset", fmt.Sprintf(want, most), lua.LNumber(id))
	}
}

func listPresets(c *call) int {
	all := c.options(0, c.cmd.options).bool("special", false)
	list, err := c.presetList(true)
	if err != nil {
		c.raise(err)
	}
	t := c.L.CreateTable(0, 0)
	for _, p := range list {
		if p.Special && !all {
			continue
		}
		item := c.L.CreateTable(0, 0)
		item.RawSetString("id", lua.LNumber(p.ID))
		item.RawSetString("name", lua.LString(p.Name))
		item.RawSetString("special", lua.LBool(p.Special))
		if p.Position != nil {
			setPose(item, *p.Position)
		}
		t.Append(item)
	}
	return c.push(t)
}

// noPosition says of a preset that is a function of the device what it does.
func noPosition(id int) string {
	what := "it is one of the functions that the device lists"
	if known := specialPreset(id); known != "" {
		what = "on Hikvision devices it " + known
	}
	return fmt.Sprintf("preset %d is no position: %s", id, what)
}

// specialPreset says what a device does at a preset that is none; empty for an
// ordinary one.
func specialPreset(id int) string {
	switch {
	case id >= 35 && id <= 38:
		return fmt.Sprintf("starts patrol %d", id-34)
	case id >= 41 && id <= 44:
		return fmt.Sprintf("starts pattern %d", id-40)
	case id >= 102 && id <= 105:
		return fmt.Sprintf("starts patrol %d", id-97)
	}
	return map[int]string{
		33: "flips the head (auto-flip)", 34: "turns back to the origin",
		39: "switches to day mode", 40: "switches to night mode",
		45: "starts the one-touch patrol", 46: "switches day and night automatically",
		90: "runs the wiper", 92: "sets manual limits of the head", 93: "saves manual limits of the head",
		94: "reboots the camera", 95: "opens the camera's own menu", 96: "stops a scan",
		97: "starts a random scan", 98: "starts a frame scan", 99: "starts an auto scan",
		100: "starts a tilt scan", 101: "starts a panorama scan",
	}[id]
}

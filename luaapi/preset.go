package luaapi

import (
	"context"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/isapi"
)

var presetCommands = []command{{
	name: "preset", aliases: []string{"ptz_preset"}, channel: true,
	args: "preset, {special=}", values: 1,
	options: []Option{
		{Name: "special", Type: "boolean", Doc: "true: allow the numbers that are functions of the device, such as 94, which reboots it"},
	},
	doc: "turns the head to a preset, by number 1-255",
	fn:  gotoPreset,
}}

// presetKey says whose presets.
type presetKey struct {
	dev     Device
	channel int
}

// presetList is what a device said of its presets.
type presetList struct {
	at time.Time
}

func gotoPreset(c *call) int {
	o := c.options(1, c.cmd.options)
	id := c.integer(0, "the preset", 1, 255)
	if what := specialPreset(id); what != "" && !o.bool("special", false) {
		c.misuse("preset %d is no position: on Hikvision devices it %s; {special=true} allows it", id, what)
	}
	channel := c.channel()
	c.doHead(itoa(id), func(ctx context.Context, client *isapi.Client) error {
		return client.GotoPreset(ctx, channel, id)
	})
	return 0
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

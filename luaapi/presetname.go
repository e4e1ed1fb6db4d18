package luaapi

import (
	"context"
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// presetKey is a head, whose presets are remembered.
type presetKey struct {
	dev     Device
	channel int
}

// presetList is what a device said of its presets.
type presetList struct {
	at   time.Time
	list []isapi.Preset
}

// presetListAge is how long a list of presets is taken from memory. For a name
// that is not in it the device is asked again at once.
const presetListAge = time.Minute

// presetList asks the device for its presets, or takes what it said lately.
func (c *call) presetList(again bool) ([]isapi.Preset, error) {
	key := presetKey{c.dev, c.channel()}
	now := c.m.script.Clock().Now()
	if old := c.m.presets[key]; old != nil && !again && now.Sub(old.at) < presetListAge {
		return old.list, nil
	}
	list, err := tryAsk(c, Command{What: "presets"}, func(ctx context.Context, client *isapi.Client) ([]isapi.Preset, error) {
		return client.Presets(ctx, key.channel)
	})
	if err == nil {
		c.m.presets[key] = &presetList{at: now, list: list}
	}
	return list, err
}

// preset is the number of the preset at argument i: a number, a string of
// digits, or a name.
func (c *call) preset(i int) int {
	v := c.arg(i)
	name, isText := v.(lua.LString)
	text := strings.TrimSpace(string(name))
	if !isText || strings.Trim(text, "0123456789") == "" {
		return c.presetNumber(v, fmt.Sprintf("a whole number, 1 to %d, or a name", everyHeadsPresets))
	}
	list, err := c.presetList(false)
	if err != nil {
		c.raise(err)
	}
	id := c.match(c.target.String(), "preset", text, presetNames(list, true))
	if id == 0 {
		if list, err = c.presetList(true); err != nil {
			c.raise(err)
		}
		id = c.match(c.target.String(), "preset", text, presetNames(list, true))
	}
	if id == 0 {
		names := presetNames(list, false)
		help := nearestName(text, names)
		if help == "" {
			help = "; it has " + listNames(names)
		}
		c.misuse("%s has no preset named %q%s", c.target, text, help)
	}
	return id
}

// presetName is the name of a preset in the list that was asked for last, ""
// if there is none. Nothing is asked for it.
func (c *call) presetName(id int) string {
	known := c.m.presets[presetKey{c.dev, c.channel()}]
	if known == nil {
		return ""
	}
	for _, p := range known.list {
		if p.ID == id {
			return p.Name
		}
	}
	return ""
}

// presetNumber reads a number that some head may have; want tells in the error
// what every head has.
func (c *call) presetNumber(v lua.LValue, want string) int {
	f, ok := toNumber(v)
	id := int(f)
	if !ok || float64(id) != f || id < 1 || id > isapi.MaxPreset {
		c.wrong("the preset", want, v)
	}
	return id
}

func presetNames(list []isapi.Preset, special bool) (names []named) {
	for _, p := range list {
		if special || !p.Special {
			names = append(names, named{p.ID, p.Name})
		}
	}
	return names
}

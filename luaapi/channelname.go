package luaapi

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/nearest"
)

const maxChannel = 9999

// channelRef reads a channel as scripts write it: a number, a string of
// digits, or a name. The device is not asked here.
func (c *call) channelRef(v lua.LValue) *channelRef {
	switch v := v.(type) {
	case lua.LNumber:
		return &channelRef{dev: c.dev, id: c.wholeNumber(v, "the channel", 1, maxChannel)}
	case lua.LString:
		text := strings.TrimSpace(string(v))
		if text == "" {
			c.misuse("the channel is an empty string")
		}
		if strings.Trim(text, "0123456789") == "" {
			return &channelRef{dev: c.dev, id: c.wholeNumber(v, "the channel", 1, maxChannel)}
		}
		ref := &channelRef{dev: c.dev, name: text}
		ref.id = c.matchChannel(text, siteNames(c.dev.Channels()))
		return ref
	case *lua.LUserData, *lua.LTable:
		if ref, ok := c.m.selfOf(c.m.kind("channel"), v).(*channelRef); ok && ref.dev == c.dev {
			return ref
		}
	}
	c.wrong("the channel", "a number or a name", v)
	return nil
}

// named is a channel or a preset under one of its names.
type named struct {
	id   int
	name string
}

func siteNames(list []Channel) (names []named) {
	for _, ch := range list {
		names = append(names, named{ch.ID, ch.Name})
	}
	return names
}

// ListChannels writes `1 (yard), 2`.
func ListChannels(list []Channel) string { return listNames(siteNames(list)) }

// match finds a name in what owner has of a sort, exact case first; 0 if there
// is none. A name that two have is an error that lists them.
func (c *call) match(owner, sort, name string, list []named) int {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var ids []int
		for _, n := range list {
			if same(strings.TrimSpace(n.name), name) {
				ids = append(ids, n.id)
			}
		}
		if len(ids) > 1 {
			c.misuse("%s has several %ss named %q: %s; give the number", owner, sort, name, joinInts(ids))
		}
		if len(ids) == 1 {
			return ids[0]
		}
	}
	return 0
}

func (c *call) matchChannel(name string, list []named) int {
	return c.match(c.dev.Name(), "channel", name, list)
}

// siteDecides reports whether site.yaml alone settles which channel is meant.
func (c *call) siteDecides(ref *channelRef) bool {
	return ref.name == "" && len(ref.dev.Channels()) > 0
}

// resolve sets ref.id, asking the device where site.yaml does not tell.
func (c *call) resolve(ref *channelRef) {
	known := ref.dev.Channels()
	if ref.name == "" {
		switch {
		case len(known) == 1:
			ref.id = known[0].ID
		case len(known) > 1:
			c.misuse("which channel? %s has %s", ref.dev.Name(), ListChannels(known))
		default:
			ref.id = c.onlyChannel(ref.dev)
		}
		return
	}
	list, fresh, err := c.deviceChannels(ref.dev, namesAge)
	if err != nil {
		c.raise(err)
	}
	if ref.id = c.matchChannel(ref.name, deviceNames(list)); ref.id == 0 && !fresh {
		if list, _, err = c.deviceChannels(ref.dev, 0); err != nil {
			c.raise(err)
		}
		ref.id = c.matchChannel(ref.name, deviceNames(list))
	}
	if ref.id == 0 {
		help := nearestName(ref.name, append(siteNames(known), deviceNames(list)...))
		if help == "" {
			help = "; it has " + listNames(deviceNames(list))
		}
		c.misuse("%s has no channel named %q%s", ref.dev.Name(), ref.name, help)
	}
}

// onlyChannel is the channel of a device that has one. A device that does not
// list channels is a camera with its one.
func (c *call) onlyChannel(dev Device) int {
	list, _, err := c.deviceChannels(dev, onlyAge)
	if lacks(err) {
		return 1
	}
	if err != nil {
		c.raise(err)
	}
	switch len(list) {
	case 0:
		return 1
	case 1:
		return list[0].ID
	}
	c.misuse("which channel? %s has %s", dev.Name(), listNames(deviceNames(list)))
	return 0
}

// channelList is what a device said of its channels.
type channelList struct {
	at   time.Time
	list []isapi.Channel
}

const (
	// namesAge is how long the names of a device's channels are taken from memory.
	// For one that is not among them the device is asked again at once.
	namesAge = 10 * time.Minute
	// onlyAge is how long it is taken for granted that a device has one channel.
	onlyAge = time.Hour
)

// deviceChannels asks dev for its channels, or takes what it said less than age ago.
func (c *call) deviceChannels(dev Device, age time.Duration) (list []isapi.Channel, fresh bool, err error) {
	now := c.m.script.Clock().Now()
	if old := c.m.lists[dev]; old != nil && now.Sub(old.at) < age {
		return old.list, false, nil
	}
	if TaskOf(c.L).Loading() {
		c.misuse(Loading+" can't ask %s for its channels: give the number, or a name from site.yaml", dev.Name())
	}
	err = c.try(func(ctx context.Context) error {
		return dev.Do(ctx, Command{What: "channels"}, func(ctx context.Context, client *isapi.Client) (err error) {
			list, err = client.Channels(ctx)
			return err
		})
	})
	if err == nil {
		c.m.lists[dev] = &channelList{at: now, list: list}
	}
	return list, true, err
}

func deviceNames(list []isapi.Channel) (names []named) {
	for _, ch := range list {
		names = append(names, named{ch.ID, ch.Name})
	}
	return names
}

// listNames writes `1 (yard), 2, 3 (door)`.
func listNames(list []named) string {
	if len(list) == 0 {
		return "none"
	}
	var words []string
	for i, n := range list {
		if i == 20 {
			words = append(words, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		if n.name == "" || n.name == strconv.Itoa(n.id) {
			words = append(words, strconv.Itoa(n.id))
		} else {
			words = append(words, fmt.Sprintf("%d (%s)", n.id, n.name))
		}
	}
	return strings.Join(words, ", ")
}

// nearestName is a hint at the name that was meant, "" if none is near.
func nearestName(name string, list []named) string {
	var words []string
	for _, n := range list {
		words = append(words, n.name)
	}
	return nearest.Hint(name, words)
}

func joinInts(ids []int) string {
	sort.Ints(ids)
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.Itoa(id)
	}
	return strings.Join(words, ", ")
}

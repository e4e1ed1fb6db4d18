package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/standin"
)

// savedFile reads devices.yaml, and compares site.yaml with it.
func (c *checker) savedFile(s *site.Site, env func(string) (string, bool)) {
	saved, err := site.LoadSaved(c.dir)
	if err != nil {
		var problems site.Problems
		errors.As(err, &problems)
		for _, p := range problems {
			c.add(p, false)
		}
		return
	}
	if c.saved = saved; s == nil {
		return
	}
	for _, d := range saved.Devices {
		if _, known := s.Device(d.Name); !known {
			hint := nearest.Hint(d.Name, s.DeviceNames())
			if hint == "" {
				hint = `; "hiklua devices --save" drops it`
			}
			c.add(site.Problem{File: site.SavedName, Line: d.Line, Col: d.Col, Message: fmt.Sprintf("site.yaml has no device %q%s", d.Name, hint)}, true)
		}
	}
	for _, p := range site.Unsaved(c.dir, env, saved) {
		c.add(p, false)
		c.report.Saved = true
	}
}

// standIn is a client of a simulated device that has what was saved of a device,
// all of whose channels answer.
func standIn(conf site.Device) *isapi.Client {
	o := standin.Options(conf, clock.Real())
	o.Username, o.Password, o.Auth = "", "", sim.AuthDigest
	for i := range o.Channels {
		o.Channels[i].Offline = false
	}
	client, err := isapi.New(isapi.Config{
		Name: conf.Name, Host: "192.0.2.1", Username: "admin", Password: isapi.NewSecret("simulated"), Transport: sim.New(o).Transport(),
	})
	if err != nil {
		return nil
	}
	return client
}

// told reports whether it was saved which presets of a channel are functions.
func (d *device) told(channel int) bool {
	ch := d.saved.Channel(channel)
	return ch != nil && ch.Head != nil && ch.Head.Special != nil
}

// knownChannels are those that site.yaml names, and the others that the device
// told, under its own names.
func (d *device) knownChannels() []luaapi.Channel {
	list := slices.Clone(d.channels)
	if d.saved == nil {
		return list
	}
	for _, ch := range d.saved.Channels {
		if !slices.ContainsFunc(list, func(known luaapi.Channel) bool { return known.ID == ch.ID }) {
			list = append(list, luaapi.Channel{ID: ch.ID, Name: ch.Name})
		}
	}
	slices.SortStableFunc(list, func(a, b luaapi.Channel) int { return a.ID - b.ID })
	return list
}

// channelNames are all names by which a channel may be called.
func (d *device) channelNames() (names []string) {
	for _, ch := range d.channels {
		names = append(names, ch.Name)
	}
	if d.saved != nil {
		for _, ch := range d.saved.Channels {
			names = append(names, strings.TrimSpace(ch.Name))
		}
	}
	return names
}

// where names the files that knownChannels come from.
func (d *device) where() string {
	if d.saved == nil {
		return site.FileName
	}
	return site.FileName + " and " + site.SavedName
}

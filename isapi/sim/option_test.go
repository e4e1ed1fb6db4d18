package sim_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// What the options promise, as a client sees it.
func TestOptions(t *testing.T) {
	plain := func(c *client, path string) reply {
		r, err := c.raw(context.Background(), "GET", path, "", "")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, row := range map[string]struct {
		o  sim.Options
		ok func(c *client) bool
	}{
		"https only": {sim.Options{HTTPSOnly: true}, func(c *client) bool {
			r := plain(c, infoPath)
			return r.status == 302 && r.header.Get("Location") == "https://192.0.2.1"+infoPath
		}},
		"isapi off": {sim.Options{NoISAPI: true}, func(c *client) bool {
			r := plain(c, infoPath)
			return r.status == 404 && r.header.Get("WWW-Authenticate") == "" && strings.Contains(r.body, "<html>")
		}},
		"open pictures": {sim.Options{Model: sim.DVR, OpenPictures: true}, func(c *client) bool {
			return plain(c, "/ISAPI/Streaming/channels/101/picture").status == 200 && plain(c, infoPath).status == 401
		}},
		"not activated": {sim.Options{Inactive: true}, func(c *client) bool {
			return c.get(infoPath).tag("subStatusCode") == "notActivated"
		}},
		"list of triggers broken": {sim.Options{TriggersBroken: true}, func(c *client) bool {
			return c.get("/ISAPI/Event/triggers").status == 500 && c.get("/ISAPI/Event/triggers/VMD-1").status == 200
		}},
		"patrols in milliseconds": {sim.Options{Model: sim.PTZ, PatrolInMillis: true}, func(c *client) bool {
			return strings.Contains(c.get(ptz1+"/patrols/1/capabilities").body, `<delay min="0" max="1800000">`)
		}},
		"channels of a dome": {sim.Options{Model: sim.PTZ, Channels: []sim.ChannelOptions{{Name: "yard"}}}, func(c *client) bool {
			return c.get(ptz1+"/status").status == 200 && c.get("/ISAPI/System/Video/inputs/channels").tag("name") == "yard"
		}},
		"channels of a hybrid recorder": {sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Name: "till"}}}, func(c *client) bool {
			return c.get("/ISAPI/System/Video/inputs/channels").tag("name") == "till"
		}},
		"a disabled channel": {sim.Options{Channels: []sim.ChannelOptions{{Disabled: true}}}, func(c *client) bool {
			return c.get("/ISAPI/Streaming/channels/101").tag("enabled") == "false" && c.get("/ISAPI/Streaming/channels/101/picture").status == 404
		}},
	} {
		virtually(t, row.o, func(v *clock.Virtual, d *sim.Device, c *client) {
			if !row.ok(c) {
				t.Error(name)
			}
		})
	}
}

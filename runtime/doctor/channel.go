package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// target is a channel to examine: one of site.yaml's, or the device's where
// the site names none.
type target struct {
	id    int
	name  string
	sub   bool           // snapshots are of the sub stream
	found *isapi.Channel // nil: the device has no such channel
	stop  string         // why nothing more is asked about it
	rules []*rule        // of its events, as far as they were read
}

// checkChannels lists them.
func (x *exam) checkChannels(ctx context.Context) Check {
	var err error
	x.channels, err = patient(ctx, x, x.Client.Channels) // a recorder is asked several times
	switch {
	case err != nil:
		if x.stop == "" {
			x.stop = "the channels could not be listed"
		}
		return failed(err)
	case len(x.channels) == 0:
		return fail("the device has no channels", "Add cameras in the recorder's web page: Configuration > System > Camera Management.")
	}
	return fine("%s", x.channelList())
}

func (x *exam) channelList() string {
	var list []string
	for _, ch := range x.channels {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s", ch.ID, ch.Name)))
	}
	return strings.Join(list, ", ")
}

func (x *exam) targets() []*target {
	find := func(id int) *isapi.Channel {
		if i := slices.IndexFunc(x.channels, func(ch isapi.Channel) bool { return ch.ID == id }); i >= 0 {
			return &x.channels[i]
		}
		return nil
	}
	var list []*target
	for _, c := range x.Device.Channels {
		list = append(list, &target{id: c.Address, name: c.Name, sub: c.Stream == site.StreamSub, found: find(c.Address)})
	}
	if len(list) == 0 {
		for i, ch := range x.channels {
			list = append(list, &target{id: ch.ID, name: ch.Name, found: &x.channels[i]})
		}
	}
	return list
}

// recorder reports whether the channels are inputs of a recorder.
func (x *exam) recorder() bool {
	return slices.ContainsFunc(x.channels, func(ch isapi.Channel) bool { return ch.Analog || ch.Proxy > 0 })
}

const camerasMenu = "Configuration > System > Camera Management"

// checkChannel looks whether a channel exists and is in use.
func (x *exam) checkChannel(_ context.Context, t *target) Check {
	ch := t.found
	switch {
	case ch == nil:
		t.stop = "the device has no such channel"
		return fail(fmt.Sprintf("the device has no channel %d", t.id),
			fmt.Sprintf("Correct address: in site.yaml. The device has %s.", x.channelList()))
	case !ch.Enabled && ch.Analog:
		t.stop = "the channel is switched off"
		return fail(t.stop, fmt.Sprintf("In the recorder's web page: %s: enable analog input %d, then Save.", camerasMenu, t.id))
	case !ch.Enabled:
		t.stop = "the channel is switched off"
		return fail(t.stop, fmt.Sprintf("In the device's web page: Configuration > Video/Audio > Video: enable camera %d, then Save.", t.id))
	case ch.Online != nil && !*ch.Online && ch.Analog:
		t.stop = "no video at this input"
		return fail(t.stop, "Check the camera's power and the cable to this input of the recorder.")
	case ch.Online != nil && !*ch.Online:
		t.stop = "the camera is offline"
		return fail(offlineText(ch), fmt.Sprintf("Check its power and cable. In the recorder's web page, %s shows the reason in Status: "+
			"a wrong password of the camera is corrected there, too.", camerasMenu))
	}
	finding := "in use"
	if ch.Online != nil {
		finding = "online"
	}
	if ch.PTZ {
		return fine("%s, with a head", finding)
	}
	return fine("%s, without a head", finding)
}

func offlineText(ch *isapi.Channel) string {
	if ch.Address == "" {
		return "the camera is offline"
	}
	return "the camera is offline; the recorder looks for it at " + ch.Address
}

// checkHead asks the head; it does not move it.
func (x *exam) checkHead(ctx context.Context, t *target) Check {
	if !t.found.PTZ {
		return Check{}
	}
	caps, err := answer(ctx, x, func(ctx context.Context) (*isapi.PTZCapabilities, error) { return x.Client.PTZCapabilities(ctx, t.id) })
	switch {
	case err != nil && absent(err) && x.Device.PTZID != "" && x.Device.PTZID != site.PTZIDAuto:
		return fail("the head does not answer under the number that ptz_id gives it", "Set ptz_id: auto in site.yaml, or leave it out.")
	case err != nil:
		return failed(err)
	}
	finding := "the head answers"
	if caps.MaxPresets > 0 {
		finding += fmt.Sprintf(", %d presets", caps.MaxPresets)
	}
	if !caps.Position {
		return fine("%s; it does not tell its position, so wait=true goes by time, and there are no absolute moves", finding)
	}
	return fine("%s, tells its position", finding)
}

package isapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// A simulated head has the presets, the functions and the limits that it is
// given, and no others.
func TestSimulatedGear(t *testing.T) {
	gear := sim.Gear{
		Pan: isapi.Range{Min: 0, Max: 350}, Tilt: isapi.Range{Min: -90, Max: 20}, Zoom: isapi.Range{Min: 1, Max: 32},
		Presets:  []sim.Preset{{ID: 40, Name: "Tür", Pose: sim.Pose{Pan: 10, Tilt: -70, Zoom: 30}}},
		Specials: map[int]string{94: "Restart"}, MaxPresets: 50,
	}
	simulated(t, sim.Options{Model: sim.PTZ, Channels: []sim.ChannelOptions{{PTZ: true, Gear: gear}}}, func(clk *clock.Virtual, _ *sim.Device, c *isapi.Client) {
		ctx := context.Background()
		list, err := c.Presets(ctx, 1)
		want := []isapi.Preset{
			{ID: 40, Name: "Tür", Position: &isapi.Pose{Pan: 10, Tilt: -70, Zoom: 30}},
			{ID: 94, Name: "Restart", Special: true, Position: &isapi.Pose{Zoom: 1}},
		}
		if diff := cmp.Diff(want, list); err != nil || diff != "" {
			t.Error(err, diff)
		}
		caps, err := c.PTZCapabilities(ctx, 1)
		if err != nil || caps.Pan != gear.Pan || caps.Tilt != gear.Tilt || caps.Zoom != gear.Zoom || caps.MaxPresets != 50 || !caps.Position {
			t.Errorf("%+v %v", caps, err)
		}
		if err := c.GotoPreset(ctx, 1, 40); err != nil {
			t.Error(err)
		}
		if err := c.GotoPreset(ctx, 1, 1); err == nil {
			t.Error("a preset that is not there was taken")
		}
		if err := clock.Sleep(ctx, clk, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if p, err := c.PTZStatus(ctx, 1); err != nil || *p != (isapi.Pose{Pan: 10, Tilt: -70, Zoom: 30}) {
			t.Errorf("it looks at %+v %v", p, err)
		}
		if err := c.AbsoluteMove(ctx, 1, isapi.Target{Pan: new(355.0), Tilt: new(0.0), Zoom: new(1.0)}); err == nil {
			t.Error("a position beyond the limit was taken")
		}
	})
}

// A head that does not tell its position is told from one that does, behind a
// recorder, too.
func TestSimulatedWithoutPosition(t *testing.T) {
	for _, o := range []sim.Options{
		{Model: sim.PTZ, Channels: []sim.ChannelOptions{{PTZ: true, Gear: sim.Gear{NoPosition: true}}}},
		{Model: sim.NVR, Channels: []sim.ChannelOptions{{PTZ: true, Gear: sim.Gear{NoPosition: true}}}},
	} {
		simulated(t, o, func(_ *clock.Virtual, _ *sim.Device, c *isapi.Client) {
			ctx := context.Background()
			channels, err := c.Channels(ctx)
			if err != nil || len(channels) != 1 || !channels[0].PTZ {
				t.Errorf("%s: %+v %v", o.Model, channels, err)
			}
			caps, err := c.PTZCapabilities(ctx, 1)
			if err != nil || caps.Position {
				t.Errorf("%s: %+v %v", o.Model, caps, err)
			}
			list, err := c.Presets(ctx, 1)
			if err != nil || len(list) < 8 || list[0].Position != nil {
				t.Errorf("%s: %+v %v", o.Model, list, err)
			}
			for what, move := range map[string]error{
				"absolute": c.AbsoluteMove(ctx, 1, isapi.Target{Pan: new(1.0), Tilt: new(0.0), Zoom: new(1.0)}),
				"relative": c.RelativeMove(ctx, 1, isapi.Offset{Pan: 1}),
			} {
				if move == nil {
					t.Errorf("%s: %s was taken", o.Model, what)
				}
			}
			if err := c.GotoPreset(ctx, 1, 3); err != nil {
				t.Errorf("%s: %v", o.Model, err)
			}
		})
	}
}

// A recorder without cameras lists none.
func TestSimulatedEmptyRecorder(t *testing.T) {
	for _, model := range []sim.Model{sim.NVR, sim.DVR} {
		simulated(t, sim.Options{Model: model, Channels: []sim.ChannelOptions{}}, func(_ *clock.Virtual, _ *sim.Device, c *isapi.Client) {
			if list, err := c.Channels(context.Background()); err != nil || len(list) > 0 {
				t.Errorf("%s: %+v %v", model, list, err)
			}
		})
	}
}

package isapi_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

func TestStreams(t *testing.T) {
	o := sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{MainWidth: 3840, MainHeight: 2160}, {Offline: true}}}
	simulated(t, o, func(_ *clock.Virtual, _ *sim.Device, c *isapi.Client) {
		got, err := c.Streams(context.Background())
		want := []isapi.StreamSetting{{Channel: 1, Stream: isapi.Main, Width: 3840, Height: 2160}, {Channel: 1, Stream: isapi.Sub, Width: 640, Height: 360}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
}

// Of a camera with two sensors each has its own sizes; third streams are none of
// ours.
func TestRecordedStreams(t *testing.T) {
	got, err := openRecorded(t, "DS-2SE4C425MWG-E-26").Streams(context.Background())
	want := []isapi.StreamSetting{
		{Channel: 1, Stream: isapi.Main, Width: 2560, Height: 1440}, {Channel: 1, Stream: isapi.Sub, Width: 704, Height: 576},
		{Channel: 2, Stream: isapi.Main, Width: 3680, Height: 1656}, {Channel: 2, Stream: isapi.Sub, Width: 1200, Height: 536},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

package runtime

import (
	goruntime "runtime"
	"time"

	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// Standby is the Status of a process that drives no device of a site at present:
// each is elsewhere. Who drives it, and what the process itself knows, is left to
// the caller.
func Standby(version string, s *site.Site, now time.Time) Status {
	st := Status{
		Version: version, Now: now.In(s.Timezone),
		Site:       SiteStatus{Dir: FullPath(s.Dir), Timezone: s.TimezoneName},
		Memory:     sandbox.Heap(),
		Goroutines: goruntime.NumGoroutine(),
		Devices:    []DeviceStatus{}, Scripts: []ScriptStatus{}, Jobs: []JobStatus{},
	}
	for _, d := range s.Devices {
		one := DeviceStatus{Status: device.Status{
			Name: d.Name, Address: d.Address(), Simulated: d.Simulate != "", State: device.StateElsewhere, Events: device.StateElsewhere,
			Heads: []device.HeadStatus{},
		}}
		for _, c := range d.Channels {
			one.Channels = append(one.Channels, ChannelStatus{ID: c.Address, Name: c.Name})
		}
		if len(one.Channels) == 0 {
			one.Channels = []ChannelStatus{{ID: 1}}
		}
		st.Devices = append(st.Devices, one)
		st.Site.Simulated = st.Site.Simulated || one.Simulated
	}
	return st
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// demoDevices are the simulated devices of the demo, in the order of
// site.yaml, and the site as the host sees it: with their addresses.
type demoDevices struct {
	site    *site.Site
	devices []*sim.Device
	servers []*sim.Server // none if they are in memory
}

// demoDevices makes the devices that s asks for, each on a port of its own.
func (a *app) demoDevices(s *site.Site) (*demoDevices, error) {
	real := *s
	real.Devices = slices.Clone(s.Devices)
	all := &demoDevices{site: &real}
	for i := range real.Devices {
		conf := &real.Devices[i]
		o := simOptions(*conf, a.clk)
		o.Zone = s.Timezone
		device := sim.New(o)
		all.devices = append(all.devices, device)
		conf.Host, conf.Simulate = "127.0.0.1", ""
		conf.Username, conf.Password = "admin", isapi.NewSecret("simulated")
		if !a.sockets {
			conf.Port = i + 1 // a device is its address
			continue
		}
		server, err := sim.Listen("127.0.0.1:0", device)
		if err != nil {
			all.close()
			return nil, err
		}
		all.servers = append(all.servers, server)
		_, port, err := net.SplitHostPort(server.Addr())
		if err == nil {
			conf.Port, err = strconv.Atoi(port)
		}
		if err != nil {
			all.close()
			return nil, err
		}
	}
	return all, nil
}

// transport leads to a device in memory; nil where it is on a port.
func (d *demoDevices) transport(conf site.Device) (http.RoundTripper, error) {
	if len(d.servers) > 0 {
		return nil, nil
	}
	for i, known := range d.site.Devices {
		if known.Name == conf.Name {
			return d.devices[i].Transport(), nil
		}
	}
	return nil, fmt.Errorf("the demo has no device %s", conf.Name)
}

// notice lets the door's camera see something move for some seconds.
func (d *demoDevices) notice() bool {
	i := slices.IndexFunc(d.devices, func(one *sim.Device) bool { return one.Name() == noticingDevice })
	return i >= 0 && d.devices[i].Raise(sim.Alert{Type: "motion", Channel: 1, For: noticedFor})
}

// noticedFor is how long something moves.
const noticedFor = 3 * time.Second

// close ends the servers.
func (d *demoDevices) close() error {
	var problems []error
	for _, s := range d.servers {
		problems = append(problems, s.Close())
	}
	return errors.Join(problems...)
}

// introduce says what the site has.
func (d *demoDevices) introduce(a *app, dir string, span time.Duration) {
	out := a.output()
	fmt.Fprintf(out, "A site in %s, for %s. Ctrl-C ends it earlier.\n\n", dir, clock.FormatDuration(span))
	for i, device := range d.devices {
		address := "in memory"
		if len(d.servers) > 0 {
			address = "http://" + d.servers[i].Addr()
		}
		fmt.Fprintf(out, "  %-12s %-36s %s\n", device.Name(), modelName(device.Model()), address)
	}
	names, about := demoScripts()
	for i, name := range names {
		fmt.Fprintf(out, "  %-12s %s\n", name, about[i])
	}
	fmt.Fprintf(out, "\n")
}

// settle waits until heads that were on their way to a preset have arrived.
func (d *demoDevices) settle(a *app) {
	ctx, cancel := clock.WithTimeout(a.clk, context.Background(), 5*time.Second)
	defer cancel()
	for d.anyMoving() && clock.Sleep(ctx, a.clk, 50*time.Millisecond) == nil {
	}
}

func (d *demoDevices) anyMoving() bool {
	for i, device := range d.devices {
		for _, c := range d.site.Devices[i].Channels {
			if device.Moving(c.Address) {
				return true
			}
		}
	}
	return false
}

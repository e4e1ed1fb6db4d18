package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

func newDoctorCommand(a *app) *cobra.Command {
	var asJSON, simulate bool
	c := &cobra.Command{
		Use:   "doctor [SITE] [DEVICE...] [--json] [--simulate]",
		Short: "Say why a device does not work, and how to mend it",
		Long: `Examines the devices of a site (default: the current folder, and all of them):
address and port, web server, login and lock, rights of the account, clock and
zone; the event stream, which it listens to for up to 15 s; and of each channel
pictures, head and event rules. Each fault comes with its fix, by the menus
of the device's web page. Nothing is changed on a device. A wrong password
costs one try, and nothing more is sent then. Status 1 if anything fails.`,
		Example: `  {hiklua} doctor
  {hiklua} doctor site gate      # one device of the site in folder "site"`,
		Annotations: next(`what a fix changes shows at once: {hiklua} doctor again; then {hiklua} run.`),
		RunE: func(c *cobra.Command, args []string) error {
			dir, names := siteAndDevices(args)
			s, err := a.loadSite(dir, simulate)
			if err != nil {
				return err
			}
			if s, err = a.chooseDevices(s, names); err != nil {
				return err
			}
			if isTerminal(a.stderr) && !asJSON && len(s.Devices) > 0 {
				fmt.Fprintf(a.stderr, "examining %s, for 15 s or more ...\n", plural(len(s.Devices), "device"))
			}
			reports, err := a.examineAll(c.Context(), s, simulate, simOptions)
			switch {
			case err != nil:
				return err
			case c.Context().Err() != nil:
				return &failure{"interrupted"}
			case asJSON:
				err = a.writeJSON(reports)
			default:
				a.writeReports(s, reports)
			}
			if err == nil && slices.ContainsFunc(reports, func(r *doctor.Report) bool { return r.State == doctor.Fail }) {
				err = errTold
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	c.Flags().BoolVar(&simulate, "simulate", false, "simulated devices in the place of all; no passwords needed")
	return c
}

// siteAndDevices takes the arguments apart: the first is the site if it is
// one, or a folder where the current one is none.
func siteAndDevices(args []string) (dir string, devices []string) {
	if len(args) == 0 {
		return ".", nil
	}
	info, err := os.Stat(args[0])
	if hasSite(args[0]) || err == nil && info.IsDir() && !hasSite(".") || !hasSite(".") {
		return args[0], args[1:]
	}
	return ".", args
}

// chooseDevices leaves only those of that name; all, if none is named.
func (a *app) chooseDevices(s *site.Site, names []string) (*site.Site, error) {
	if len(names) == 0 {
		return s, nil
	}
	chosen := *s
	chosen.Devices = nil
	for _, name := range names {
		if _, ok := s.Device(name); !ok {
			m := &misuse{fmt.Sprintf("doctor: site.yaml has no device named %q", name), a.name + " devices"}
			if near := nearest.Word(name, s.DeviceNames()); near != "" {
				m.problem += fmt.Sprintf(" (did you mean %q?)", near)
				m.try = a.name + " doctor " + near
				if s.Dir != "." {
					m.try = a.name + " doctor " + shellWord(s.Dir) + " " + near
				}
			}
			return nil, m
		}
	}
	for _, d := range s.Devices {
		if slices.Contains(names, d.Name) {
			chosen.Devices = append(chosen.Devices, d)
		}
	}
	return &chosen, nil
}

// examineAll examines every device of s, in the order of site.yaml. options
// makes those that are simulated.
func (a *app) examineAll(ctx context.Context, s *site.Site, simulate bool, options func(site.Device, clock.Clock) sim.Options) ([]*doctor.Report, error) {
	inMemory := map[string]http.RoundTripper{}
	transport := func(d site.Device) (http.RoundTripper, error) {
		if d.Simulate == "" && !simulate {
			return nil, nil
		}
		o := options(d, a.clk)
		if o.Zone == nil {
			o.Zone = s.Timezone
		}
		inMemory[d.Name] = sim.New(o).Transport()
		return inMemory[d.Name], nil
	}
	h, err := a.newHost(s, hostOptions{log: a.quietLogger(s.Timezone, false), transport: transport, simulate: simulate})
	if err != nil {
		return nil, err
	}
	network, hangUp := doctor.RealNetwork()
	defer hangUp()
	devices := h.Devices()
	reports := make([]*doctor.Report, len(devices))
	a.parallel(len(devices), askAtOnce, func(i int) {
		c := doctor.Config{Device: s.Devices[i], Client: devices[i].Client(), Network: network, Clock: a.clk, Zone: s.Timezone}
		if rt := inMemory[c.Device.Name]; rt != nil {
			c.Network = doctor.Network{Transport: rt}
			if c.Device.Username == "" {
				c.Device.Username = "admin"
			}
		}
		reports[i] = doctor.Examine(ctx, c)
	})
	return reports, h.Close()
}

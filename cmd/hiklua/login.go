package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/site"
)

func newLoginCommand(a *app) *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "login [SITE] (DEVICE | --device URL)",
		Short: "Try a refused login once more",
		Long: `Tries the login of one device once more, after the device refused it. No other
command does that while the same password is configured, nor does a running
host, for devices lock an account after a few wrong logins. It says what the
device said before, and what it says now. Where a host runs the site (default:
the current folder), the host tries. With --device it is the login of a device
that site.yaml does not have: of exec and repl --device, or of a script.`,
		Example: `  {hiklua} login gate
  {hiklua} login /srv/site gate
  {hiklua} login --device http://operator@192.0.2.10`,
		Annotations: next(`{hiklua} doctor [SITE] DEVICE says what else is wrong.`),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.emptyDevice(c); err != nil {
				return err
			}
			switch {
			case address != "" && len(args) <= 1:
				return a.loginAt(c.Context(), strings.Join(args, ""), address)
			case address == "" && len(args) == 1 && hasSite(args[0]):
				return &misuse{"login: which device?", a.name + " login " + shellWord(args[0]) + " gate"}
			case address == "" && len(args) == 1:
				return a.login(c.Context(), siteAround(), args[0])
			case address == "" && len(args) == 2:
				return a.login(c.Context(), args[0], args[1])
			}
			return &misuse{"login takes one device, and before it the folder of its site", a.name + " login gate"}
		},
	}
	c.Flags().StringVar(&address, "device", "", "`URL` of one device: http://USER@HOST[:PORT]")
	return c
}

// loginsFolder is where refused passwords are remembered: in the data folder of
// the site, else in this user's cache. "": nowhere.
func loginsFolder(dir string) string {
	if hasSite(dir) {
		return dataFolder(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "hiklua")
}

// loginCommand tells what to type for a new try of a device's login. Those that
// site.yaml does not have are named by their address.
func (a *app) loginCommand(s *site.Site) func(site.Device) string {
	return func(d site.Device) string {
		args := shellWord(d.Name)
		if _, known := s.Device(d.Name); !known || d.Name == camName {
			args = "--device " + shellWord(strings.Replace(d.Address(), "://", "://"+d.Username+"@", 1))
		}
		if s.Dir != "." {
			args = shellWord(s.Dir) + " " + args
		}
		return `"` + a.name + " login " + args + `"`
	}
}

// login tries the login of a device of a site, in the host that runs the site if
// one does.
func (a *app) login(ctx context.Context, dir, name string) error {
	client, err := a.hostAround(ctx, dir)
	if err != nil {
		return err
	}
	if client == nil {
		s, err := a.loadSite(dir, false)
		if err != nil {
			return err
		}
		if s.Cluster != nil {
			return &failure{"the hosts of the cluster have to know of a new try, and none runs here\n  try: give the command where the host runs that drives " + name}
		}
		return a.loginAlone(ctx, s, name)
	}
	defer client.Close()
	cost, err := client.LoginCost(ctx, name)
	if err != nil {
		return fromHost(err)
	}
	return a.loginInHost(ctx, client, cost)
}

func (a *app) loginInHost(ctx context.Context, client *api.Client, cost runtime.LoginCost) error {
	a.tellCost(cost)
	report, err := client.Login(ctx, cost.Device)
	if err != nil {
		return fromHost(err)
	}
	return a.tellLogin(report)
}

// loginAt tries the login of a device that no site.yaml has: a script has opened
// it, in the host that runs the site if one does, or exec or repl did. dir is
// the site, if one was given.
func (a *app) loginAt(ctx context.Context, dir, address string) error {
	u, err := deviceURL(address)
	if err != nil {
		return &misuse{"--device: " + err.Error(), a.name + " login --device http://operator@192.0.2.10"}
	}
	if client, _ := a.hostAround(ctx, dir); client != nil {
		defer client.Close()
		place := net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
		if cost, err := client.LoginCost(ctx, place); err == nil {
			return a.loginInHost(ctx, client, cost)
		}
	}
	s, err := a.loadSiteOrNone(dir, true, true)
	if err == nil {
		s.Devices = nil // its passwords are not needed
		err = a.addDevice(ctx, s, address, "login", false)
	}
	if err != nil {
		return err
	}
	return a.loginAlone(ctx, s, camName)
}

func (a *app) loginAlone(ctx context.Context, s *site.Site, name string) error {
	h, err := a.newHost(s, hostOptions{log: a.quietLogger(s.Timezone, false)})
	if err != nil {
		return err
	}
	defer h.Close() // nothing moves
	cost, err := h.LoginCost(name)
	if err != nil {
		return &failure{runtime.Report(err).String()}
	}
	a.tellCost(cost)
	report, err := h.Login(ctx, name)
	if err != nil {
		return &failure{runtime.Report(err).String()}
	}
	return a.tellLogin(report)
}

// tellCost says what is about to be spent.
func (a *app) tellCost(c runtime.LoginCost) {
	fmt.Fprintf(a.stdout, "%s: one login as %s at %s\n", c.Device, c.Username, c.Place)
	switch {
	case c.Said == "":
	case c.TriesLeft != nil && *c.TriesLeft <= 1:
		fmt.Fprintf(a.stdout, "  the device said: %s\n  a wrong password locks the account now, for 30 minutes or so\n", c.Said)
	default:
		fmt.Fprintf(a.stdout, "  the device said: %s\n  a wrong password costs one of the tries\n", c.Said)
	}
}

// tellLogin says what came of it.
func (a *app) tellLogin(r runtime.LoginReport) error {
	if r.Error == nil {
		fmt.Fprintf(a.stdout, "%s: %s\n", r.Device, strings.TrimSuffix("the login is right; "+r.Model, "; "))
		return nil
	}
	fmt.Fprintf(a.stdout, "%s: %s\n%s", r.Device, r.State, errorLines(r.Error))
	return errTold
}

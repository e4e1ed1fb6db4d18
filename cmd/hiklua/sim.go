package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
)

func newSimCommand(a *app) *cobra.Command {
	var listen, username, password string
	var faults []string
	model := newEnumFlag("ptz", "ipc", "ptz", "nvr", "dvr")
	c := &cobra.Command{
		Use:   "sim [--listen ADDR] [--model MODEL] [--fault NAME[=VALUE][@FROM[-TO]] ...]",
		Short: "A simulated device on a real port",
		Long: `A simulated device on a real port, with digest login, presets 1-8 and a head
that takes its time. It refuses what a real one refuses.`,
		Example: `  {hiklua} sim
  {hiklua} sim --model nvr --listen 127.0.0.1:8081
  {hiklua} sim --fault slow=2s@10s-20s --fault locked=90s@30s`,
		Args: atMost(a, 0),
		Annotations: next(`with it running, in another terminal:
  HIKLUA_PASSWORD=simulated {hiklua} exec --device http://admin@127.0.0.1:8080 -e 'cam:preset(3)'`),
		RunE: func(c *cobra.Command, _ []string) error {
			o := sim.Options{Model: sim.Model(model.value), Username: username, Password: password, Clock: a.clk}
			for _, text := range faults {
				f, err := sim.ParseFault(text)
				if err != nil {
					return faultMisuse(a, text, err)
				}
				o.Faults = append(o.Faults, f)
			}
			return a.simulate(c.Context(), listen, o)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "`ADDR` to listen on; port 0 takes a free one")
	c.Flags().Var(model, "model", "fixed camera, dome, recorder or hybrid recorder")
	c.Flags().StringArrayVar(&faults, "fault", nil, "`NAME[=VALUE][@FROM[-TO]]`: "+strings.Join(sim.FaultNames(), " ")+"; more than once for more")
	c.Flags().StringVar(&username, "username", "admin", "`NAME` of its account")
	c.Flags().StringVar(&password, "password", "simulated", "`WORD` of its account; not for a secret, others on this machine can see it")
	return c
}

func faultMisuse(a *app, text string, err error) error {
	name, _, _ := strings.Cut(text, "@")
	name, _, _ = strings.Cut(name, "=")
	m := &misuse{"--fault: " + err.Error(), a.name + " sim --fault slow=2s@10s-20s"}
	if near := nearest.Word(name, sim.FaultNames()); near != "" && near != name {
		m.problem = fmt.Sprintf("--fault: unknown fault %q (did you mean %q?)", name, near)
		m.try = a.name + " sim --fault " + shellWord(near+strings.TrimPrefix(text, name))
	}
	return m
}

// simulate serves a simulated device until ctx ends.
func (a *app) simulate(ctx context.Context, listen string, o sim.Options) error {
	if _, port, err := net.SplitHostPort(listen); err != nil || !isPort(port) {
		address := "127.0.0.1:8080"
		if isPort(listen) {
			address = "127.0.0.1:" + listen
		}
		return &misuse{fmt.Sprintf("--listen: %q is no address with a port", listen), a.name + " sim --listen " + address}
	}
	device := sim.New(o)
	server, err := sim.Listen(listen, device)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &failure{fmt.Sprintf("%s is in use by another program: --listen 127.0.0.1:0 takes a free port", listen)}
	case err != nil:
		return &failure{err.Error()}
	}
	address := "http://" + server.Addr()
	fmt.Fprintf(a.stdout, "%s at %s, account %s, password %s%s\n\n", modelName(device.Model()), address, o.Username, o.Password, presetsOf(device.Model()))
	fmt.Fprintf(a.stdout, "try:   curl --digest -u %s %s/ISAPI/System/deviceInfo\n", shellWord(o.Username+":"+o.Password), address)
	user := url.User(o.Username).String()
	fmt.Fprintf(a.stdout, "       HIKLUA_PASSWORD=%s %s exec --device %s -e %s\n", shellWord(o.Password), a.name, shellWord("http://"+user+"@"+server.Addr()), "'print(cam:info().model)'")
	fmt.Fprintf(a.stdout, "fault: curl -X PUT -d slow=2s %s/sim/faults\n", address)
	fmt.Fprintf(a.stdout, "event: curl -X PUT -d '{\"type\": \"motion\", \"channel\": 1, \"seconds\": 5}' %s/sim/events\n", address)
	fmt.Fprintf(a.stdout, "asked: curl %s/sim/journal\n\nCtrl-C ends it.\n", address)

	clock.WaitFor(ctx, a.clk.NewWaiter())
	if err := server.Close(); err != nil {
		return err
	}
	n := device.Counts()
	fmt.Fprintf(a.stdout, "%s: %s, %s, %s, %s, %s\n", plural(int(n.Requests), "request"), plural(int(n.Moves), "move"),
		plural(int(n.Stops), "stop"), plural(int(n.Presets), "preset"), plural(int(n.Pictures), "picture"), plural(int(n.RejectedLogins), "rejected login"))
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func modelName(m sim.Model) string {
	return map[sim.Model]string{
		sim.IPC: "simulated fixed camera", sim.PTZ: "simulated PTZ dome",
		sim.NVR: "simulated recorder of four cameras", sim.DVR: "simulated hybrid recorder",
	}[m]
}

func presetsOf(m sim.Model) string {
	switch m {
	case sim.PTZ:
		return ", presets 1-8"
	case sim.NVR:
		return ", presets 1-8 on channel 1"
	}
	return ""
}

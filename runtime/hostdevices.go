package runtime

import (
	"fmt"
	"slices"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

func (h *Host) newDevice(conf site.Device) (*Device, error) {
	l, err := h.newLine(conf)
	if err != nil {
		return nil, err
	}
	d := newDevice(l, h.clk, h.log, h.site().Limits, h.conf.Record)
	d.feed.hub = h.hub
	d.book = h.book
	return d, nil
}

// newLine checks a device's settings and sends nothing.
func (h *Host) newLine(conf site.Device) (*line, error) {
	if conf.Simulate != "" {
		conf = simulated(conf)
	}
	config := isapi.Config{
		Name: conf.Name, Host: conf.Host, Port: conf.Port, Scheme: conf.Scheme,
		Username: conf.Username, Password: conf.Password,
		Auth: authModes[conf.AuthMode], TLS: tlsModes[conf.TLS], PTZID: ptzIDModes[conf.PTZID],
		Parallel: conf.Concurrency,
		// Callers wait for a client's locks by this clock, or virtual time would stand still.
		NewLock: func() isapi.Locker { return clock.NewMutex(h.clk) },
	}
	if h.conf.Transport != nil {
		transport, err := h.conf.Transport(conf)
		if err != nil {
			return nil, err
		}
		config.Transport = transport
	}
	if err := h.pinFor(conf, &config); err != nil {
		return nil, err
	}
	client, err := h.accounts.client(conf, config)
	if err != nil {
		return nil, err
	}
	return &line{conf, client, client.Urgent()}, nil
}

// simulated fills in what a simulated device may leave out.
func simulated(conf site.Device) site.Device {
	if conf.Host == "" {
		conf.Host = "simulated"
	}
	if conf.Username == "" {
		conf.Username = "admin"
	}
	if conf.Password.IsZero() {
		conf.Password = isapi.NewSecret("simulated")
	}
	return conf
}

var (
	authModes = map[site.AuthMode]isapi.AuthMode{
		site.AuthDigest: isapi.AuthDigest, site.AuthBasic: isapi.AuthBasic, site.AuthAuto: isapi.AuthAuto,
	}
	tlsModes = map[site.TLSMode]isapi.TLSMode{
		site.TLSAny: isapi.TLSAny, site.TLSPin: isapi.TLSPin, site.TLSVerify: isapi.TLSVerify,
	}
	ptzIDModes = map[site.PTZIDMode]isapi.PTZIDMode{
		site.PTZIDAuto: isapi.PTZIDAuto, site.PTZIDChannel: isapi.PTZIDChannel, site.PTZIDStream: isapi.PTZIDStream,
	}
)

// Devices are those of the site, in its order.
func (h *Host) Devices() []*Device {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.devices)
}

func (h *Host) allDevices() []*Device {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Concat(h.devices, h.opened, h.retired)
}

// device finds a device of the site.
func (h *Host) device(name string) (luaapi.Device, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := make([]string, 0, len(h.devices))
	for _, d := range h.devices {
		if d.Name() == name {
			return d, nil
		}
		known = append(known, d.Name())
	}
	hint := "site.yaml has no devices"
	if near := nearest.Word(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) > 0 {
		hint = fmt.Sprintf("site.yaml has %s", joined(known))
	}
	return nil, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("no device %q", name), Hint: hint}
}

// openDevice makes a device that site.yaml does not have, or finds it if it
// was asked for before: its queue and its login stay one.
func (h *Host) openDevice(spec map[string]any) (luaapi.Device, error) {
	conf, err := site.ParseDevice(spec, h.site().Dir)
	if err != nil {
		return nil, &luaapi.Failure{Kind: "misuse", Message: err.Error()}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errShutdown
	}
	for _, d := range h.opened {
		if d.conf().Equal(conf) {
			return d, nil
		}
	}
	d, err := h.newDevice(conf)
	if err != nil {
		return nil, err
	}
	h.opened = append(h.opened, d)
	d.start(0)
	return d, nil
}

package runtime

import (
	"errors"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// Devices are those of the site, in its order.
func (h *Host) Devices() []*device.Ref { return h.devices.Devices() }

// device finds a device of the site.
func (h *Host) device(name string) (luaapi.Device, error) {
	var known []string
	for _, d := range h.Devices() {
		if d.Name() == name {
			return d, nil
		}
		known = append(known, d.Name())
	}
	if err := h.elsewhere(name); err != nil {
		return nil, err
	}
	return nil, luaapi.UnknownDevice(name, known)
}

// elsewhere is the error about a device of another share; nil: it is none.
func (h *Host) elsewhere(name string) error {
	if h.conf.Elsewhere == nil {
		return nil
	}
	holder, is := h.conf.Elsewhere(name)
	if !is {
		return nil
	}
	return luaapi.DeviceElsewhere(name, holder)
}

// openDevice finds a device by what a script says of it: its queue, its heads
// and its login are those of the address, whatever name site.yaml gives it.
func (h *Host) openDevice(s *script, spec map[string]any) (luaapi.Device, error) {
	conf, err := site.ParseDevice(spec, h.site().Dir)
	if err != nil {
		return nil, &luaapi.Failure{Kind: "misuse", Message: err.Error()}
	}
	if h.conf.ElsewhereAt != nil {
		if name := h.conf.ElsewhereAt(conf); name != "" {
			if err := h.elsewhere(name); err != nil {
				return nil, err
			}
		}
	}
	d, err := h.devices.Open(s, conf)
	if errors.Is(err, device.ErrClosed) {
		return nil, errShutdown
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

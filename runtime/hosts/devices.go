package hosts

import (
	"context"
	"errors"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
)

// ask asks the Host that has a device: by the share that site.yaml puts it into, or,
// of one that scripts have opened, the first that knows it.
func ask[T any](g *Group, ctx context.Context, device string, f func(context.Context, *runtime.Host) (T, error)) (answer T, err error) {
	in := func(p part) (T, error) {
		ctx, end := p.until(ctx)
		defer end()
		answer, err := f(ctx, p.host)
		return answer, g.after(p, err)
	}
	if share := g.Site().ShareOf(device); share != "" {
		if p, is := g.of(share); is {
			return in(p)
		}
		away := g.elsewhere(share)
		away.Device = device
		return answer, away
	}
	err = luaapi.UnknownDevice(device, g.Site().DeviceNames())
	for _, p := range g.here() {
		if answer, err = in(p); !errors.Is(err, luaapi.ErrUnknownName) {
			return answer, err
		}
	}
	return answer, err
}

// do is ask for what gives nothing.
func (g *Group) do(ctx context.Context, device string, f func(context.Context, *runtime.Host) error) error {
	_, err := ask(g, ctx, device, func(ctx context.Context, h *runtime.Host) (struct{}, error) { return struct{}{}, f(ctx, h) })
	return err
}

// StopHead is that of the Host that has the device.
func (g *Group) StopHead(ctx context.Context, device string, channel int) error {
	return g.do(ctx, device, func(ctx context.Context, h *runtime.Host) error { return h.StopHead(ctx, device, channel) })
}

// RecallPreset is that of the Host that has the device.
func (g *Group) RecallPreset(ctx context.Context, device string, channel, preset int) error {
	return g.do(ctx, device, func(ctx context.Context, h *runtime.Host) error { return h.RecallPreset(ctx, device, channel, preset) })
}

// Presets is that of the Host that has the device.
func (g *Group) Presets(ctx context.Context, device string, channel int) ([]isapi.Preset, error) {
	return ask(g, ctx, device, func(ctx context.Context, h *runtime.Host) ([]isapi.Preset, error) {
		return h.Presets(ctx, device, channel)
	})
}

// Picture is that of the Host that has the device.
func (g *Group) Picture(ctx context.Context, device string, channel int) ([]byte, error) {
	return ask(g, ctx, device, func(ctx context.Context, h *runtime.Host) ([]byte, error) { return h.Picture(ctx, device, channel) })
}

// LoginCost is that of the Host that has the device.
func (g *Group) LoginCost(device string) (runtime.LoginCost, error) {
	return ask(g, context.Background(), device, func(_ context.Context, h *runtime.Host) (runtime.LoginCost, error) { return h.LoginCost(device) })
}

// Login is that of the Host that has the device.
func (g *Group) Login(ctx context.Context, device string) (runtime.LoginReport, error) {
	return ask(g, ctx, device, func(ctx context.Context, h *runtime.Host) (runtime.LoginReport, error) { return h.Login(ctx, device) })
}

package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/device"
)

// take is one run of a job of archive.schedules: it turns the head to the
// preset, if there is one, and takes the picture.
func (one *series) take(L *lua.LState, channel int) int {
	s, t := one.script, luaapi.TaskOf(L)
	dev, err := s.host.device(one.device)
	if err != nil {
		luaapi.Raise(L, err)
	}
	spec := luaapi.ArchiveSpec{Device: one.device, Channel: channel, Label: one.Label}
	if one.Preset != "" {
		var release func()
		err := t.Wait(L, func(ctx context.Context) (err error) {
			release, err = dev.Exclusive(ctx, channel, 0)
			return err
		})
		if release != nil {
			defer release() // however the run ends
		}
		if err != nil {
			luaapi.Raise(L, err)
		}
		one.goTo(L, channel)
	}
	err = t.Wait(L, func(ctx context.Context) error { return s.host.takePicture(ctx, dev, spec) })
	if err != nil {
		luaapi.Raise(L, err)
	}
	return 0
}

// goTo turns the head to the preset and returns when it has arrived: hik.preset.
func (one *series) goTo(L *lua.LState, channel int) {
	var preset lua.LValue = lua.LString(one.Preset)
	if number, err := strconv.Atoi(one.Preset); err == nil {
		preset = lua.LNumber(number)
	}
	wait := L.NewTable()
	wait.RawSetString("wait", lua.LTrue)
	L.Push(L.GetField(luaapi.Module(L, one.script), "preset"))
	L.Push(lua.LString(one.device))
	L.Push(lua.LNumber(channel))
	L.Push(preset)
	L.Push(wait)
	L.Call(4, 0)
}

// takePicture has a device send a picture straight into the archive.
func (h *Host) takePicture(ctx context.Context, dev luaapi.Device, spec luaapi.ArchiveSpec) error {
	a, done, err := h.useArchive(ctx)
	if err != nil {
		return archiveFailure(err)
	}
	defer done()
	options := isapi.PictureOptions{Stream: streamOf(dev, spec.Channel)}
	what := luaapi.Command{What: "snapshot", Channel: spec.Channel}
	if options.Stream != isapi.Main {
		what.Detail = options.Stream.String()
	}
	for again := true; ; again = false {
		spec.Pose, spec.Preset = h.lookOf(ctx, dev, spec.Channel)
		p, err := h.beginPicture(ctx, a, spec)
		if err != nil {
			a.note(err)
			return archiveFailure(err)
		}
		options.Begun = func(begun isapi.Picture) { p.Entry.Taken, p.Entry.DeviceTime = h.clk.Now(), begun.Time }
		sent := int64(0)
		err = dev.Do(ctx, what, func(ctx context.Context, client *isapi.Client) error {
			return h.unlessHung(ctx, func() (err error) {
				sent, _, err = client.PictureTo(ctx, p, spec.Channel, options)
				return err
			}, p.Abort)
		})
		if errors.Is(err, errDiskHangs) {
			a.note(err)
			return archiveFailure(err)
		}
		if err == nil {
			var filed archive.Entry
			if filed, err = p.Commit(); err == nil {
				h.recordPicture(ctx, filed)
			}
		}
		p.Abort()
		a.note(err)
		if err == nil {
			return nil
		}
		// A picture that broke off was none: the whole of it is asked for once more.
		if !again || sent == 0 || !errors.Is(err, isapi.ErrCut) {
			return archiveFailure(err)
		}
	}
}

func streamOf(dev luaapi.Device, channel int) isapi.Stream {
	for _, c := range dev.Channels() {
		if c.ID == channel {
			return c.Stream
		}
	}
	return isapi.Main
}

// beginPicture begins a picture of a camera in an archive.
func (h *Host) beginPicture(ctx context.Context, a *archiver, spec luaapi.ArchiveSpec) (*archive.Picture, error) {
	p, err := a.files.Begin(ctx, h.entryOf(spec))
	if err != nil {
		return nil, err
	}
	// What a recorder says of itself is not said of the cameras behind it.
	if dev, err := h.device(spec.Device); err == nil {
		if info := dev.(*device.Ref).Info(); info != nil && !strings.Contains(info.Type, "VR") {
			p.Make, p.Model = cmp.Or(info.Manufacturer, "Hikvision"), info.Model
		}
	}
	return p, nil
}

// lookOf is where the head of a channel looks. A channel without one is asked
// once.
func (h *Host) lookOf(ctx context.Context, dev luaapi.Device, channel int) (*isapi.Pose, string) {
	pose, preset := dev.Looking(channel)
	key := fmt.Sprintf("%s/%d", dev.Name(), channel)
	if _, headless := h.archiving.headless.Load(key); headless || pose != nil || dev.State() != device.StateOnline {
		return pose, preset
	}
	err := dev.Do(ctx, luaapi.Command{What: "ptz_status", Channel: channel}, func(ctx context.Context, client *isapi.Client) (err error) {
		pose, err = client.PTZStatus(ctx, channel)
		return err
	})
	var refused *isapi.Error
	if errors.As(err, &refused) && !refused.Retryable() {
		h.archiving.headless.Store(key, true)
	}
	return pose, preset
}

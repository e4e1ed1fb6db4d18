package runtime

import (
	"context"
	"errors"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
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
		p, err := a.files.Begin(ctx, h.entryOf(spec))
		if err != nil {
			return archiveFailure(err)
		}
		sent := int64(0)
		err = dev.Do(ctx, what, func(ctx context.Context, client *isapi.Client) (err error) {
			sent, _, err = client.PictureTo(ctx, p, spec.Channel, options)
			return err
		})
		if err == nil {
			if _, err = p.Commit(); err == nil {
				return nil
			}
		}
		p.Abort()
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

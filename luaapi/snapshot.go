package luaapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/web"
)

var streamOption = Option{Name: "stream", Type: "string", Words: []string{"main", "sub"},
	Doc: "main or sub; default: the channel's in site.yaml, else main"}

var snapshotCommands = []command{{
	name: "snapshot", channel: true, args: "{stream=, width=, height=, quality=}",
	options: []Option{
		streamOption,
		{Name: "width", Type: "integer", Min: 1, Max: 16384, Doc: "pixels; together with height; a device that can't scale ignores both"},
		{Name: "height", Type: "integer", Min: 1, Max: 16384, Doc: "pixels"},
		{Name: "quality", Type: "integer", Min: 1, Max: 100, Doc: "of the JPEG; devices know about three grades"},
	},
	result: "snapshot", doc: "takes a picture",
	fn: takeSnapshot,
}}

// snapshot is a picture: in Go's memory, or, once it is archived, in a file.
// Lua strings are made when they are asked for.
type snapshot struct {
	of          string // "gate/yard"
	device      string
	channel     int
	contentType string
	size        int64
	width       int // pixels; 0: not known
	height      int
	data        []byte // nil: it is in the file
	archived    string // path of the file; "": it is in none
	taken       time.Time
	deviceTime  time.Time // zero: the device did not say
	pose        *isapi.Pose
	preset      string
}

// pixels is a side of a picture; nil where it is not known.
func pixels(n int) lua.LValue {
	if n == 0 {
		return lua.LNil
	}
	return lua.LNumber(n)
}

// String is what print shows.
func (s *snapshot) String() string {
	return fmt.Sprintf("snapshot of %s, %s, %d bytes", s.of, s.contentType, s.size)
}

// fileName is a name for it where it is sent as a file.
func (s *snapshot) fileName(zone *time.Location) string {
	return web.PictureName(s.device, s.channel, s.taken.In(zone).Format("20060102-150405"), s.contentType)
}

var snapshotMethods = []entry{
	{name: "content_type", result: "string", doc: `"image/jpeg"`,
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(*snapshot).contentType) }},
	{name: "base64", result: "string", doc: "the picture as base64",
		get: func(m *module, L *lua.LState, self any) lua.LValue {
			return lua.LString(base64.StdEncoding.EncodeToString(m.picture(L, self.(*snapshot))))
		}},
	{name: "bytes", result: "string", doc: "the picture's bytes",
		get: func(m *module, L *lua.LState, self any) lua.LValue {
			return lua.LString(m.picture(L, self.(*snapshot)))
		}},
	{name: "size", result: "number", doc: "how many bytes",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LNumber(self.(*snapshot).size) }},
	{name: "width", result: "number or nil", doc: "pixels",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return pixels(self.(*snapshot).width) }},
	{name: "height", result: "number or nil", doc: "pixels",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return pixels(self.(*snapshot).height) }},
	{name: "time", result: "number", doc: "when it was taken, as hik.now() has it",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return seconds(self.(*snapshot).taken) }},
	{name: "save", args: "path", result: "string",
		doc: "writes the picture to a file below the site's data folder, whole or not at all, and returns the file's full path",
		fn:  saveSnapshot},
	{name: "archive", args: "{label=, event=}", options: archiveOptions, result: "string",
		doc: "files the picture in the site's archive, under archive.layout of site.yaml, and returns the file's path; from then on .bytes reads the file",
		fn:  archiveSnapshot},
}

var archiveOptions = []Option{
	{Name: "label", Type: "string", Doc: "for archive.labels and hiklua archive, such as \"alarm\""},
	{Name: "event", Type: "any", Doc: "what it was taken for: an event, or its type"},
}

func takeSnapshot(c *call) int {
	o := c.options(0, c.cmd.options)
	if o.given("width") != o.given("height") {
		c.misuse("width and height go together")
	}
	id := c.channel()
	want := isapi.PictureOptions{
		Stream: c.stream(o), Width: o.int("width"), Height: o.int("height"), Quality: o.int("quality"),
	}
	clk := c.m.script.Clock()
	var taken time.Time
	want.Begun = func(isapi.Picture) { taken = clk.Now() }
	var picture *isapi.Picture
	c.do(c.streamDetail(want.Stream), func(ctx context.Context, client *isapi.Client) (err error) {
		picture, err = client.Picture(ctx, id, want)
		return err
	})
	pose, preset := c.dev.Looking(id)
	width, height, _ := picture.Size()
	c.L.Push(c.m.object("snapshot", &snapshot{
		of: c.target.String(), device: c.dev.Name(), channel: id,
		contentType: picture.ContentType, data: picture.Data, size: int64(len(picture.Data)), width: width, height: height,
		taken: taken, deviceTime: picture.Time, pose: pose, preset: preset,
	}))
	return 1
}

// stream is the one that the options ask for, else the channel's.
func (c *call) stream(o options) isapi.Stream {
	switch o.text("stream") {
	case "main":
		return isapi.Main
	case "sub":
		return isapi.Sub
	}
	return c.target.stream()
}

func (c *call) streamDetail(s isapi.Stream) string {
	if s == isapi.Main {
		return ""
	}
	return s.String()
}

func saveSnapshot(c *call) int {
	c.atMost(1)
	path := c.text(0, "the path")
	if path == "" {
		c.misuse("the path is empty")
	}
	data := c.m.picture(c.L, c.self.(*snapshot))
	var full string
	c.wait(func(ctx context.Context) (err error) {
		full, err = c.m.script.SaveFile(ctx, path, data)
		return err
	})
	c.L.Push(lua.LString(full))
	return 1
}

// picture gives the bytes of a snapshot, of whichever place it is in.
func (m *module) picture(L *lua.LState, s *snapshot) []byte {
	if s.data != nil {
		return s.data
	}
	c := &call{L: L, m: m, name: "bytes"}
	var data []byte
	c.wait(func(ctx context.Context) (err error) {
		data, err = m.script.ReadPicture(ctx, s.archived)
		return err
	})
	return data
}

func archiveSnapshot(c *call) int {
	o := c.options(0, archiveOptions)
	c.atMost(1)
	s := c.self.(*snapshot)
	data := c.m.picture(c.L, s)
	spec := ArchiveSpec{
		Device: s.device, Channel: s.channel, Label: o.text("label"), Event: c.eventType(o),
		Taken: s.taken, DeviceTime: s.deviceTime, Pose: s.pose, Preset: s.preset,
	}
	var file Archived
	c.wait(func(ctx context.Context) (err error) {
		file, err = c.m.script.ArchivePicture(ctx, spec, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		return err
	})
	s.archived, s.size, s.data = file.Path, file.Size, nil
	c.L.Push(lua.LString(file.Path))
	return 1
}

// eventType is the option event: a type, or an event that has one.
func (c *call) eventType(o options) string {
	switch v := o.values["event"].(type) {
	case nil, *lua.LNilType:
		return ""
	case lua.LString:
		return string(v)
	case *lua.LTable:
		if kind, ok := v.RawGetString("type").(lua.LString); ok {
			return string(kind)
		}
	}
	c.misuse("event is an event, or its type such as \"motion\", not %s", describe(o.values["event"]))
	return ""
}

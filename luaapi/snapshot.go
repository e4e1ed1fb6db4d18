package luaapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
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

// snapshot is a picture in Go's memory. Lua strings are made when they are
// asked for.
type snapshot struct {
	of          string // "gate/yard"
	contentType string
	data        []byte
	taken       time.Time
}

// String is what print shows.
func (s *snapshot) String() string {
	return fmt.Sprintf("snapshot of %s, %s, %d bytes", s.of, s.contentType, len(s.data))
}

var snapshotMethods = []entry{
	{name: "content_type", result: "string", doc: `"image/jpeg"`,
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(*snapshot).contentType) }},
	{name: "base64", result: "string", doc: "the picture as base64",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue {
			return lua.LString(base64.StdEncoding.EncodeToString(self.(*snapshot).data))
		}},
	{name: "bytes", result: "string", doc: "the picture's bytes",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(*snapshot).data) }},
	{name: "size", result: "number", doc: "how many bytes",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LNumber(len(self.(*snapshot).data)) }},
	{name: "time", result: "number", doc: "when it was taken, as hik.now() has it",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return seconds(self.(*snapshot).taken) }},
	{name: "save", args: "path", result: "string",
		doc: "writes the picture to a file below the site's data folder, whole or not at all, and returns the file's full path",
		fn:  saveSnapshot},
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
	var picture *isapi.Picture
	c.do(c.streamDetail(want.Stream), func(ctx context.Context, client *isapi.Client) (err error) {
		picture, err = client.Picture(ctx, id, want)
		return err
	})
	c.L.Push(c.m.object("snapshot", &snapshot{
		of: c.target.String(), contentType: picture.ContentType, data: picture.Data,
		taken: c.m.script.Clock().Now(),
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
	data := c.self.(*snapshot).data
	var full string
	c.wait(func(ctx context.Context) (err error) {
		full, err = c.m.script.SaveFile(ctx, path, data)
		return err
	})
	c.L.Push(lua.LString(full))
	return 1
}

package luaapi

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// maxFile bounds what one call reads or writes.
const maxFile = 16 << 20

var fileEntries = []entry{
	{
		name: "read", args: "path", result: "string",
		doc: "the content of a file below the site's data folder, at most 16 MB; an error of kind not_found if there is none",
		fn: func(c *call) int {
			c.atMost(1)
			path := c.path(0)
			var data []byte
			c.wait(func(ctx context.Context) (err error) {
				data, err = c.m.script.ReadFile(ctx, path)
				return err
			})
			return c.push(lua.LString(data))
		},
	},
	{
		name: "write", args: "path, bytes", result: "string",
		doc: "writes a file below the site's data folder, whole or not at all, at most 16 MB; makes its folders; returns the path that read takes, data/ in front",
		fn: func(c *call) int {
			c.atMost(2)
			path, data := c.path(0), c.content(1)
			var full string
			c.wait(func(ctx context.Context) (err error) {
				full, err = c.m.script.SaveFile(ctx, path, data)
				return err
			})
			return c.push(lua.LString(full))
		},
	},
	{
		name: "append", args: "path, bytes",
		doc: "adds to the end of a file below the site's data folder, all of it or nothing, also when several scripts do so at once; makes the file if there is none; 16 MB a call, 1 GB a file",
		fn: func(c *call) int {
			c.atMost(2)
			path, data := c.path(0), c.content(1)
			c.wait(func(ctx context.Context) error { return c.m.script.AppendFile(ctx, path, data) })
			return 0
		},
	},
	{
		name: "list", args: "[folder]", result: "list of files",
		doc: "what is in the site's data folder, or in a folder below it, {name, size, time, dir} each, by name; hiklua's own files are left out",
		fn: func(c *call) int {
			c.atMost(1)
			folder := ""
			if c.arg(0) != lua.LNil {
				folder = c.text(0, "the folder")
			}
			var files []FileInfo
			c.wait(func(ctx context.Context) (err error) {
				files, err = c.m.script.ListFiles(ctx, folder)
				return err
			})
			list := c.L.CreateTable(len(files), 0)
			for _, f := range files {
				t := c.L.CreateTable(0, 4)
				t.RawSetString("name", lua.LString(f.Name))
				t.RawSetString("size", lua.LNumber(f.Size))
				t.RawSetString("time", seconds(f.Time))
				t.RawSetString("dir", lua.LBool(f.Dir))
				list.Append(t)
			}
			return c.push(list)
		},
	},
	{
		name: "remove", args: "path",
		doc: "removes a file below the site's data folder, or a folder that is empty",
		fn: func(c *call) int {
			c.atMost(1)
			path := c.path(0)
			c.wait(func(ctx context.Context) error { return c.m.script.RemoveFile(ctx, path) })
			return 0
		},
	},
	{
		name: "exists", args: "path", result: "boolean",
		doc: "whether there is a file or a folder of that name below the site's data folder",
		fn: func(c *call) int {
			c.atMost(1)
			path := c.path(0)
			var exists bool
			c.wait(func(ctx context.Context) (err error) {
				exists, err = c.m.script.FileExists(ctx, path)
				return err
			})
			return c.push(lua.LBool(exists))
		},
	},
	{
		name: "rename", args: "path, to", result: "string",
		doc: "gives a file below the site's data folder another name there, also in another folder, which it makes; replaces a file that has the name; returns the path that read takes, data/ in front",
		fn: func(c *call) int {
			c.atMost(2)
			from := c.path(0)
			to := c.text(1, "the new path")
			if to == "" {
				c.misuse("the new path is empty")
			}
			var full string
			c.wait(func(ctx context.Context) (err error) {
				full, err = c.m.script.RenameFile(ctx, from, to)
				return err
			})
			return c.push(lua.LString(full))
		},
	},
}

// path is the path at i. Whether a script may use it is the host's to say.
func (c *call) path(i int) string {
	path := c.text(i, "the path")
	if path == "" {
		c.misuse("the path is empty")
	}
	return path
}

// content is what is to be written.
func (c *call) content(i int) []byte {
	data := c.text(i, "the content")
	if len(data) > maxFile {
		c.misuse("the content is longer than %d MB", maxFile>>20)
	}
	return []byte(data)
}

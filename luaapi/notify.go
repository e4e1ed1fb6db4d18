package luaapi

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxNotice bounds the text of a notification.
const maxNotice = 1 << 20

var notifyOptions = []Option{
	{Name: "text", Type: "string", Doc: "what is told"},
	{Name: "title", Type: "string", Doc: "one line above it; the subject of mail"},
	{Name: "picture", Type: "any", Doc: "a snapshot that goes along"},
}

var notifyEntry = entry{
	name: "notify", args: "target, {text=, title=, picture=}", options: notifyOptions,
	doc: "tells those whom site.yaml has under notify by that name, with a text in the place of the table, too; it returns at once, the host delivers it in the background and tries for a day",
	fn:  notify,
}

func notify(c *call) int {
	c.atMost(2)
	target, ok := c.arg(0).(lua.LString)
	if !ok {
		c.wrong("the target", "a name of notify in site.yaml", c.arg(0))
	}
	var n Notice
	switch v := c.arg(1).(type) {
	case lua.LString, lua.LNumber:
		n.Text = c.text(1, "the text")
	case *lua.LTable:
		o := c.options(1, notifyOptions)
		n.Text, n.Title = o.text("text"), o.text("title")
		if p := o.values["picture"]; p != nil && p != lua.LNil {
			c.noticePicture(&n, p)
		}
	default:
		if c.m.selfOf(c.m.kind("snapshot"), v) != nil {
			c.misuse("a snapshot comes in a table: {picture = snap}")
		}
		c.wrong("what is told", "a string, or a table {text=, title=, picture=}", v)
	}
	switch {
	case len(n.Text) > maxNotice || len(n.Title) > maxNotice:
		c.misuse("the text is longer than %d MB", maxNotice>>20)
	case strings.TrimSpace(n.Text+n.Title) == "" && n.Picture == nil:
		c.misuse("there is nothing to tell: text, title and picture are empty")
	}
	if err := c.m.script.Notify(c.context(), string(target), n); err != nil {
		c.refuse(err)
	}
	return 0
}

func (c *call) noticePicture(n *Notice, v lua.LValue) {
	snap, ok := c.m.selfOf(c.m.kind("snapshot"), v).(*snapshot)
	if !ok {
		c.wrong("picture", "a snapshot", v)
	}
	n.Picture, n.ContentType = c.m.picture(c.L, snap), snap.contentType
	n.PictureName = snap.fileName(c.m.script.Location())
}

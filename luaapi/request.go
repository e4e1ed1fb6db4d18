package luaapi

import (
	"context"
	"net/url"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

var requestMethods = []string{"GET", "PUT", "POST", "DELETE"}

var requestCommands = []command{{
	name: "request", args: "method, path, {body=, query=, content_type=}", values: 2,
	options: []Option{
		{Name: "body", Type: "string", Doc: "what is sent"},
		{Name: "query", Type: "any", Doc: "a table: {name = value}"},
		{Name: "content_type", Type: "string", Doc: "of the body; default application/xml"},
	},
	result: "{status, content_type, body, xml}",
	doc:    "sends a request of your own; the path begins with /ISAPI/; xml is the answer as hik.xml.decode gives it",
	fn:     request,
}}

func request(c *call) int {
	method := strings.ToUpper(c.text(0, "the method"))
	if !slices.Contains(requestMethods, method) {
		c.misuse("the method must be %s, not %s", either(requestMethods), describe(c.arg(0)))
	}
	path := c.text(1, "the path")
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "://") {
		c.misuse("the path must begin with one /, such as /ISAPI/System/deviceInfo, not %s", describe(c.arg(1)))
	}
	o := c.options(2, c.cmd.options)
	want := isapi.RequestOptions{
		Body: []byte(o.text("body")), Query: c.query(o.values["query"]), ContentType: o.text("content_type"),
	}
	if !o.given("body") {
		want.Body = nil
	}
	var answer *isapi.Response
	var tree *isapi.Node
	send := func(ctx context.Context, client *isapi.Client) (err error) {
		if answer, err = client.Request(ctx, method, path, want); err == nil && looksLikeXML(answer) {
			tree, _ = isapi.ParseXML(answer.Body) // body remains for what is no XML after all
		}
		return err
	}
	cmd := Command{What: c.cmd.name, Detail: method + " " + path}
	if raw := rawMotion(method, path, want.Body); raw != nil {
		c.moveRaw(cmd, raw, send, path, want)
	} else {
		c.doAs(cmd, send)
	}
	t := c.L.CreateTable(0, 0)
	t.RawSetString("status", lua.LNumber(answer.Status))
	t.RawSetString("content_type", lua.LString(answer.ContentType))
	t.RawSetString("body", lua.LString(answer.Body))
	if tree != nil {
		t.RawSetString("xml", xmlDocument(c.L, tree))
	}
	return c.push(t)
}

func looksLikeXML(r *isapi.Response) bool {
	return strings.Contains(strings.ToLower(r.ContentType), "xml") || strings.HasPrefix(strings.TrimSpace(string(r.Body[:min(len(r.Body), 64)])), "<")
}

// query reads {name = value}; a list of values gives the name several times.
func (c *call) query(v lua.LValue) url.Values {
	if v == nil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		c.wrong("query", "a table {name = value}", v)
	}
	q := url.Values{}
	size := 0
	l := interruptible{L: c.L}
	l.each(t, func(key, value lua.LValue) error {
		name, ok := key.(lua.LString)
		if !ok {
			c.misuse("query must be a table {name = value}, not a list")
		}
		add := func(item lua.LValue) {
			if !isPlain(item) {
				c.misuse("query: %s can't be %s", string(name), describe(item))
			}
			text := sandbox.Text(item)
			if size += len(name) + len(text) + len("&="); size > maxURL {
				c.misuse("query is longer than %d KB", maxURL>>10)
			}
			q.Add(string(name), text)
		}
		if list, ok := value.(*lua.LTable); ok {
			for i := 1; i <= list.Len(); i++ {
				add(list.RawGetInt(i))
			}
			return nil
		}
		add(value)
		return nil
	})
	return q
}

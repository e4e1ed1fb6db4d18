package luaapi

import (
	"net/url"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/web"
)

const maxFormNames = 1000

var fileKeys = []Option{
	{Name: "name", Type: "string", Doc: "of the file"},
	{Name: "bytes", Type: "any", Doc: "its content: a string or a snapshot"},
	{Name: "content_type", Type: "string", Doc: "such as text/plain; default: the snapshot's, else application/octet-stream"},
}

// httpBody makes what is sent of body, json, form and files. A snapshot is sent
// from where it lies: it is not copied.
func (c *call) httpBody(x *httpExchange, o options) {
	given := ""
	for _, name := range []string{"body", "json", "form"} {
		if !o.given(name) {
			continue
		}
		if given != "" {
			c.misuse("%s and %s can't both be given", given, name)
		}
		given = name
	}
	if o.given("files") && (given == "body" || given == "json") {
		c.misuse("%s and files can't both be given; fields beside files come in form", given)
	}
	switch {
	case o.given("files"):
		body, kind := web.Multipart(c.formFields(o.values["form"]), c.formFiles(o.values["files"]))
		x.body = body
		x.header.Set("Content-Type", kind)
	case given == "form":
		x.body = web.Body{[]byte(encodeForm(c.formFields(o.values["form"])))}
		x.header.Set("Content-Type", "application/x-www-form-urlencoded")
	case given == "json":
		text, err := encodeJSON(c.L, o.values["json"], "")
		if err != nil {
			c.misuse("json: %v", err)
		}
		x.body = web.Body{[]byte(text)}
		x.header.Set("Content-Type", "application/json")
	case given == "body":
		data, snap := c.bytesOf(o.values["body"], "the body")
		x.body = web.Body{data}
		if snap != nil {
			x.header.Set("Content-Type", snap.contentType)
		}
	}
	if x.body.Len() > maxHTTPBody {
		c.misuse("the body is longer than %d MB", maxHTTPBody>>20)
	}
}

// bytesOf is a string or a snapshot as bytes; snap is nil for a string.
func (c *call) bytesOf(v lua.LValue, what string) (data []byte, snap *snapshot) {
	if s, ok := v.(lua.LString); ok {
		if len(s) > maxHTTPBody {
			c.misuse("%s is longer than %d MB", what, maxHTTPBody>>20)
		}
		return []byte(s), nil
	}
	if snap, ok := c.m.selfOf(c.m.kind("snapshot"), v).(*snapshot); ok {
		return c.m.picture(c.L, snap), snap
	}
	c.wrong(what, "a string or a snapshot", v)
	return nil, nil
}

// formFields are the fields of a form, by name.
func (c *call) formFields(v lua.LValue) []web.Field {
	var fields []web.Field
	size := 0
	add := func(name string, value lua.LValue) {
		switch value.(type) {
		case lua.LString, lua.LNumber, lua.LBool:
		default:
			c.misuse("form: %s can't be a %s", indexText(lua.LString(name)), value.Type())
		}
		text := sandbox.Text(value)
		if size += len(name) + len(text); size > maxHTTPBody {
			c.misuse("the body is longer than %d MB", maxHTTPBody>>20)
		}
		fields = append(fields, web.Field{Name: name, Value: text})
	}
	c.named(v, "form", "{name = value}", func(name string, value lua.LValue) {
		list, ok := value.(*lua.LTable)
		if !ok {
			add(name, value)
			return
		}
		l := interruptible{L: c.L}
		l.each(list, func(key, _ lua.LValue) error {
			if n, ok := key.(lua.LNumber); !ok || n < 1 || int(n) > list.Len() {
				c.misuse("form: %s has the key %s, and is a value or a list of values", indexText(lua.LString(name)), describe(key))
			}
			return nil
		})
		for i := 1; i <= list.Len(); i++ {
			l.tick()
			add(name, list.RawGetInt(i))
		}
	})
	return fields
}

// formFiles are the files of a form, by name of their field.
func (c *call) formFiles(v lua.LValue) []web.File {
	var files []web.File
	c.named(v, "files", "{name = snapshot}", func(name string, value lua.LValue) {
		if t, ok := value.(*lua.LTable); ok {
			files = append(files, c.formFile(name, t))
			return
		}
		snap, ok := c.m.selfOf(c.m.kind("snapshot"), value).(*snapshot)
		if !ok {
			c.misuse("files: %s must be a snapshot or {name=, bytes=, content_type=}, not %s", indexText(lua.LString(name)), describe(value))
		}
		files = append(files, web.File{Field: name, Name: snap.fileName(c.m.script.Location()), ContentType: snap.contentType, Data: c.m.picture(c.L, snap)})
	})
	return files
}

func (c *call) formFile(field string, t *lua.LTable) web.File {
	inner := *c
	inner.args, inner.name = []lua.LValue{t}, c.name+": files"+indexText(lua.LString(field))
	o := inner.options(0, fileKeys)
	if !o.given("bytes") {
		inner.misuse("bytes is missing; it must be a string or a snapshot")
	}
	data, snap := inner.bytesOf(o.values["bytes"], "bytes")
	f := web.File{Field: field, Name: o.text("name"), ContentType: o.text("content_type"), Data: data}
	if snap != nil && f.Name == "" {
		f.Name = snap.fileName(c.m.script.Location())
	}
	if snap != nil && f.ContentType == "" {
		f.ContentType = snap.contentType
	}
	if f.Name == "" {
		f.Name = field
	}
	if strings.ContainsFunc(f.ContentType, isControl) {
		inner.misuse("content_type has a line end or another control character in it")
	}
	return f
}

// named calls f for each name of a table, in the order of names. It has no such
// table: nothing is called.
func (c *call) named(v lua.LValue, what, form string, f func(name string, value lua.LValue)) {
	if v == nil || v == lua.LNil {
		return
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		c.misuse("%s must be a table %s, not %s", what, form, describe(v))
	}
	values := make(map[string]lua.LValue)
	l := interruptible{L: c.L}
	l.each(content(t), func(key, value lua.LValue) error {
		name, ok := key.(lua.LString)
		if !ok || name == "" {
			c.misuse("%s must be a table %s; %s is no name", what, form, describe(key))
		}
		if values[string(name)] = value; len(values) > maxFormNames {
			c.misuse("%s has more than %d names", what, maxFormNames)
		}
		return nil
	})
	for _, name := range sortedKeys(values) {
		f(name, values[name])
	}
}

// encodeForm writes fields as application/x-www-form-urlencoded, in their order.
func encodeForm(fields []web.Field) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value))
	}
	return b.String()
}

// isControl reports what no header may have in it.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

package luaapi

import (
	"context"
	"mime"
	"net/url"

	lua "github.com/yuin/gopher-lua"
)

// hookOptions are what hik.test.emit takes for a request to a hook.
var hookOptions = []Option{
	{Name: "form", Type: "any", Doc: "of a request, the fields of a form, {name = value}, in the place of a body"},
	{Name: "query", Type: "any", Doc: "of a request, what follows the ? of the address, {name = value}"},
}

// testHook has a request to a hook come. The test goes on once it is answered.
func (c *call) testHook(name string, o options) int {
	r := HookRequest{Name: name, Query: c.fields(o, "query")}
	if err := CheckHookName(name); err != nil {
		c.misuse("%v", err)
	}
	if err := c.m.script.Hook(name); err != nil {
		c.refuse(err)
	}
	switch v := c.arg(1).(type) {
	case *lua.LNilType:
		if o.given("form") {
			r.Form = c.fields(o, "form")
			r.Body, r.ContentType = []byte(r.Form.Encode()), "application/x-www-form-urlencoded"
		}
	case lua.LString:
		r.Body = []byte(v)
	default:
		text, err := encodeJSON(c.L, v, "")
		if err != nil {
			c.misuse("the body: %v", err)
		}
		r.Body, r.ContentType = []byte(text), "application/json"
	}
	if o.given("form") && c.arg(1) != lua.LNil {
		c.misuse("a body and form can't both be given")
	}
	if len(r.Body) > MaxHookBody {
		c.misuse("the body has %d bytes, and %d kB is the most", len(r.Body), MaxHookBody>>10)
	}
	t := c.tester()
	var answer HookAnswer
	c.wait(func(ctx context.Context) (err error) {
		answer, err = t.Call(ctx, r)
		return err
	})
	return c.push(c.answerTable(answer))
}

// fields are those of an option, {name = value}.
func (c *call) fields(o options, name string) url.Values {
	fields := url.Values{}
	c.named(o.values[name], name, "{name = value}", func(key string, value lua.LValue) {
		switch value.(type) {
		case lua.LString, lua.LNumber, lua.LBool:
			fields.Set(key, value.String())
		default:
			c.misuse("%s: %s can't be a %s", name, key, value.Type())
		}
	})
	return fields
}

// answerTable is {status, body, json}.
func (c *call) answerTable(a HookAnswer) lua.LValue {
	t := c.L.NewTable()
	t.RawSetString("status", lua.LNumber(a.Status))
	t.RawSetString("body", lua.LString(a.Body))
	if kind, _, _ := mime.ParseMediaType(a.ContentType); kind == "application/json" {
		r := jsonReader{interruptible: interruptible{L: c.L}, s: string(a.Body)}
		if v, err := r.document(); err == nil {
			t.RawSetString("json", v)
		}
	}
	return t
}

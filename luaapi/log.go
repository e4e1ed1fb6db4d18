package luaapi

import (
	"encoding/json"
	"log/slog"
	"math"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// maxLogged bounds the message and each value of a line.
const maxLogged = 8000

var logEntries = []entry{
	logEntry("debug", slog.LevelDebug, "a line for who looks closely"),
	logEntry("info", slog.LevelInfo, "a line that tells what happened"),
	logEntry("warn", slog.LevelWarn, "a line for who should look some day"),
	logEntry("error", slog.LevelError, "a line for who has to act"),
}

func logEntry(name string, level slog.Level, doc string) entry {
	return entry{
		name: name, args: "message, fields", doc: doc + "; fields is a table {key = value}",
		fn: func(c *call) int {
			c.atMost(2)
			message := shorten(sandbox.ToString(c.L, c.arg(0)), maxLogged)
			c.m.script.Log(c.L.Context(), level, message, c.attrs(c.arg(1))...)
			return 0
		},
	}
}

// attrs are the fields of a log line, in the order of their names.
func (c *call) attrs(v lua.LValue) []slog.Attr {
	if v == lua.LNil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok || isErrorObject(t) {
		return []slog.Attr{c.attr("value", v)}
	}
	values := make(map[string]lua.LValue)
	content(t).ForEach(func(key, value lua.LValue) { values[sandbox.Text(key)] = value })
	var list []slog.Attr
	for _, key := range sortedKeys(values) {
		list = append(list, c.attr(key, values[key]))
	}
	return list
}

func (c *call) attr(key string, v lua.LValue) slog.Attr {
	switch v := v.(type) {
	case lua.LBool:
		return slog.Bool(key, bool(v))
	case lua.LNumber:
		if n := int64(v); lua.LNumber(n) == v {
			return slog.Int64(key, n)
		}
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return slog.Any(key, json.Number(sandbox.NumberText(v))) // a Float64 would be written 1.795981357332e+09
		}
	case *lua.LTable:
		if !isErrorObject(v) && c.L.GetMetaField(v, "__tostring") == lua.LNil {
			if text, err := encodeJSON(c.L, v, ""); err == nil {
				return slog.String(key, shorten(text, maxLogged))
			}
		}
	}
	return slog.String(key, shorten(sandbox.ToString(c.L, v), maxLogged))
}

package luaapi

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// What one line may hold.
const (
	maxLogged    = 8000 // bytes of the message and of each value
	maxLogFields = 100
	maxLogKey    = 200 // bytes
)

// lineKeys are the keys that each line has of its own: a field of a script that
// is named so gets an underscore, time_, or a reader of JSON could not tell the
// two apart.
var lineKeys = []string{slog.TimeKey, slog.LevelKey, slog.MessageKey, "script", "job", "task"}

var logEntries = []entry{
	logEntry("debug", slog.LevelDebug, "a line of detail, shown with --log-level debug"),
	logEntry("info", slog.LevelInfo, "a line that tells what happened"),
	logEntry("warn", slog.LevelWarn, "a line about something to look at some day"),
	logEntry("error", slog.LevelError, "a line about something that has to be mended"),
}

func logEntry(name string, level slog.Level, doc string) entry {
	return entry{
		name: name, args: "message, fields", doc: doc + "; fields is a table {key = value}",
		fn: func(c *call) int {
			c.atMost(2)
			message := shorten(c.shown(c.arg(0)), maxLogged)
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
	name := func(key string) string {
		if slices.Contains(lineKeys, key) {
			key += "_"
		}
		return shorten(key, maxLogKey)
	}
	left := 0
	l := interruptible{L: c.L}
	l.each(content(t), func(key, value lua.LValue) error {
		if len(values) < maxLogFields {
			values[name(keyText(key))] = value
		} else {
			left++
		}
		return nil
	})
	var list []slog.Attr
	for _, key := range sortedKeys(values) {
		list = append(list, c.attr(key, values[key]))
	}
	if left > 0 {
		list = append(list, slog.String("more", fmt.Sprintf("%d fields left out", left)))
	}
	return list
}

// shown is a value in a log line: text as it is, a table with what it holds.
func (c *call) shown(v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok && c.L.GetMetaField(t, "__tostring") == lua.LNil {
		return inspectLine(c.L, t)
	}
	return sandbox.ToString(c.L, v)
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
		if c.L.GetMetaField(v, "__tostring") == lua.LNil {
			w := newJSONWriter(c.L, "")
			w.most = maxLogged
			if err := w.value(v); err == nil {
				return slog.String(key, w.b.String())
			}
		}
	}
	return slog.String(key, shorten(c.shown(v), maxLogged))
}

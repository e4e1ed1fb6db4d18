package luaapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

var errEnded = errors.New("computed for too long")

// ending is the context of a task that is ended during the call: its first
// looks say that it may go on.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks++; e.looks <= 3 {
		return nil
	}
	return errEnded
}

// What one call of ours makes of megabytes ends with the task.
func TestLongCallsEndWithTheTask(t *testing.T) {
	for name, source := range map[string]string{
		"json list":        `hik.json.decode("[" .. ("1,"):rep(1e5) .. "1]")`,
		"json objects":     `hik.json.decode("[" .. ('{"a":1},'):rep(1e4) .. "1]")`,
		"json escapes":     `hik.json.decode('"' .. ([[\n]]):rep(1e5) .. '"')`,
		"encoded list":     `local t = {} for i = 1, 1e5 do t[i] = i end here() hik.json.encode(t)`,
		"encoded keys":     `local t = {} for i = 1, 1e4 do t["k" .. i] = 1 end here() hik.json.encode(t)`,
		"encoded text":     `hik.json.encode(("\1"):rep(1e5))`,
		"logged":           `local t = {} for i = 1, 1e5 do t[i] = i end here() hik.log.info("x", {t = t})`,
		"xml list":         `hik.xml.decode("<r>" .. ("<a>x</a>"):rep(5e4) .. "</r>")`,
		"xml attributes":   `hik.xml.decode("<r>" .. ('<a b="x"/>'):rep(5e4) .. "</r>")`,
		"emitted":          `local t = {} for i = 1, 1e4 do t[i] = {i} end here() hik.emit("x", t)`,
		"device":           `local t = {} for c in ("abcdefgh"):gmatch(".") do t[c] = {} end for i = 1, 5000 do t[i] = i end here() hik.device{ip = t}`,
		"state":            `local t = {} for i = 1, 1e4 do t[i] = i end here() hik.state.x = t`,
		"inspected":        `local t = {} for i = 1, 1e4 do t["k" .. i] = i end here() hik.inspect(t)`,
		"log fields":       `local t = {} for i = 1, 1e4 do t["k" .. i] = i end here() hik.log.info("x", t)`,
		"sent as JSON":     `local t = {} for i = 1, 1e5 do t[i] = i end here() hik.http.post("http://example.test/", {json = t})`,
		"sent as a form":   `local t = {} for i = 1, 1e5 do t[i] = i end here() hik.http.post("http://example.test/", {form = {t = t}})`,
		"options":          `local t = {} for i = 1, 1e4 do t[i] = i end here() hik.json.encode(1, t)`,
		"encoded xml text": `hik.xml.encode("r", ("&"):rep(2 ^ 20))`,
		"encoded xml":      `local t = {} for i = 1, 1e5 do t[i] = {"a", i} end here() hik.xml.encode("r", t)`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHost(t)
			ctx := &ending{Context: context.Background(), looks: -1 << 40}
			begin := func(L *lua.LState) int { ctx.looks = 0; return 0 }
			h.L.SetGlobal("here", h.L.NewFunction(begin))
			if !strings.Contains(source, "here()") {
				source = "here() " + source
			}
			h.L.SetContext(ctx)
			err := h.L.DoString(source)
			if err == nil || !strings.Contains(err.Error(), errEnded.Error()) || ctx.looks > 6 {
				t.Errorf("after %d looks: %v", ctx.looks, err)
			}
		})
	}
}

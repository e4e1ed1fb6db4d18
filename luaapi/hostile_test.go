package luaapi

import (
	"context"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Values that scripts make by mistake, or to see what happens.
const hostileValues = `
values = {
  cycles = function() local t = {} for c in ("abcdefgh"):gmatch(".") do t[c] = t end return t end,
  deep = function() local t = {} for i = 1, 1e6 do t = {t} end return t end,
  named = function() local t = {} for i = 1, 1e6 do t = {name = t} end return t end,
  shared = function() local t = {1} for i = 1, 60 do t = {t, t} end return t end,
  named_shared = function() local t = {"x"} for i = 1, 60 do t = {a = t, b = t} end return t end,
  list = function() local t = {} for i = 1, 1e6 do t[i] = i end return t end,
  names = function() local t = {} for i = 1, 5e4 do t["name" .. i] = true end return t end,
  numbers = function() local t = {} for i = 1, 5e4 do t[i * 1.5] = 1 end return t end,
  text = function() return {("x"):rep(9 * 2^20)} end,
  key = function() return {[("k"):rep(9 * 2^20)] = 1} end,
  elements = function() local t = {} for i = 1, 50 do t[i] = {"a", t} end return t end,
  pairs_that_count = function() return setmetatable({}, {__index = function(t, k) return k end, __len = function() return 1e9 end}) end,
}
for name, make in pairs(values) do values[name] = make() end`

// Whatever takes a table from a script comes to an end with each of them, by itself, and what it says of them is short.
func TestHostileValues(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	h := newFakeHost(t)
	if err := h.runText(hostileValues, "test"); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{
		"device":         "hik.device(v)",
		"emit":           `hik.emit("x", v)`,
		"state":          "hik.state.v = v",
		"json":           "hik.json.encode(v)",
		"inspect":        "return hik.inspect(v)",
		"xml":            `hik.xml.encode("r", v)`,
		"xml attributes": `hik.xml.encode("r", "", v)`,
		"log":            "hik.log.info(v)",
		"log value":      `hik.log.info("x", v)`,
		"log field":      `hik.log.info("x", {v = v})`,
		"http headers":   `hik.http.get("http://example.test/", {headers = v})`,
		"http form":      `hik.http.post("http://example.test/", {form = v})`,
		"http list":      `hik.http.post("http://example.test/", {form = {a = v}})`,
		"http files":     `hik.http.post("http://example.test/", {files = v})`,
		"http body":      `hik.http.post("http://example.test/", {body = v})`,
		"options":        `hik.http.get("http://example.test/", v)`,
		"error":          "error(v)",
		"query":          `hik.device("gate"):request("GET", "/ISAPI/x", {query = v})`,
		"argument":       "hik.sleep(v)",
		"name":           `hik.device("gate"):preset(1, v)`,
	} {
		t.Run(name, func(t *testing.T) {
			each := func(key, _ lua.LValue) {
				h.logged = nil
				begun := time.Now()
				err := h.runText("local v = values."+key.String()+"\n"+code, "test")
				if took := time.Since(begun); took > 20*time.Second {
					t.Errorf("%s: took %v", key, took)
				}
				if err != nil {
					if r := Describe(err); len(r.Message) > 3000 {
						t.Errorf("%s: a message of %d bytes: %.200s", key, len(r.Message), r.Message)
					}
				}
				if line := strings.Join(h.logged, "\n"); len(line) > 100*8200 {
					t.Errorf("%s: a log line of %d bytes", key, len(line))
				}
			}
			h.L.GetGlobal("values").(*lua.LTable).ForEach(each)
		})
	}
}

// A refused value is named by its path.
func TestRefusedValuesAreNamed(t *testing.T) {
	for code, want := range map[string]string{
		`hik.emit("x", {a = {b = print}})`:                                  "emit: value.a.b can't be a function: an event carries strings, numbers, booleans and tables of them",
		`hik.emit("x", {{["a b"] = {[true] = print}}})`:                     `emit: value[1]["a b"][true] can't be a function: an event carries strings, numbers, booleans and tables of them`,
		`local t = {} t[1] = {x = t} hik.emit("x", t)`:                      "emit: value[1].x can't be a table that it is part of",
		`local t = {} for i = 1, 101 do t = {t} end hik.emit("x", t)`:       "emit: value" + strings.Repeat("[1]", 26) + "... is nested deeper than 100",
		`hik.emit("x", {a = ("x"):rep(9 * 2^20)})`:                          "emit: value.a: the whole is larger than 8 MB",
		`hik.device{ip = {x = {}, y = coroutine.create(print)}}`:            "device: device.ip.y can't be a thread: a device is described by strings, numbers, booleans and tables of them",
		`local t = {} t.ip = t hik.device(t)`:                               "device: device.ip can't be a table that it is part of",
		`hik.state.a = {["end"] = {print}}`:                                 `hik.state.a["end"][1] can't be a function: the state keeps strings, numbers, booleans and tables of them`,
		`hik.state.a = {b = {[true] = 1}}`:                                  "hik.state.a.b can't have true as a key: keys are strings and numbers",
		`local t = {} t.a = {t} hik.json.encode(t)`:                         "encode: value.a[1] can't be a table that it is part of",
		`hik.json.encode({a = {1, {b = print}}})`:                           "encode: value.a[2].b is a function, which JSON does not have",
		`local t = {} for i = 1, 101 do t = {a = t} end hik.json.encode(t)`: "encode: value" + strings.Repeat(".a", 38) + "... is nested deeper than 100",
	} {
		err := newFakeHost(t).runText(code, "test")
		if err == nil || Describe(err).Message != want {
			t.Errorf("%s\n got %v\nwant %s", code, err, want)
		}
	}
}

// A copy counts what is in it.
func TestCopySizes(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	table := func(n int, v lua.LValue) *lua.LTable {
		t := L.NewTable()
		for range n {
			t.Append(v)
		}
		return t
	}
	named := L.NewTable()
	named.RawSetString("12345", lua.LTrue)
	for _, c := range []struct {
		v    lua.LValue
		most int
		fits bool
	}{
		{lua.LTrue, valueCost, true}, {lua.LTrue, valueCost - 1, false},
		{lua.LString("12345"), valueCost + 5, true}, {lua.LString("12345"), valueCost + 4, false},
		{named, 2*valueCost + 5, true}, {named, 2*valueCost + 4, false},
		{table(3, lua.LNumber(1)), 4 * valueCost, true}, {table(3, lua.LNumber(1)), 4*valueCost - 1, false},
	} {
		w := newCopier(L, "value", "an event carries")
		w.most = c.most
		if _, err := w.copy(c.v); (err == nil) != c.fits {
			t.Errorf("%v in %d bytes: %v", c.v, c.most, err)
		}
	}
}

// What was copied comes back as it was, each time a table of its own.
func TestCopyAndBack(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	L.SetContext(context.Background())
	err := L.DoString(`return {1, "two", {3, deep = {x = false}}, [1000000000] = true, [1.5] = "half", [-1] = 0, [false] = "no", name = "x"}`)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newCopier(L, "value", "an event carries").copy(L.Get(-1))
	if err != nil {
		t.Fatal(err)
	}
	one, two := toLua(L, v).(*lua.LTable), toLua(L, v).(*lua.LTable)
	if one == two || one.RawGetInt(3) == two.RawGetInt(3) {
		t.Error("two copies share a table")
	}
	want := `{1, "two", {3, deep = {x = false}}, name = "x", [-1] = 0, [1.5] = "half", [1000000000] = true, [false] = "no"}`
	if got := inspectLine(L, one); got != want || one.Len() != 3 {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

package luaapi

import (
	"fmt"
	"testing"
	"time"
)

// Tables that no function of hik wants anywhere among its arguments.
const hostileArguments = `
local ring = {} for c in ("abcdefgh"):gmatch(".") do ring[c] = ring ring[#ring + 1] = ring end
local deep = {} for i = 1, 20000 do deep = {name = deep, deep} end
local shared = {"x"} for i = 1, 60 do shared = {a = shared, b = shared, shared} end
local list = {} for i = 1, 20000 do list[i] = i end
local endless = setmetatable({}, {__index = function(t, k) return t end, __len = function() return 1e9 end, __call = function(t) return t end})
local function fn() end
function try(call)
  for _, v in ipairs{ring, deep, shared, list, endless} do
    for _, args in ipairs{{v}, {"x", v}, {1, v}, {fn, v}, {{v}, v}, {{x = v}}, {"x", "y", v}, {"x", fn, v}, {"x", 1, v}, {1, 2, 3, v}} do
      local ok, problem = pcall(call, unpack(args))
      local text = tostring(not ok and (type(problem) == "table" and problem.message or problem) or "")
      if #text > 3000 then error("a message of " .. #text .. " bytes: " .. text:sub(1, 200)) end
    end
  end
end`

// Every function and method that hik has comes to an end with tables that hold themselves, are deep or large, whatever the place
// among its arguments, and says so in few words.
func TestHostileArguments(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	objects := map[string]string{
		"device": `hik.device("gate")`, "channel": `hik.device("gate"):channel(1)`, "snapshot": `hik.device("gate"):snapshot()`,
		"job": `hik.every("1h", function() end)`, "task": "hik.spawn(function() end)",
	}
	tried := 0
	for _, e := range API() {
		code := fmt.Sprintf("try(%s.%s)", e.Owner, e.Name)
		switch e.Kind {
		case "function":
		case "method":
			code = fmt.Sprintf("local o = %s try(function(...) return o.%s(o, ...) end) try(o.%[2]s)", objects[e.Owner], e.Name)
		default:
			continue
		}
		tried++
		h := newFakeHost(t)
		if err := h.runText(hostileArguments, "test"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		err := h.runText(code, "test")
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("%s: took %v", code, took)
		}
		if err != nil {
			t.Errorf("%s: %v", code, Describe(err))
		}
	}
	if tried < 60 {
		t.Errorf("only %d functions", tried)
	}
}

// What completion sees of lists inside each other ends.
func TestOutlineOfLists(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	h := newFakeHost(t)
	if err := h.runText("ring = {{{}}} ring[1][1][1] = ring deep = {} for i = 1, 1e6 do deep = {deep} end list = {{{hik.device('gate')}}}", "test"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"ring": maxOutlined, "deep": maxOutlined, "list": 3} {
		depth, o := 0, OutlineOf(h.L, h.L.GetGlobal(name))
		for ; o.Items != nil; o = *o.Items {
			depth++
		}
		if depth != want {
			t.Errorf("%s: %d lists inside each other, want %d", name, depth, want)
		}
		if name == "list" && o.Device != "gate" {
			t.Errorf("%+v", o)
		}
	}
}

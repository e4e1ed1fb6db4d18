package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
)

// allowed is everything that a script can reach beside hik: a name that is new
// here gives scripts something new to do, and wants a look at what that is.
const allowed = `
_G _VERSION assert collectgarbage error getfenv getmetatable hik ipairs load loadstring module newproxy next pairs pcall print rawequal rawget
rawset require select setfenv setmetatable tonumber tostring type unpack xpcall
coroutine coroutine.create coroutine.isyieldable coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield
debug debug.gethook debug.getinfo debug.getmetatable debug.sethook debug.setmetatable debug.traceback
io io.stderr io.stdout io.type io.write
math math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.floor math.fmod math.frexp
math.huge math.ldexp math.log math.log10 math.max math.min math.mod math.modf math.pi math.pow math.rad math.random math.randomseed
math.sin math.sinh math.sqrt math.tan math.tanh
os os.clock os.date os.difftime os.getenv os.time
package package.config package.cpath package.loaded package.path package.preload package.seeall
string string.byte string.char string.dump string.find string.format string.gfind string.gmatch string.gsub string.len string.lower string.match
string.rep string.reverse string.sub string.upper
table table.concat table.foreach table.foreachi table.getn table.insert table.maxn table.remove table.setn table.sort table.unpack table.pack
table.move math.tointeger math.type
`

// walkAll prints every path that scripts can reach by pairs, next, getmetatable
// and getfenv, each value once.
const walkAll = `
	local seen, fifo = {}, {{"", _G}}
	local function look(path, v, from)
		local kind = type(v)
		if kind == "table" or kind == "function" or kind == "userdata" or kind == "thread" then
			if seen[v] then return end
			seen[v] = true
		end
		print(path .. "\t" .. kind)
		fifo[#fifo + 1] = {path .. ".", v}
	end
	seen[_G] = true
	print("_G\ttable")
	while #fifo > 0 do
		local prefix, v = unpack(table.remove(fifo, 1))
		if type(v) == "table" then
			local keys = {}
			for k, item in pairs(v) do keys[#keys + 1] = {k, item} end
			for k, item in next, v do keys[#keys + 1] = {k, item} end
			for _, pair in ipairs(keys) do look(prefix .. tostring(pair[1]), pair[2]) end
		elseif type(v) == "function" then
			local env = getfenv(v)
			if env ~= _G then print(prefix .. "env\tforeign") end
		end
		local mt = getmetatable(v)
		if type(mt) == "table" then look(prefix .. "metatable", mt) end
	end
`

func TestScriptsReachWhatIsAllowedAndNothingElse(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": walkAll})
	w.start()
	w.run(time.Second)
	w.end()
	want := make(map[string]bool)
	for _, name := range strings.Fields(allowed) {
		want[name] = true
	}
	for _, e := range luaapi.API() {
		if e.Owner == "hik" || strings.HasPrefix(e.Owner, "hik.") {
			want[e.Owner+"."+e.Name] = true
		}
	}
	if len(w.printed) < 150 {
		t.Fatalf("only %d names\n%s", len(w.printed), w.log)
	}
	for _, line := range w.printed {
		name, kind, _ := strings.Cut(line, "\t")
		base := strings.TrimPrefix(name, "package.loaded.")
		if !want[name] && !want[base] || kind == "thread" || kind == "foreign" {
			t.Errorf("a script can reach %s, a %s", name, kind)
		}
	}
}

// absent are the ways out that Lua or gopher-lua has by itself.
const absent = `debug.getlocal debug.getupvalue debug.getregistry debug.setupvalue
	debug.setlocal debug.setfenv debug.getfenv debug.debug debug.upvalueid debug.upvaluejoin debug.getuservalue debug.setuservalue
	os.execute os.exit os.remove os.rename os.tmpname os.setlocale os.setenv os.unsetenv
	io.open io.popen io.lines io.read io.stdin io.tmpfile io.output io.input io.close
	package.loadlib package.loaders package.searchers package.searchpath
	dofile loadfile channel goroutine jit ffi bit32 _printregs _GOPHER_LUA_VERSION`

// attempts are known ways out of a sandbox, and out of gopher-lua's: each must
// raise an error; one that returns something may give nil or false.
var attempts = []string{
	`return getmetatable("").__index`,
	`getmetatable("").__index = function() end`,
	`setmetatable("", {})`,
	`setmetatable(io.stdout, {})`,
	`setmetatable(hik.device("gate"), {})`,
	`setmetatable(hik, {})`,
	`return setmetatable({}, getmetatable(hik))`,
	`return getmetatable(hik.device("gate")).__index`,
	`return getmetatable(hik.device("gate"):channel(1)).__index`,
	`return getmetatable(hik.json.null).__tostring`,
	`return getmetatable(io.stdout)`,
	`return getmetatable(hik.state).__index`,
	`return rawget(hik.state, "x")`,
	`setmetatable(hik.shared_state, {})`,
	`return rawget(hik.device("gate"), "conf")`,
	`rawset(hik.device("gate"), "x", 1)`,
	`return hik.device("gate").conf`,
	`return hik.device("gate").client`,
	`return hik.device("gate").password`,
	`return hik.device("gate").Password`,
	`return hik.device("gate").__index`,
	`return hik.device("gate").__methods`,
	`for k in pairs(hik.device("gate")) do return k end`,
	`for k in next, hik.device("gate") do return k end`,
	`return #hik.device("gate")`,
	`io.stdout.write(hik.device("gate"), "x")`,
	`io.stdout.write(hik.json.null, "x")`,
	`return hik.device("gate").channel(io.stdout, 1)`,
	`return hik.device("gate").snapshot(hik.json.null)`,
	`setfenv(print, {})`,
	`setfenv(hik.sleep, {})`,
	`setfenv(pcall, {})`,
	`return getfenv(print) ~= _G`,
	`return getfenv(hik.sleep) ~= _G`,
	`return (load("\27Lua\81\0\1\4\4\4\8\0"))`,
	`return (loadstring("\27LuaQ"))`,
	`return (load("return 1", "x", "b"))`,
	`return (load(function() return string.char(27) .. "Lua" end))`,
	`return load("return os", "x", "t", {})()`,
	`require "../site"`,
	`require "/etc/passwd"`,
	`require "..lib"`,
	`require "lib/../../site"`,
	`require "a\0b"`,
	`require "site.yaml"`,
	`require "channel"`,
	`require "ffi"`,
	`coroutine.resume(coroutine.running())`,
	`error(setmetatable({}, {__tostring = function() return os.execute end}))`,
	`table.sort({3, 2, 1}, function(a, b) error("out") end)`,
	`string.rep("x", 1e10)`,
	`return ("x"):rep(1e5):find(("a?"):rep(50) .. ("a"):rep(50) .. "$")`,
	`string.format("%99999999d", 1)`,
	`return string.format("%p", print)`,
	`return unpack({}, 1, 1e8)`,
	`select(-1e9)`,
	`hik.device{ip = "192.0.2.1", username = "u", password_file = "/etc/passwd"}`,
	`hik.device{ip = "192.0.2.1", username = "u", password_file = "../../../../etc/passwd"}`,
	`hik.file.read("../site.yaml")`,
	`hik.file.read("/etc/passwd")`,
	`hik.file.write("../scripts/b.lua", "x")`,
	`hik.file.write("../lib/x.lua", "x")`,
	`hik.file.append("../site.yaml", "x")`,
	`hik.file.list("..")`,
	`hik.file.remove("../site.yaml")`,
	`hik.file.read("state.db")`,
	`hik.file.write("State.DB", "")`,
	`hik.file.append("control.sock", "")`,
	`hik.file.remove("journal/1")`,
	`return hik.file.exists("state.db")`,
	`return hik.file.exists("../site.yaml")`,
	`hik.file.write("x.txt", "") hik.file.rename("x.txt", "State.db")`,
	`hik.file.rename("x.txt", "archive/.hiklua/x")`,
	`hik.file.rename("x.txt", "../scripts/b.lua")`,
	`hik.file.rename("../site.yaml", "y.txt")`,
	`hik.file.rename("state.db", "y.txt")`,
	`package.seeall(hik)`,
	`package.seeall(io.stdout)`,
	`return (pcall(module, "x"))`,
	`return getmetatable(newproxy())`,
	`setmetatable(newproxy(true), {})`,
	`newproxy(io.stdout)`,
	`newproxy(hik.device("gate"))`,
	`return debug.getinfo(print, "f").func ~= print`,
	`for i = 0, 50 do local info = debug.getinfo(i) if info and info.what == "C" and info.func then return i end end`,
	`for i = 0, 50 do local info = debug.getinfo(i) if info and (info.source .. info.short_src):find("%.go") then return i end end`,
	`debug.sethook(function() end, "l")`,
	`debug.setmetatable(hik, {})`,
	`debug.setmetatable(io.stdout, {})`,
	`debug.setmetatable(hik.json.null, {})`,
	`debug.setmetatable(hik.device("gate"), {})`,
	`debug.setmetatable(hik.state, {})`,
	`debug.setmetatable(hik.vars, nil)`,
	`return debug.getmetatable("")`,
	`debug.setmetatable("", false) return getmetatable("").__index`,
	`string.dump(function() end)`,
	`return (loadstring(string.dump(loadstring("return 1"))))`,
	`hik.file.list("./journal")`,
	`hik.file.write("x/../hiklua.log", "")`,
	`hik.http.get("file:///etc/passwd")`,
	`hik.http.get("http://192.0.2.1")`,
	`hik.request("gate", "GET", "//192.0.2.1/x")`,
	`hik.request("gate", "GET", "/../x")`,
}

func TestKnownEscapesFail(t *testing.T) {
	files := map[string]string{"secret": "x"}
	var script strings.Builder
	script.WriteString("local function try(n, source)\nlocal chunk, bad = loadstring(source)\nif not chunk then print(n .. ' does not compile: ' .. bad) return end\n" +
		"local ok, v = pcall(chunk)\nif ok and v then print(n .. ' gives ' .. tostring(v)) end\n" +
		"if ok and not source:find('return', 1, true) then print(n .. ' runs') end\nend\nhik.spawn(function()\n")
	for _, path := range strings.Fields(absent) {
		root, field, nested := strings.Cut(path, ".")
		source := "return rawget(_G, '" + root + "')"
		if nested {
			source = fmt.Sprintf("return rawget(%s, '%s')", root, field)
		}
		fmt.Fprintf(&script, "try(%q, %q)\n", path, source)
	}
	for _, source := range attempts {
		fmt.Fprintf(&script, "try(%s, %s)\n", luaString(source), luaString(source))
	}
	script.WriteString("try('what works', 'return 1')\nend)")
	files["scripts/a.lua"] = script.String()
	w := newWorld(t, oneHead+"limits: {compute: 10m}\n", files)
	w.start()
	w.run(time.Hour)
	w.end()
	w.wantPrinted("what works gives 1")
}

func luaString(s string) string {
	return "[==[" + s + "]==]"
}

// One script turns everything that it can reach upside down; the other, which
// begins after it and goes on, notices nothing.
func TestScriptsCannotReachEachOther(t *testing.T) {
	vandal := `
		local G, next, error, setmetatable, keep = _G, next, error, setmetatable, {}
		hik.every("1s", function() keep[#keep + 1] = function() return next end end)
		for _, lib in ipairs{"string", "table", "math", "os", "io", "coroutine", "debug", "package"} do
			for k in pairs(_G[lib]) do _G[lib][k] = function() error("spoiled") end end
		end
		rawset(hik, "now", function() return -1 end)
		rawset(hik.json, "encode", function() return "spoiled" end)
		rawset(hik.http, "get", function() return "spoiled" end)
		local array = getmetatable(hik.json.array())
		array.__index = function() return "spoiled" end
		for k in pairs(G) do G[k] = false end
		setmetatable(G, {__index = function() error("spoiled") end})`
	honest := `
		hik.every("1s", function()
			assert(("x"):rep(3) == "xxx" and #table.concat{"a", "b"} == 2 and math.abs(-1) == 1 and os.time() > 0)
			assert(hik.now() > 0 and hik.json.encode{1} == "[1]" and hik.json.array()[1] == nil)
			assert(rawget(_G, "mark") == nil and hik.state.mark == nil and next({}) == nil)
			print("well")
		end)`
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": "mark = true hik.state.mark = 1\n" + vandal, "scripts/b.lua": honest, "scripts/c.lua": vandal})
	w.start()
	w.run(3500 * time.Millisecond)
	w.wantPrinted("well", "well", "well")

	// Nothing that one state can reach is also reached from the other.
	states := w.host.running()
	owner := make(map[any]string)
	for _, s := range states {
		s.lock.Acquire(context.Background())
		for v := range reachable(s.L) {
			if other := owner[v]; other != "" {
				t.Errorf("%v is reached from %s and from %s", v, other, s.name)
			}
			owner[v] = s.name
		}
		s.lock.Release()
	}
	if len(states) != 3 || len(owner) < 150 || strings.Contains(w.log.String(), "ERROR") {
		t.Errorf("%d values of %d scripts: the walk is not what it was\n%s", len(owner), len(states), w.log)
	}
	w.end()
}

// reachable are all tables, functions, userdata and threads of a state, those
// included that only its own Go code gets at.
func reachable(L *lua.LState) map[any]bool {
	seen := make(map[any]bool)
	fifo := []lua.LValue{L.G.Global, L.G.Registry, L.GetMetatable(lua.LString("")), L}
	for len(fifo) > 0 {
		v := fifo[0]
		fifo = fifo[1:]
		switch v.(type) {
		case *lua.LTable, *lua.LFunction, *lua.LUserData, *lua.LState:
		default:
			continue
		}
		if seen[v] {
			continue
		}
		seen[v] = true
		switch v := v.(type) {
		case *lua.LTable:
			fifo = append(fifo, v.Metatable)
			v.ForEach(func(k, item lua.LValue) { fifo = append(fifo, k, item) })
		case *lua.LFunction:
			if v.Env != nil {
				fifo = append(fifo, v.Env)
			}
			for _, up := range v.Upvalues {
				if up != nil {
					fifo = append(fifo, up.Value())
				}
			}
		case *lua.LUserData:
			fifo = append(fifo, v.Metatable)
			if v.Env != nil {
				fifo = append(fifo, v.Env)
			}
		case *lua.LState:
			fifo = append(fifo, v.Env)
		}
	}
	return seen
}

// A password of the site is not for os.getenv; other variables are.
func TestPasswordsAreNotInTheEnvironmentOfScripts(t *testing.T) {
	w := newWorld(t, "devices:\n  cam: {ip: 192.0.2.1, username: op, password: marker-1}\narchive: {copy_to: \"s3://pictures\"}\n", map[string]string{
		"scripts/a.lua": `print(os.getenv("CAM_PASSWORD"), os.getenv("HOME"), os.getenv("NONE"), os.getenv("EMPTY"))
			print(os.getenv("AWS_SECRET_ACCESS_KEY"), os.getenv("AWS_SESSION_TOKEN"))`,
	})
	w.host.conf.Getenv = func(name string) (string, bool) {
		v, ok := map[string]string{"CAM_PASSWORD": "marker-1", "HOME": "/home/op", "EMPTY": "", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x"}[name]
		return v, ok
	}
	w.start()
	w.run(time.Second)
	w.end()
	w.wantPrinted("nil\t/home/op\tnil\t", "nil\tnil")
}

func TestAllowedIsSortedOut(t *testing.T) {
	names := strings.Fields(allowed)
	slices.Sort(names)
	if len(slices.Compact(names)) != len(strings.Fields(allowed)) {
		t.Error("a name is in allowed twice")
	}
}

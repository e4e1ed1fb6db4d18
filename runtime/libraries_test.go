package runtime

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Modules as they were written for Lua 5.1 before modules returned tables.
func TestModulesOfOldStyle(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"lib/lens.lua": `
			module(..., package.seeall)
			zoom = 4
			function describe() return _NAME .. " " .. tostring(zoom) .. " " .. type(print) end
			function where() return debug.getinfo(1, "S").source, debug.getinfo(1, "n").name end`,
		"lib/site/mast.lua": `
			local print, G = print, _G
			module "site.mast"
			height = 12
			function seen() return print ~= nil, G.height end`,
		"lib/marks.lua": `
			local function marked(t) t.marked = t._PACKAGE end
			module("marks.deep.one", marked, marked)`,
		"lib/clash.lua": `taken = 1 module("taken.below")`,
		"scripts/a.lua": `
			local lens = require "lens"
			print(lens.describe(), lens == _G.lens, lens == package.loaded.lens, lens._M == lens, lens._PACKAGE == "", zoom)
			print(lens.where())
			local mast = require "site.mast"
			print(mast.height, site.mast == mast, mast._NAME, mast._PACKAGE, mast.print, mast.seen())
			require "marks"
			print(marks.deep.one.marked, package.loaded["marks.deep.one"] == marks.deep.one)
			print(select(2, pcall(require, "clash")))
			print(select(2, pcall(module, "x")))
			local here = getfenv(1)
			module("own", package.seeall)
			here.print(_NAME, debug.getinfo(1, "S").short_src, debug.getinfo(1, "l").currentline)`,
		"scripts/b.lua": `hik.after("100ms", function() print(lens, site, rawget(package.loaded, "lens"), own) end)`,
	})
	w.start()
	w.run(time.Second)
	w.end()
	w.wantPrinted(
		"lens 4 function\ttrue\ttrue\ttrue\ttrue\tnil",
		"@lib/lens.lua\twhere",
		"12\ttrue\tsite.mast\tsite.\tnil\ttrue\tnil",
		"marks.deep.\ttrue",
		"lib/clash.lua:1: name conflict for module 'taken.below'",
		"'module' not called from a Lua function",
		"own\tscripts/a.lua\t13",
		"nil\tnil\tnil\tnil",
	)
}

// debian is where Debian's packages lua-* put what is written in Lua.
const debian = "/usr/share/lua/5.1"

// The libraries of Debian that are installed do here what they do in lua5.1: each file of testdata/libraries uses one.
func TestDebianLibraries(t *testing.T) {
	programs, _ := filepath.Glob("testdata/libraries/*.lua")
	if len(programs) == 0 {
		t.Fatal("no programs")
	}
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("no lua5.1 to compare with: apt-get install lua5.1")
	}
	for _, program := range programs {
		name := strings.TrimSuffix(filepath.Base(program), ".lua")
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(program)
			if err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), lua51, "-e", "package.path, package.cpath = '"+debian+"/?.lua;"+debian+"/?/init.lua', ''", program)
			command.Env = append(os.Environ(), "TZ=UTC", "LUA_INIT=")
			out, err := command.CombinedOutput()
			if strings.Contains(string(out), "module '") && strings.Contains(string(out), "' not found") {
				t.Skipf("%s is not in %s: apt-get install the package lua-* of it", name, debian)
			}
			if err != nil {
				t.Fatalf("lua5.1: %v\n%s", err, out)
			}
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": string(source)})
			if err := os.Symlink(debian, filepath.Join(w.dir, "lib")); err != nil {
				t.Fatal(err)
			}
			w.start()
			w.run(time.Second)
			w.end()
			if got := strings.Join(w.printed, "\n") + "\n"; got != string(out) {
				t.Errorf("printed\n%s\nlua5.1 prints\n%s\n%s", got, out, w.log)
			}
		})
	}
}

// A script's metatables of strings and functions are its own: other scripts, the commands of hik and events go on as before, and
// a library that gives them back leaves nothing behind.
func TestMetatablesOfTypesAreAScriptsOwn(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `
			debug.setmetatable("", nil)
			debug.setmetatable(print, {__index = {x = 1}})
			debug.setmetatable(0, {__index = function() error("indexed") end})
			debug.setmetatable(nil, {__index = function() return "nothing" end})
			hik.spawn(function()
				local gate = hik.device("gate")
				gate:preset("gate", {wait = true})
				print(gate.name, pcall(function() return gate.name:upper() end), hik.date("%Y"), hik.inspect({"a"}), none.x, print.x)
				hik.emit("ready", {from = "a"})
				debug.setmetatable("", false)
				print(gate.name:upper(), gate:channel("yard"):stream_url{stream = "sub"})
			end)`,
		"scripts/b.lua": `
			hik.on("ready", function(ev) print(ev.from:upper(), ("x"):rep(2), getmetatable(print), getmetatable(nil), (pcall(function() return (1).x end))) end)`,
	})
	w.start()
	w.run(time.Minute)
	w.end()
	w.wantPrinted(
		"gate\tfalse\t"+w.clk.Now().UTC().Format("2006")+"\t{\"a\"}\tnothing\t1",
		"GATE\trtsp://simulated/Streaming/Channels/102",
		"A\txx\tnil\tnil\tfalse")
}

// What require says of a module that is missing begins as in Lua, so that libraries that can do without one know it.
func TestRequireOfAMissingModule(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"lib/broken.lua": `require "mast"`,
		"scripts/a.lua": `
			for _, name in ipairs{"mast", "hik.tuor", "socket.http", "a b", "broken"} do
				print((select(2, pcall(require, name)):gsub("^scripts/a.lua:3: ", "")))
			end`,
	})
	w.start()
	w.run(time.Second)
	w.end()
	w.wantPrinted(
		"module 'mast' not found: there is no lib/mast.lua and no lib/mast/init.lua, and hiklua brings none of that name",
		`module 'hik.tuor' not found (did you mean "hik.tour"?): there is no lib/hik/tuor.lua and no lib/hik/tuor/init.lua, and hiklua brings none of that name`,
		"module 'socket.http' not found: use hik.http",
		"module 'a b' not found: a name is made of letters, digits, _ and -, with dots for folders",
		"lib/broken.lua:1: module 'mast' not found: there is no lib/mast.lua and no lib/mast/init.lua, and hiklua brings none of that name")
}

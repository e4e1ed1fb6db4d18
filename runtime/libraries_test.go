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
			command := exec.CommandContext(t.Context(), lua51, "-e", "package.path = '"+debian+"/?.lua;"+debian+"/?/init.lua'", program)
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

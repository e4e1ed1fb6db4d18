package runtime

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/scripts"
)

// moduleName is what require takes: no way out of lib/ can be written so.
var moduleName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// openRequire gives the state require, module and package: modules come from the
// site's lib/ and from the library inside the binary ("hik.tour").
func (s *script) openRequire() {
	L := s.L
	loaded := L.NewTable()
	for _, name := range []string{"string", "table", "math", "coroutine", "os", "io", "debug", "hik"} {
		loaded.RawSetString(name, L.GetGlobal(name))
	}
	loaded.RawSetString("_G", L.Get(lua.GlobalsIndex))
	preload := L.NewTable()
	pkg := L.NewTable()
	pkg.RawSetString("loaded", loaded)
	pkg.RawSetString("preload", preload)
	pkg.RawSetString("path", lua.LString("lib/?.lua;lib/?/init.lua"))
	pkg.RawSetString("cpath", lua.LString(""))
	pkg.RawSetString("config", lua.LString("/\n;\n?\n!\n-\n"))
	loaded.RawSetString("package", pkg)
	sandbox.OpenModule(L, pkg, loaded)
	L.SetGlobal("package", pkg)
	L.SetGlobal("require", L.NewFunction(func(L *lua.LState) int { return s.require(L, loaded, preload) }))
}

// loadingMark stands in package.loaded for a module whose chunk still runs.
const loadingMark = lua.LString("\x00loading")

func (s *script) require(L *lua.LState, loaded, preload *lua.LTable) int {
	name := L.CheckString(1)
	switch v := loaded.RawGetString(name); {
	case v == loadingMark:
		L.RaiseError("module %q requires itself, directly or by way of another", name)
	case v != lua.LNil:
		L.Push(v)
		return 1
	}
	loader, err := s.findModule(L, name, preload)
	if err != nil {
		L.RaiseError("%s", err)
	}
	loaded.RawSetString(name, loadingMark)
	done := false
	defer func() {
		if !done {
			loaded.RawSetString(name, lua.LNil)
		}
	}()
	L.Push(loader)
	L.Push(lua.LString(name))
	L.Call(1, 1)
	v := L.Get(-1)
	if v == lua.LNil {
		// A module may also have set package.loaded itself.
		if v = loaded.RawGetString(name); v == loadingMark {
			v = lua.LTrue
		}
	}
	done = true
	loaded.RawSetString(name, v)
	L.Push(v)
	return 1
}

// findModule gives the function that makes a module. An error begins with the words of Lua's own, by which libraries know
// that a module is missing, so that they do without it.
func (s *script) findModule(L *lua.LState, name string, preload *lua.LTable) (*lua.LFunction, error) {
	if fn, ok := preload.RawGetString(name).(*lua.LFunction); ok {
		return fn, nil
	}
	if !moduleName.MatchString(name) {
		return nil, fmt.Errorf("module '%s' not found: a name is made of letters, digits, _ and -, with dots for folders", name)
	}
	path := strings.ReplaceAll(name, ".", "/")
	for _, file := range []string{"lib/" + path + ".lua", "lib/" + path + "/init.lua"} {
		source, sum, err := s.host.readModule(file)
		s.seen.noteModule(file, sum)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("module %q: %w", name, err)
		}
		return sandbox.Load(L, source, file)
	}
	if source, ok := scripts.Module(name); ok {
		return sandbox.Load(L, source, "hiklua:"+name)
	}
	if instead := sandbox.InsteadOfModule(name); instead != "" {
		return nil, fmt.Errorf("module '%s' not found: %s", name, instead)
	}
	hint := nearest.Hint(name, scripts.Names())
	return nil, fmt.Errorf("module '%s' not found%s: there is no lib/%s.lua and no lib/%s/init.lua, and hiklua brings none of that name", name, hint, path, path)
}

// readModule reads a file of lib/ and what tells it from other contents; that
// is zero for a file that cannot be read.
func (h *Host) readModule(file string) (source []byte, sum [sha256.Size]byte, err error) {
	source, err = readPlain(h.source(), file)
	if err == nil {
		sum = sha256.Sum256(source)
	}
	return source, sum, err
}

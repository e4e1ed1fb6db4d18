package luaapi

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
)

// module is the hik module of one Lua state.
type module struct {
	L      *lua.LState // the main thread; functions get the thread that calls
	script Script
	names  map[string]*names
	kinds  map[string]*kind // of objects, those that were needed so far

	libraries map[string]*lua.LTable // hik and those inside it that were needed so far, by name

	devices map[Device]*lua.LUserData // one object per device, so that they compare
	lists   map[Device]*channelList   // what devices said of their channels
	presets map[presetKey]*presetList
	special map[presetKey]map[int]bool // which presets the device says are functions of its own

	stateMeta *lua.LTable // of the tables of hik.state, once one was needed

	web     *clock.Semaphore // the requests of hik.http that are under way
	headers *lua.LTable      // the metatable of its answers' headers, once it was needed
}

// Open makes the hik module for s and sets the global hik. L is a state of
// sandbox.New: hik.vars needs a pairs that knows the metamethod __pairs.
func Open(L *lua.LState, s Script) {
	L.SetGlobal("hik", Module(L, s))
	openStringCall(L)
}

// Module makes the hik module for s, for require to hand out. Asked again for
// the same state it gives the same table.
func Module(L *lua.LState, s Script) *lua.LTable {
	registry := L.Get(lua.RegistryIndex).(*lua.LTable)
	if t, ok := registry.RawGetString("hik").(*lua.LTable); ok {
		return t
	}
	m := &module{
		L: L, script: s, names: namesOf(),
		kinds:     make(map[string]*kind),
		libraries: make(map[string]*lua.LTable),
		devices:   make(map[Device]*lua.LUserData),
		lists:     make(map[Device]*channelList),
		presets:   make(map[presetKey]*presetList),
		special:   make(map[presetKey]map[int]bool),
		web:       clock.NewSemaphore(s.Clock(), maxHTTPAtOnce),
	}
	openErrors(L)
	hik := m.newLibrary("hik")
	registry.RawSetString("hik", hik)
	registry.RawSetString(moduleKey, &lua.LUserData{Value: m})
	return hik
}

// moduleKey holds the module in the registry of its state, which no script can
// reach.
const moduleKey = "hik module"

// moduleOf is the module of a state; nil if it has none.
func moduleOf(L *lua.LState) *module {
	if ud, ok := L.Get(lua.RegistryIndex).(*lua.LTable).RawGetString(moduleKey).(*lua.LUserData); ok {
		return ud.Value.(*module)
	}
	return nil
}

// names are the entries of one owner, ready to be looked up.
type names struct {
	object bool
	byName map[string]*entry
	known  []string // for the nearest word
}

// namesOf are the names by their owner. They are the same for every script.
var namesOf = sync.OnceValue(func() map[string]*names {
	all := make(map[string]*names)
	for _, o := range owners() {
		n := &names{object: o.object, byName: make(map[string]*entry)}
		for i := range o.entries {
			e := &o.entries[i]
			for _, name := range append([]string{e.name}, e.aliases...) {
				if n.byName[name] != nil {
					panic(fmt.Sprintf("luaapi: %s.%s is defined twice", o.name, name))
				}
				n.byName[name] = e
				n.known = append(n.known, name)
			}
		}
		all[o.name] = n
	}
	return all
})

// newLibrary makes the table for hik or one of its libraries. It looks empty:
// functions are made when they are first used, which keeps scripts small, and
// a wrong name is an error that says which was meant.
func (m *module) newLibrary(owner string) *lua.LTable {
	n := m.names[owner]
	made := make(map[string]lua.LValue)
	index := func(c *call) int {
		key := keyText(c.arg(1))
		if v, ok := made[key]; ok {
			return c.push(v)
		}
		e := n.byName[key]
		if e == nil {
			raiseMisuse(c.L, "%s", unknownName(m.names, owner, key))
		}
		var v lua.LValue
		if e.get != nil {
			v = e.get(m, c.L, nil)
		} else {
			v = m.bind(key, e.fn)
		}
		made[key] = v
		return c.push(v)
	}
	self := m.L.CreateTable(0, 0)
	m.libraries[owner] = self
	mt := m.L.CreateTable(0, 0)
	mt.RawSetString("__index", m.bind(owner, index))
	mt.RawSetString("__newindex", m.bind(owner, func(c *call) int {
		key := keyText(c.arg(1))
		if n.byName[key] != nil && n.byName[key].fn != nil {
			raiseMisuse(c.L, "%s.%s can't be assigned; to call it, write %s.%s(...)", owner, key, owner, key)
		}
		if key == "state" || key == "shared_state" {
			raiseMisuse(c.L, "%s.%s can't be assigned, its keys can: %[1]s.%[2]s.name = value", owner, key)
		}
		raiseMisuse(c.L, "%s.%s can't be assigned: use a local or global variable", owner, key)
		return 0
	}))
	mt.RawSetString("__pairs", m.bind(owner, func(c *call) int {
		t := c.L.CreateTable(0, 0)
		for _, name := range n.known {
			t.RawSetString(name, c.L.GetField(self, name))
		}
		return pushPairs(c.L, t)
	}))
	mt.RawSetString("__tostring", m.bind(owner, func(c *call) int {
		return c.push(lua.LString(owner + ": " + strings.Join(slices.Sorted(slices.Values(n.known)), ", ")))
	}))
	mt.RawSetString("__metatable", lua.LString(owner))
	mt.RawSetString("__names", &lua.LUserData{Value: n.known, Metatable: lua.LNil})
	self.Metatable = mt
	return self
}

func libraryField(lib owner) entry {
	return entry{
		name: lib.name[len("hik."):],
		doc:  "the library " + lib.name,
		get:  func(m *module, L *lua.LState, _ any) lua.LValue { return m.newLibrary(lib.name) },
	}
}

// pushPairs leaves on the stack what pairs(t) returns.
func pushPairs(L *lua.LState, t *lua.LTable) int {
	L.Push(L.GetGlobal("pairs"))
	L.Push(t)
	L.Call(1, 3)
	return 3
}
